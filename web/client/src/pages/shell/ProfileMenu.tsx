import type { JSX } from "preact";
import { useCallback, useRef, useState } from "preact/hooks";
import { explain } from "../../app/api";
import { openShortcuts, openSignOut } from "../../app/dialogs";
import { PersonAvatar } from "../../app/PersonAvatar";
import { people } from "../../app/people";
import { changePreferences, preferences, THEMES } from "../../app/preferences";
import { navigate } from "../../app/router";
import { signOut } from "../../app/session";
import { t } from "../../i18n";
import type { SyncClient } from "../../sync/types";
import { Menu, type MenuItem, type Placement, toast } from "../../ui";

export interface ProfileMenuProps {
  readonly client: SyncClient;
  readonly placement: Placement;
  /** With the word under it, as in the phone's bar. */
  readonly labelled?: boolean;
}

/** Oneself: settings, theme, help, and the way out. */
export function ProfileMenu({ client, placement, labelled = false }: ProfileMenuProps): JSX.Element {
  const ref = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const close = useCallback(() => setOpen(false), []);
  const name = people.name(client.address);
  return (
    <>
      <button
        ref={ref}
        type="button"
        class="gs-rail-link gs-rail-profile"
        aria-haspopup="menu"
        aria-expanded={open}
        {...(labelled
          ? {}
          : { "aria-label": `${t("inbox.you")}: ${name}`, "data-tooltip": `${name}\n${client.address}` })}
        onClick={() => setOpen((now) => !now)}
      >
        <PersonAvatar address={client.address} size={labelled ? 24 : 32} decorative />
        {labelled && <span class="gs-rail-label">{t("inbox.you")}</span>}
      </button>
      {open && ref.current !== null && (
        <Menu anchor={ref.current} label={name} items={itemsFor(client)} placement={placement} onClose={close} />
      )}
    </>
  );
}

function itemsFor(client: SyncClient): readonly MenuItem[] {
  const { theme } = preferences.value;
  const labels = { system: t("settings.themeSystem"), light: t("settings.themeLight"), dark: t("settings.themeDark") };
  return [
    { kind: "heading", label: client.address },
    {
      kind: "item",
      icon: "settings",
      label: t("inbox.settings"),
      run: () => navigate({ kind: "settings", section: "profile" }),
    },
    { kind: "item", icon: "keyboard", label: t("settings.shortcutsTitle"), shortcut: "?", run: openShortcuts },
    { kind: "separator" },
    { kind: "heading", label: t("settings.theme") },
    ...THEMES.map(
      (each): MenuItem => ({
        kind: "item",
        icon: each === "system" ? "device" : each === "light" ? "sun" : "moon",
        label: labels[each],
        checked: each === theme,
        run: () => changePreferences({ theme: each }),
      }),
    ),
    { kind: "separator" },
    { kind: "item", icon: "sign-out", label: t("auth.signOut"), run: () => leave(client) },
  ];
}

function leave(client: SyncClient): void {
  const state = client.saveState.value;
  if (state.kind !== "saved" && state.changes > 0) openSignOut(state.changes);
  else signOut().catch((error: unknown) => toast(explain(error), { kind: "error" }));
}
