import type { JSX } from "preact";
import { route } from "../../app/router";
import { newWave } from "../../app/waves";
import { t } from "../../i18n";
import type { SyncClient } from "../../sync/types";
import { Icon } from "../../ui";
import { ProfileMenu } from "./ProfileMenu";
import { FoldersButton, ListLinks } from "./Rail";
import "./rail.css";

/** The rail's place on a phone: at the bottom, where thumbs are. Hidden on a wave, which has the whole screen. */
export function BottomBar({ client }: { readonly client: SyncClient }): JSX.Element {
  const now = route.value;
  return (
    <nav class="gs-bottom" aria-label={t("inbox.navigation")}>
      <ul>
        <ListLinks />
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
