import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { t } from "../i18n";
import { Button, IconButton, MenuButton, type MenuItem } from "../ui";
import { useWave } from "./context";
import { copyText, linkTo } from "./copying";
import { PrivateReplyDialog } from "./PrivateReplyDialog";
import type { Place } from "./places";

interface BlipActionsProps {
  readonly place: Place;
  readonly editing: boolean;
}

/** What can be done with a blip: quiet until the pointer or the focus comes, and in one menu on touch screens. */
export function BlipActions({ place, editing }: BlipActionsProps): JSX.Element {
  const { model, actions } = useWave();
  const [isPrivate, setPrivate] = useState(false);
  const over = !place.conversation.writable.value;
  const link: MenuItem = {
    kind: "item",
    icon: "link",
    label: t("wave.copyMessageLink"),
    run: () => void copyText(linkTo(model.wave, place.blip.id), "wave.linkCopied"),
  };
  const items = (): readonly MenuItem[] => {
    if (over) return [link];
    return [
      { kind: "item", icon: "reply", label: t("wave.reply"), shortcut: "R", run: () => actions.reply(place) },
      ...(editing
        ? [
            {
              kind: "item",
              icon: "comment",
              label: t("wave.replyInline"),
              run: () => actions.replyInline(place),
            } as const,
          ]
        : []),
      { kind: "item", icon: "lock", label: t("wave.replyPrivately"), run: () => setPrivate(true) },
      {
        kind: "item",
        icon: "plus",
        label: t("wave.continue"),
        shortcut: "⇧↵",
        run: () => actions.continueAfter(place),
      },
      ...(editing
        ? []
        : [
            {
              kind: "item",
              icon: "edit",
              label: t("wave.edit"),
              shortcut: "E",
              run: () => actions.edit(place.key),
            } as const,
          ]),
      link,
      { kind: "separator" },
      { kind: "item", icon: "trash", label: t("wave.delete"), danger: true, run: () => actions.delete(place) },
    ];
  };
  return (
    <fieldset class="gs-blip-actions" aria-label={t("wave.actions")}>
      {editing && (
        <Button size="small" variant="quiet" onClick={() => endEditing()}>
          {t("wave.done")}
        </Button>
      )}
      {!over && (
        <span class="gs-blip-quick">
          {editing ? (
            <IconButton
              icon="comment"
              size="small"
              label={t("wave.replyInline")}
              onClick={() => actions.replyInline(place)}
            />
          ) : (
            <>
              <IconButton
                icon="reply"
                size="small"
                label={t("wave.reply")}
                shortcut="R"
                onClick={() => actions.reply(place)}
              />
              <IconButton
                icon="edit"
                size="small"
                label={t("wave.edit")}
                shortcut="E"
                onClick={() => actions.edit(place.key)}
              />
            </>
          )}
        </span>
      )}
      <MenuButton icon="more" size="small" label={t("wave.actions")} items={items} />
      {isPrivate && <PrivateReplyDialog place={place} onClose={() => setPrivate(false)} />}
    </fieldset>
  );

  function endEditing(): void {
    actions.endEditing();
    actions.focus(place.key);
  }
}
