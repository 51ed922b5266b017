/** What lists are called. */
import { PLACES } from "../../app/digests";
import type { ListRoute } from "../../app/route";
import { t } from "../../i18n";
import type { IconName } from "../../ui";

/** The name of a list, in the reader's language. */
export function titleOf(route: ListRoute): string {
  if (route.kind === "inbox") return t("inbox.inbox");
  if (route.kind === "search") return t("inbox.search");
  const place = PLACES.find((name) => name === route.name);
  return place === undefined ? route.name : t(`inbox.${place}`);
}

/** The sign of a list. */
export function iconOf(route: ListRoute): IconName {
  if (route.kind === "inbox") return "inbox";
  if (route.kind === "search") return "search";
  switch (route.name) {
    case "archive":
      return "archive";
    case "muted":
      return "bell-off";
    case "pinned":
      return "pin";
    case "all":
      return "list-bullet";
    default:
      return "folder";
  }
}
