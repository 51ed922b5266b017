import type { JSX } from "preact";
import { changePreferences, preferences } from "../../app/preferences";
import { t } from "../../i18n";
import { Switch } from "../../ui";
import { ShortcutsTable } from "../shell/ShortcutsDialog";

/** Which keys are shortcuts, and whether single keys are. */
export function KeyboardSettings(): JSX.Element {
  return (
    <>
      <div class="gs-settings-card">
        <div class="gs-settings-row">
          <Switch
            label={t("settings.singleKeys")}
            hint={t("settings.singleKeysHint")}
            checked={preferences.value.singleKeys}
            onChange={(singleKeys) => changePreferences({ singleKeys })}
          />
        </div>
      </div>
      <p class="gs-field-hint">{t("settings.shortcutsHere")}</p>
      <ShortcutsTable heading="h2" />
    </>
  );
}
