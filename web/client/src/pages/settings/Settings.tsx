import type { JSX } from "preact";
import { pathOf, SETTINGS_SECTIONS, type SettingsSection } from "../../app/router";
import { useTitle } from "../../app/title";
import { type MessageKey, t } from "../../i18n";
import { Icon, type IconName } from "../../ui";
import { AppearanceSettings } from "./AppearanceSettings";
import { KeyboardSettings } from "./KeyboardSettings";
import { PasswordSettings } from "./PasswordSettings";
import { ProfileSettings } from "./ProfileSettings";
import { SessionSettings } from "./SessionSettings";
import "./settings.css";

const LINKS: Readonly<Record<SettingsSection, { readonly icon: IconName; readonly label: MessageKey }>> = {
  profile: { icon: "user", label: "settings.profile" },
  password: { icon: "key", label: "settings.passwordTitle" },
  sessions: { icon: "device", label: "settings.sessions" },
  appearance: { icon: "sun", label: "settings.appearance" },
  shortcuts: { icon: "keyboard", label: "settings.shortcuts" },
};

/** The settings: their sections beside the one that is shown. */
export function Settings({ section }: { readonly section: SettingsSection }): JSX.Element {
  useTitle(`${t(LINKS[section].label)} · ${t("settings.title")}`);
  return (
    <div class="gs-settings">
      <nav class="gs-settings-nav" aria-label={t("settings.title")}>
        <p class="gs-settings-title">{t("settings.title")}</p>
        <ul>
          {SETTINGS_SECTIONS.map((name) => (
            <li key={name}>
              <a
                href={pathOf({ kind: "settings", section: name })}
                aria-current={name === section ? "page" : undefined}
              >
                <Icon name={LINKS[name].icon} />
                <span>{t(LINKS[name].label)}</span>
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <section class="gs-settings-section">
        <h1>{t(LINKS[section].label)}</h1>
        <Section name={section} />
      </section>
    </div>
  );
}

function Section({ name }: { readonly name: SettingsSection }): JSX.Element {
  switch (name) {
    case "profile":
      return <ProfileSettings />;
    case "password":
      return <PasswordSettings />;
    case "sessions":
      return <SessionSettings />;
    case "appearance":
      return <AppearanceSettings />;
    case "shortcuts":
      return <KeyboardSettings />;
  }
}
