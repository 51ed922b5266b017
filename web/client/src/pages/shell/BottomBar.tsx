import type { JSX } from "preact";
import { route } from "../../app/router";
import { folders, newWave } from "../../app/waves";
import { t } from "../../i18n";
import type { SyncClient } from "../../sync/types";
import { Icon } from "../../ui";
import { ProfileMenu } from "./ProfileMenu";
import { FoldersButton, RailLink, UnreadBadge } from "./Rail";
import "./rail.css";

/** The rail's place on a phone: at the bottom, where thumbs are. Hidden on a wave, which has the whole screen. */
export function BottomBar({ client }: { readonly client: SyncClient }): JSX.Element {
  const now = route.value;
  return (
    <nav class="gs-bottom" aria-label={t("inbox.navigation")}>
      <ul>
        <RailLink to={{ kind: "inbox" }} icon="inbox" label={t("inbox.inbox")} current={now.kind === "inbox"}>
          <UnreadBadge count={folders.value.inbox_unread} />
        </RailLink>
        <RailLink
          to={{ kind: "search", query: "" }}
          icon="search"
          label={t("inbox.search")}
          current={now.kind === "search"}
        />
        <li>
          <button type="button" class="gs-rail-new" aria-label={t("inbox.newWave")} onClick={() => newWave(client)}>
            <Icon name="compose" />
          </button>
        </li>
        <li>
          <FoldersButton current={now.kind === "folder"} placement="top" />
        </li>
        <li>
          <ProfileMenu client={client} placement="top-end" labelled />
        </li>
      </ul>
    </nav>
  );
}
