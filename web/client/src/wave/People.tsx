import type { JSX } from "preact";
import { useCallback, useRef, useState } from "preact/hooks";
import { domainOf, isShared } from "../conversation";
import { formatList, t } from "../i18n";
import { Avatar, AvatarStack, Icon, IconButton, Popover } from "../ui";
import { AddressField } from "./AddressField";
import { avatarOf, useWave } from "./context";
import type { ConversationModel } from "./conversationModel";
import "./people.css";

/** Who takes part: overlapping avatars, those who are here with a ring, and a panel to add and remove people. */
export function People({ conversation }: { readonly conversation: ConversationModel }): JSX.Element {
  const { model, people } = useWave();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const stack = useRef<HTMLButtonElement>(null);
  const plus = useRef<HTMLButtonElement>(null);
  const close = useCallback(() => setAnchor(null), []);
  const participants = conversation.participants.value;
  const here = model.here.value;
  const names = formatList(participants.map((address) => people.name(address)));
  const toggle = (button: HTMLElement | null): void => setAnchor((now) => (now === null ? button : null));
  const isPrivate = conversation !== model.root.value;
  return (
    <div class="gs-people">
      <button
        ref={stack}
        type="button"
        class="gs-people-stack"
        aria-haspopup="dialog"
        aria-expanded={anchor === stack.current && anchor !== null}
        onClick={() => toggle(stack.current)}
      >
        <AvatarStack
          people={participants.map((address) => avatarOf(people, address))}
          limit={isNarrow() ? 3 : 5}
          isPresent={(address) => here.includes(address)}
          decorative
        />
        <span class="gs-visually-hidden">{t("wave.participants", { count: participants.length, names })}</span>
      </button>
      {conversation.writable.value && (
        <IconButton
          buttonRef={plus}
          icon="user-plus"
          label={t("wave.addPeople")}
          popup="dialog"
          expanded={anchor === plus.current && anchor !== null}
          onClick={() => toggle(plus.current)}
        />
      )}
      {anchor !== null && (
        <Popover
          anchor={anchor}
          placement="bottom-end"
          label={isPrivate ? t("wave.peoplePrivate") : t("wave.people")}
          onClose={close}
        >
          <PeoplePanel conversation={conversation} />
        </Popover>
      )}
    </div>
  );
}

function PeoplePanel({ conversation }: { readonly conversation: ConversationModel }): JSX.Element {
  const { actions } = useWave();
  const participants = conversation.participants.value;
  return (
    <div class="gs-people-panel">
      {conversation.writable.value && (
        <div class="gs-people-add">
          <AddressField present={participants} onAdd={(address) => actions.addParticipant(conversation, address)} />
          <p class="gs-people-hint">{t("wave.shareHint")}</p>
        </div>
      )}
      <ul class="gs-people-list">
        {participants.map((address) => (
          <PersonLine key={address} conversation={conversation} address={address} />
        ))}
      </ul>
    </div>
  );
}

/** On a phone the title needs the room. */
function isNarrow(): boolean {
  return window.matchMedia("(max-width: 719px)").matches;
}

/** For somebody of another domain, whose address stands for their name. */
function DomainBadge({ domain }: { readonly domain: string }): JSX.Element {
  return (
    <span class="gs-domain">
      <Icon name="globe" size={14} />
      <span class="gs-truncate">{domain}</span>
    </span>
  );
}

interface PersonLineProps {
  readonly conversation: ConversationModel;
  readonly address: string;
}

function PersonLine({ conversation, address }: PersonLineProps): JSX.Element {
  const { model, actions, people } = useWave();
  const self = address === model.self;
  const present = model.here.value.includes(address);
  const name = isShared(address) ? t("wave.everybody", { domain: domainOf(address) }) : people.name(address);
  const label = self ? t("wave.leave") : t("wave.removePerson", { name });
  return (
    <li class="gs-person">
      {isShared(address) ? (
        <span class="gs-person-everybody">
          <Icon name="users" size={18} />
        </span>
      ) : (
        <Avatar person={avatarOf(people, address)} size={28} present={present} decorative />
      )}
      <span class="gs-person-names">
        <span class="gs-person-name gs-truncate">
          {name}
          {self && <span class="gs-person-note"> ({t("wave.you")})</span>}
          {present && !self && <span class="gs-person-note"> · {t("wave.hereNow")}</span>}
        </span>
        {name === address ? (
          <DomainBadge domain={domainOf(address)} />
        ) : (
          <span class="gs-person-address gs-truncate">{address}</span>
        )}
      </span>
      {conversation.writable.value && (
        <IconButton
          icon={self ? "sign-out" : "user-minus"}
          label={label}
          size="small"
          onClick={() => actions.removeParticipant(conversation, address)}
        />
      )}
    </li>
  );
}
