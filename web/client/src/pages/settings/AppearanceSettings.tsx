import type { JSX } from "preact";
import { changePreferences, preferences, THEMES } from "../../app/preferences";
import { LOCALES, type Locale, locale, setLocale, t } from "../../i18n";
import { Tabs, toast } from "../../ui";

const LANGUAGES: Readonly<Record<Locale, string>> = { en: "English", de: "Deutsch" }; // each in its own words

/** Theme and language of this device. */
export function AppearanceSettings(): JSX.Element {
  const labels = { system: t("settings.themeSystem"), light: t("settings.themeLight"), dark: t("settings.themeDark") };
  return (
    <div class="gs-settings-card">
      <div class="gs-settings-row">
        <div class="gs-settings-text">
          <strong>{t("settings.theme")}</strong>
          <span>{t("settings.themeHint")}</span>
        </div>
        <Tabs
          label={t("settings.theme")}
          value={preferences.value.theme}
          options={THEMES.map((value) => ({ value, label: labels[value] }))}
          onChange={(theme) => changePreferences({ theme })}
        />
      </div>
      <div class="gs-settings-row">
        <div class="gs-settings-text">
          <strong>{t("settings.language")}</strong>
          <span>{t("settings.languageHint")}</span>
        </div>
        <Tabs
          label={t("settings.language")}
          value={locale.value}
          options={LOCALES.map((value) => ({ value, label: LANGUAGES[value] }))}
          onChange={chooseLocale}
        />
      </div>
    </div>
  );
}

function chooseLocale(wanted: Locale): void {
  setLocale(wanted).then(
    () => changePreferences({ locale: wanted }),
    () => toast(t("settings.languageFailed"), { kind: "error" }),
  );
}
