import type { JSX } from "preact";
import type { Digest } from "../../app/digests";
import { PersonAvatar } from "../../app/PersonAvatar";
import { people } from "../../app/people";
import { pathOf } from "../../app/router";
import { commandsOf, toggleArchived } from "../../app/waveCommands";
import { formatDateTime, formatList, formatRelative, t } from "../../i18n";
import { Icon, IconButton, MenuButton } from "../../ui";
import "./digest.css";

export interface DigestRowProps {
  readonly digest: Digest;
  readonly self: string;
  /** The time now, in ms: rows tell how long ago they changed. */
  readonly now: number;
  readonly open: boolean;
  /** The one row of the list that Tab reaches. */
  readonly active: boolean;
  readonly onFocus: () => void;
}

/** One wave in a list: a link to it, and what can be done with it without opening it. */
export function DigestRow({ digest, self, now, open, active, onFocus }: DigestRowProps): JSX.Element {
  const title = digest.title || t("inbox.untitled");
  const unread = digest.unread > 0 && !digest.muted;
  return (
    <article
      class={`gs-digest${unread ? " gs-digest-unread" : ""}${open ? " gs-digest-open" : ""}`}
      onFocusIn={onFocus}
    >
      <a
        class="gs-digest-link"
        href={pathOf({ kind: "wave", wave: digest.wave, blip: null })}
        aria-current={open ? "page" : undefined}
        tabIndex={active ? 0 : -1}
        data-wave={digest.wave}
      >
        <PersonAvatar address={digest.modified_by} size={36} decorative />
        <span class="gs-digest-text">
          <span class="gs-digest-top">
            <span class="gs-digest-title gs-truncate">{title}</span>
            <time
              class="gs-digest-time gs-tabular"
              dateTime={new Date(digest.modified).toISOString()}
              title={formatDateTime(digest.modified)}
            >
              {formatRelative(digest.modified, now)}
            </time>
          </span>
          <span class="gs-digest-snippet gs-truncate">{digest.snippet}</span>
          <span class="gs-digest-bottom">
            <span class="gs-digest-people gs-truncate">{peopleLine(digest, self)}</span>
            <Marks digest={digest} />
            {digest.unread > 0 && (
              <span class={`gs-count${digest.muted ? " gs-count-muted" : ""}`}>
                <span aria-hidden="true">{digest.unread}</span>
                <span class="gs-visually-hidden">{t("inbox.unread", { count: digest.unread })}</span>
              </span>
            )}
          </span>
        </span>
      </a>
      <div class="gs-digest-actions">
        <IconButton
          icon={digest.archived ? "inbox" : "archive"}
          size="small"
          label={t(digest.archived ? "inbox.unarchiveAction" : "inbox.archiveAction")}
          shortcut="E"
          onClick={() => toggleArchived(digest)}
        />
        <MenuButton size="small" label={t("inbox.actions", { title })} items={() => commandsOf(digest)} />
      </div>
    </article>
  );
}

function Marks({ digest }: { readonly digest: Digest }): JSX.Element {
  return (
    <span class="gs-digest-marks">
      {digest.tags.slice(0, 1).map((tag) => (
        <span key={tag} class="gs-digest-tag gs-truncate">
          {tag}
        </span>
      ))}
      {digest.private && <Mark icon="lock" label={t("inbox.private")} />}
      {digest.pinned && <Mark icon="pin" label={t("inbox.pinned")} />}
      {digest.muted && <Mark icon="bell-off" label={t("inbox.muted")} />}
    </span>
  );
}

function Mark({ icon, label }: { readonly icon: "lock" | "pin" | "bell-off"; readonly label: string }): JSX.Element {
  return (
    <span class={`gs-digest-mark gs-digest-${icon}`} data-tooltip={label}>
      <Icon name={icon} size={16} />
      <span class="gs-visually-hidden">{label}</span>
    </span>
  );
}

/** The others by their first names, or that there is nobody else. */
function peopleLine(digest: Digest, self: string): string {
  const others = digest.participants.filter((address) => address !== self);
  if (others.length === 0) return t("inbox.onlyYou");
  const shown = others.slice(0, 3).map((address) => shortName(people.name(address)));
  const more = digest.participant_count - (digest.participants.includes(self) ? 1 : 0) - shown.length;
  return more > 0 ? `${shown.join(", ")} +${more}` : formatList(shown);
}

function shortName(name: string): string {
  return name.split(/\s+/u)[0] ?? name;
}
