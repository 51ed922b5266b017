import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { openShortcuts } from "../../app/dialogs";
import { lazy } from "../../app/lazy";
import { preferences } from "../../app/preferences";
import { isList, navigate, type Route, route } from "../../app/router";
import { session } from "../../app/session";
import { useShortcuts } from "../../app/shortcuts";
import { followWaves, newWave, reloadLists } from "../../app/waves";
import { t } from "../../i18n";
import type { SyncClient } from "../../sync/types";
import { focusRow, focusSearch } from "../inbox/focusing";
import { ListPane } from "../inbox/ListPane";
import { BottomBar } from "./BottomBar";
import { DialogLayer } from "./DialogLayer";
import { NothingOpen } from "./NothingOpen";
import { Rail } from "./Rail";
import { Resizer } from "./Resizer";
import "./shell.css";

const WaveColumn = lazy(async () => (await import("./WaveColumn")).WaveColumn);
const HistoryColumn = lazy(async () => (await import("./HistoryColumn")).HistoryColumn);
const Settings = lazy(async () => (await import("../settings/Settings")).Settings);

/** The application of somebody who is signed in: rail, list and wave; on a phone one of them at a time. */
export function Shell({ client }: { readonly client: SyncClient }): JSX.Element {
  const now = route.value;
  useEffect(() => followWaves(client), [client]);
  useEffect(() => WaveColumn.preload(), []);
  const standing = session.value.kind === "signed-in" ? session.value.standing.kind : null;
  useEffect(() => {
    if (standing === "good") reloadLists(); // also after signing in again, when they may have failed meanwhile
  }, [standing]);
  useGeneralShortcuts(client);
  useMovedFocus(now);
  const settings = now.kind === "settings";
  return (
    <div class={`gs-shell gs-shell-${isList(now) ? "list" : settings ? "page" : "wave"}`}>
      <button type="button" class="gs-skip" onClick={focusContent}>
        {t("common.skipToContent")}
      </button>
      <Rail client={client} />
      <main class="gs-main">
        {settings ? (
          <div id="gs-detail" class="gs-page" tabIndex={-1}>
            <Settings section={now.section} />
          </div>
        ) : (
          <>
            <div
              class="gs-list-column"
              data-shortcuts="list"
              {...mainIf(isList(now))}
              style={{ "--gs-list-width": `${preferences.value.listWidth}px` }}
            >
              <ListPane client={client} />
            </div>
            <Resizer />
            <div
              id="gs-detail"
              class="gs-wave-column"
              tabIndex={-1}
              data-shortcuts={now.kind === "history" ? "history" : "wave"}
              {...mainIf(!isList(now))}
            >
              <Detail client={client} now={now} />
            </div>
          </>
        )}
      </main>
      <BottomBar client={client} />
      <DialogLayer />
    </div>
  );
}

function Detail({ client, now }: { readonly client: SyncClient; readonly now: Route }): JSX.Element {
  switch (now.kind) {
    case "wave":
      return <WaveColumn key={now.wave} wave={now.wave} blip={now.blip} client={client} />;
    case "history":
      return <HistoryColumn key={now.wave} wave={now.wave} client={client} />;
    default:
      return <NothingOpen client={client} unknown={now.kind === "unknown"} />;
  }
}

/** Keys pressed while the focus is nowhere in particular are meant for the part that was gone to. */
function mainIf(main: boolean): { readonly "data-shortcuts-main"?: "" } {
  return main ? { "data-shortcuts-main": "" } : {};
}

function useGeneralShortcuts(client: SyncClient): void {
  useShortcuts(
    () => [
      { keys: "c", scope: "general", label: () => t("inbox.newWave"), run: () => newWave(client) },
      {
        keys: "/",
        scope: "general",
        label: () => t("inbox.keySearch"),
        run: () => void (focusSearch() || navigate({ kind: "search", query: "" })),
      },
      { keys: "g i", scope: "general", label: () => t("inbox.keyInbox"), run: () => navigate({ kind: "inbox" }) },
      {
        keys: "g a",
        scope: "general",
        label: () => t("inbox.keyArchive"),
        run: () => navigate({ kind: "folder", name: "archive" }),
      },
      {
        keys: "g s",
        scope: "general",
        label: () => t("inbox.keySettings"),
        run: () => navigate({ kind: "settings", section: "profile" }),
      },
      { keys: "?", scope: "general", label: () => t("inbox.keyShortcuts"), run: openShortcuts },
    ],
    [client],
  );
}

/** After going somewhere the focus is at what was gone to, so that keys and screen readers go on from there. */
function useMovedFocus(now: Route): void {
  const before = useRef(now);
  const place = now.kind === "wave" || now.kind === "history" ? now.wave : now.kind;
  useLayoutEffect(() => {
    const from = before.current;
    before.current = now;
    if (from === now || (from.kind === now.kind && isList(now))) return;
    if (isList(now)) {
      const left = from.kind === "wave" || from.kind === "history" ? from.wave : null;
      if (left !== null && now.kind !== "search") focusRow(document, left);
      return;
    }
    const target = document.getElementById("gs-detail");
    const within = target?.contains(document.activeElement) === true;
    if (!within) target?.focus({ preventScroll: true });
  }, [place]);
}

/** To the wave or page; to the first row where a phone shows only the list. */
function focusContent(): void {
  const detail = document.getElementById("gs-detail");
  const hidden = detail === null || detail.offsetParent === null;
  (hidden ? document.querySelector<HTMLElement>(".gs-list-column a, .gs-list-column button") : detail)?.focus();
}
