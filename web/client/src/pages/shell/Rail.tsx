import type { ComponentChildren, JSX } from "preact";
import { useCallback, useRef, useState } from "preact/hooks";
import { pathOf, type Route, route } from "../../app/router";
import { folders, newWave } from "../../app/waves";
import { t } from "../../i18n";
import type { SyncClient } from "../../sync/types";
import { Icon, type IconName, Logo, type Placement, Popover } from "../../ui";
import { FolderLinks } from "./FolderLinks";
import { ProfileMenu } from "./ProfileMenu";
import "./rail.css";

/** The column at the left: where one can go. */
export function Rail({ client }: { readonly client: SyncClient }): JSX.Element {
  const now = route.value;
  return (
    <nav class="gs-rail" aria-label={t("inbox.navigation")}>
      <a class="gs-rail-brand" href="/inbox" aria-label={t("common.appName")}>
        <Logo size={34} />
      </a>
      <button
        type="button"
        class="gs-rail-new"
        data-tooltip={`${t("inbox.newWave")}  C`}
        onClick={() => newWave(client)}
      >
        <Icon name="compose" />
        <span class="gs-visually-hidden">{t("inbox.newWave")}</span>
      </button>
      <ul class="gs-rail-links">
        <ListLinks />
        <li>
          <FoldersButton current={now.kind === "folder"} placement="right" />
        </li>
      </ul>
      <ProfileMenu client={client} placement="right" />
    </nav>
  );
}

/** The lists that everybody has. */
export function ListLinks(): JSX.Element {
  const now = route.value;
  return (
    <>
      <RailLink to={{ kind: "inbox" }} icon="inbox" label={t("inbox.inbox")} current={now.kind === "inbox"}>
        <UnreadBadge count={folders.value.inbox_unread} />
      </RailLink>
      <RailLink
        to={{ kind: "search", query: "" }}
        icon="search"
        label={t("inbox.search")}
        current={now.kind === "search"}
      />
    </>
  );
}

interface RailLinkProps {
  readonly to: Route;
  readonly icon: IconName;
  readonly label: string;
  readonly current: boolean;
  readonly children?: ComponentChildren;
}

/** One place to go to: an icon over its name. */
function RailLink({ to, icon, label, current, children }: RailLinkProps): JSX.Element {
  return (
    <li>
      <a class="gs-rail-link" href={pathOf(to)} aria-current={current ? "page" : undefined}>
        <span class="gs-rail-icon">
          <Icon name={icon} />
          {children}
        </span>
        <span class="gs-rail-label">{label}</span>
      </a>
    </li>
  );
}

/** How many waves have something unread. */
function UnreadBadge({ count }: { readonly count: number }): JSX.Element | null {
  if (count === 0) return null;
  return (
    <span class="gs-rail-badge gs-tabular">
      <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
      <span class="gs-visually-hidden">{t("inbox.unreadWaves", { count })}</span>
    </span>
  );
}

/** The folders, in a panel of their own. */
export function FoldersButton(props: { readonly current: boolean; readonly placement: Placement }): JSX.Element {
  const ref = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const close = useCallback(() => setOpen(false), []);
  return (
    <>
      <button
        ref={ref}
        type="button"
        class={`gs-rail-link${props.current ? " gs-rail-current" : ""}`}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen((now) => !now)}
      >
        <span class="gs-rail-icon">
          <Icon name="folder" />
        </span>
        <span class="gs-rail-label">{t("inbox.folders")}</span>
      </button>
      {open && ref.current !== null && (
        <Popover anchor={ref.current} label={t("inbox.folders")} placement={props.placement} onClose={close}>
          <FolderLinks onChoose={close} />
        </Popover>
      )}
    </>
  );
}
