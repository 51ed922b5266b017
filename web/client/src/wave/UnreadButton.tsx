import type { JSX } from "preact";
import { t } from "../i18n";
import { Icon } from "../ui";
import { useWave } from "./context";
import { goToNextUnread } from "./shortcuts";
import "./unread.css";

/** How much is unread, and the way to it. It floats over the wave, and is not there when all is read. */
export function UnreadButton(): JSX.Element | null {
  const wave = useWave();
  const count = wave.model.unread.value.length;
  if (count === 0) return null;
  return (
    <button
      type="button"
      class="gs-next-unread"
      data-tooltip={`${t("wave.nextUnread")}  N`}
      onClick={() => goToNextUnread(wave)}
    >
      <Icon name="arrow-down" size={18} />
      <span>{t("wave.unreadCount", { count })}</span>
    </button>
  );
}
