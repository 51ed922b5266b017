import type { JSX } from "preact";
import { pathOf } from "../../app/router";
import { t } from "../../i18n";
import { OPERATORS } from "./operators";

/** The operators, each an example that can be tried. */
export function SearchHelp(): JSX.Element {
  return (
    <div class="gs-search-help">
      <h2>{t("inbox.searchHelp")}</h2>
      <p>{t("inbox.searchHelpHint")}</p>
      <ul>
        {OPERATORS.map(({ example, label }) => (
          <li key={example}>
            <a href={pathOf({ kind: "search", query: example })}>
              <code>{example}</code>
              <span>{t(label)}</span>
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
