import type { JSX } from "preact";
import type { ApiError } from "../../app/api";
import type { ListRoute } from "../../app/route";
import { newWave } from "../../app/waves";
import { t } from "../../i18n";
import type { SyncClient } from "../../sync/types";
import { Button, EmptyState } from "../../ui";
import { operatorIn } from "./operators";
import { SearchHelp } from "./SearchHelp";
import { iconOf } from "./titles";

/** What a list without waves says. */
export function EmptyList({ route, client }: { readonly route: ListRoute; readonly client: SyncClient }): JSX.Element {
  if (route.kind === "inbox") {
    return (
      <EmptyState
        icon="inbox"
        title={t("inbox.emptyInbox")}
        action={
          <Button variant="primary" icon="compose" onClick={() => newWave(client)}>
            {t("inbox.newWave")}
          </Button>
        }
      >
        {t("inbox.emptyInboxHint")}
      </EmptyState>
    );
  }
  if (route.kind === "search") {
    return (
      <div class="gs-list-rows">
        <EmptyState icon="search" title={t("inbox.emptySearch")}>
          {t("inbox.emptySearchHint")}
        </EmptyState>
        <SearchHelp />
      </div>
    );
  }
  const archive = route.name === "archive";
  return (
    <EmptyState icon={iconOf(route)} title={t(archive ? "inbox.emptyArchive" : "inbox.emptyFolder")}>
      {t(archive ? "inbox.emptyArchiveHint" : "inbox.emptyFolderHint")}
    </EmptyState>
  );
}

/** Instead of what was found: which operator the server could not read, and how it is written. */
export function UnreadableSearch({ error }: { readonly error: ApiError }): JSX.Element {
  const operator = operatorIn(error.message);
  return (
    <div class="gs-list-rows">
      <EmptyState icon="search" title={t("inbox.searchUnreadable")}>
        {operator === undefined
          ? t("inbox.searchTooMuch")
          : t("inbox.searchOperator", { operator: operator.written, example: operator.example })}
      </EmptyState>
      <SearchHelp />
    </div>
  );
}
