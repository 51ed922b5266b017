import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { isShared } from "../conversation";
import { t } from "../i18n";
import { Avatar, Button, Dialog } from "../ui";
import { AddressField } from "./AddressField";
import { avatarOf, useWave } from "./context";
import type { Place } from "./places";

interface PrivateReplyDialogProps {
  readonly place: Place;
  readonly onClose: () => void;
}

/** Choose who sees a private reply, the blip's authors to begin with, and begin it. */
export function PrivateReplyDialog({ place, onClose }: PrivateReplyDialogProps): JSX.Element {
  const { model, actions } = useWave();
  const participants = place.conversation.participants.value.filter((it) => it !== model.self && !isShared(it));
  const authors = place.blip.activity.peek().authors;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    () => new Set(participants.filter((address) => authors.includes(address))),
  );
  const [tried, setTried] = useState(false);
  const all = [...new Set([...participants, ...chosen])];
  const choose = (address: string, isIn: boolean): void => {
    const next = new Set(chosen);
    if (isIn) next.add(address);
    else next.delete(address);
    setChosen(next);
  };
  const start = (): void => {
    setTried(true);
    if (chosen.size === 0) return;
    onClose();
    actions.replyPrivately(place, [...chosen]);
  };
  const buttons = (
    <>
      <Button onClick={onClose}>{t("common.cancel")}</Button>
      <Button variant="primary" icon="lock" onClick={start}>
        {t("wave.privateStart")}
      </Button>
    </>
  );
  return (
    <Dialog title={t("wave.privateTitle")} onClose={onClose} actions={buttons} size="small">
      <p class="gs-people-hint">{t("wave.privateHint")}</p>
      <fieldset class="gs-choose">
        <legend class="gs-field-label">{t("wave.privateChoose")}</legend>
        {all.map((address) => (
          <Choice key={address} address={address} chosen={chosen.has(address)} choose={choose} />
        ))}
      </fieldset>
      <AddressField present={[model.self, ...chosen]} onAdd={(address) => choose(address, true)} />
      <p class="gs-field-error" aria-live="polite">
        {tried && chosen.size === 0 ? t("wave.privateNobody") : ""}
      </p>
    </Dialog>
  );
}

interface ChoiceProps {
  readonly address: string;
  readonly chosen: boolean;
  readonly choose: (address: string, isIn: boolean) => void;
}

function Choice({ address, chosen, choose }: ChoiceProps): JSX.Element {
  const { people } = useWave();
  return (
    <label class="gs-choice">
      <input type="checkbox" checked={chosen} onChange={(event) => choose(address, event.currentTarget.checked)} />
      <Avatar person={avatarOf(people, address)} size={24} decorative />
      <span class="gs-truncate" title={address}>
        {people.name(address)}
      </span>
    </label>
  );
}
