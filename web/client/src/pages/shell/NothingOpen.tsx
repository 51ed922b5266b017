import type { JSX } from "preact";
import { useTitle } from "../../app/title";
import { newWave } from "../../app/waves";
import { t } from "../../i18n";
import type { SyncClient } from "../../sync/types";
import { Button, EmptyState } from "../../ui";

/** What the wave's column shows while no wave is open, or the address leads nowhere. */
export function NothingOpen(props: { readonly client: SyncClient; readonly unknown: boolean }): JSX.Element {
  if (props.unknown) return <Lost />;
  return (
    <EmptyState
      icon="comment"
      title={t("inbox.choose")}
      action={
        <Button icon="compose" onClick={() => newWave(props.client)}>
          {t("inbox.newWave")}
        </Button>
      }
    >
      {t("inbox.chooseHint", { key: "C" })}
    </EmptyState>
  );
}

function Lost(): JSX.Element {
  useTitle(t("common.notFound"));
  return (
    <EmptyState icon="search" title={t("common.notFound")} heading action={<a href="/inbox">{t("common.toInbox")}</a>}>
      {t("common.notFoundHint")}
    </EmptyState>
  );
}
