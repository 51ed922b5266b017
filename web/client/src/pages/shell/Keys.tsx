import { Fragment, type JSX } from "preact";
import { shownKeys } from "../../app/keys";
import { onApple } from "../../app/shortcuts";
import { t } from "../../i18n";

/** A shortcut as keycaps: "G then I", "Ctrl Shift X". */
export function Keys({ keys }: { readonly keys: string }): JSX.Element {
  return (
    <span class="gs-keys">
      {shownKeys(keys, onApple).map((press, index) => (
        <Fragment key={press.join("+")}>
          {index > 0 && <span class="gs-keys-then">{t("settings.then")}</span>}
          {press.map((key) => (
            <kbd key={key} class="gs-kbd">
              {key}
            </kbd>
          ))}
        </Fragment>
      ))}
    </span>
  );
}
