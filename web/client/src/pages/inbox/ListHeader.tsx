import type { JSX } from "preact";
import type { ListRoute } from "../../app/route";
import { folders } from "../../app/waves";
import { t } from "../../i18n";
import type { SyncClient } from "../../sync/types";
import { Icon } from "../../ui";
import { SearchField } from "./SearchField";
import { titleOf } from "./titles";

/** What the list is, and what in it is new; for a search, the field. */
export function ListHeader({ route, client }: { readonly route: ListRoute; readonly client: SyncClient }): JSX.Element {
  const count = route.kind === "inbox" ? folders.value.inbox_unread : 0;
  if (route.kind === "search") {
    return (
      <header class="gs-list-header">
        <h1 class="gs-visually-hidden">{t("inbox.search")}</h1>
        <SearchField query={route.query} />
      </header>
    );
  }
  return (
    <header class="gs-list-header">
      <h1 class="gs-truncate">{titleOf(route)}</h1>
      {count > 0 && <span class="gs-list-unread gs-tabular">{t("inbox.unread", { count })}</span>}
      <span role="status" class="gs-list-offline">
        {client.connection.value === "offline" && (
          <>
            <Icon name="cloud-off" size={16} />
            {t("inbox.offline")}
          </>
        )}
      </span>
    </header>
  );
}
