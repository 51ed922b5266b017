import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { navigate } from "../app/router";
import { commandsOf } from "../app/waveCommands";
import { digestOf, needDigest } from "../app/waves";
import { t } from "../i18n";
import { MenuButton, type MenuItem } from "../ui";
import { useWave } from "./context";
import { copyText, linkTo } from "./copying";

/** What can be done with the wave as a whole, beyond writing in it. */
export function WaveMenu(): JSX.Element {
  const { model } = useWave();
  const digest = digestOf(model.wave);
  useEffect(() => void needDigest(model.wave), [model]);
  useEffect(() => {
    model.unreadThere.value = digest?.unread ?? 0;
  }, [model, digest?.unread]);
  const items = (): readonly MenuItem[] => [
    {
      kind: "item",
      icon: "history",
      label: t("wave.playback"),
      run: () => navigate({ kind: "history", wave: model.wave }),
    },
    {
      kind: "item",
      icon: "highlight",
      label: t("wave.showAuthors"),
      checked: model.showAuthors.peek(),
      run: () => {
        model.showAuthors.value = !model.showAuthors.peek();
      },
    },
    {
      kind: "item",
      icon: "link",
      label: t("wave.copyLink"),
      run: () => void copyText(linkTo(model.wave), "wave.linkCopied"),
    },
    // Offline, and while it is not known how things stand, there is only what works without the server.
    ...(digest === undefined ? [] : [{ kind: "separator" } as const, ...commandsOf(digest).map(asInWave)]),
  ];
  return <MenuButton icon="more" label={t("wave.more")} items={items} />;
}

/** In a wave E edits, so archiving takes Shift. */
function asInWave(item: MenuItem): MenuItem {
  return item.kind === "item" && item.shortcut === "E" ? { ...item, shortcut: "⇧E" } : item;
}
