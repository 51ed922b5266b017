import type { JSX } from "preact";
import { preferences } from "../../app/preferences";
import { type ShortcutScope, shortcuts } from "../../app/shortcuts";
import { type MessageKey, t } from "../../i18n";
import { Dialog } from "../../ui";
import { Keys } from "./Keys";
import "./shortcuts.css";

const SCOPES = [
  ["general", "settings.scopeGeneral"],
  ["list", "settings.scopeList"],
  ["wave", "settings.scopeWave"],
  ["editor", "settings.scopeEditor"],
  ["history", "settings.scopeHistory"],
] as const satisfies readonly (readonly [ShortcutScope, MessageKey])[];

/** All shortcuts that apply now, by where they do. */
export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  return (
    <Dialog title={t("settings.shortcutsTitle")} size="large" onClose={onClose}>
      {!preferences.value.singleKeys && <p class="gs-shortcuts-off">{t("settings.shortcutsOff")}</p>}
      <ShortcutsTable />
    </Dialog>
  );
}

/** The same, for the settings too, where the headings are one level higher. */
export function ShortcutsTable({ heading: Heading = "h3" }: { readonly heading?: "h2" | "h3" }): JSX.Element {
  return (
    <div class="gs-shortcuts">
      {SCOPES.map(([scope, title]) => {
        const rows = byLabel(scope);
        if (rows.length === 0) return null;
        return (
          <section key={scope}>
            <Heading>{t(title)}</Heading>
            <dl>
              {rows.map(({ label, keys }) => (
                <div key={label}>
                  <dt>{label}</dt>
                  <dd>
                    {keys.map((each) => (
                      <Keys key={each} keys={each} />
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        );
      })}
    </div>
  );
}

/** Several keys may do the same: they share a row. */
function byLabel(scope: ShortcutScope): readonly { readonly label: string; readonly keys: readonly string[] }[] {
  const rows = new Map<string, string[]>();
  for (const shortcut of shortcuts.value) {
    if (shortcut.scope !== scope) continue;
    const label = shortcut.label();
    const keys = rows.get(label) ?? [];
    if (!keys.includes(shortcut.keys)) rows.set(label, [...keys, shortcut.keys]);
  }
  return [...rows].map(([label, keys]) => ({ label, keys }));
}
