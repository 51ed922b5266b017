import type { JSX } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { explain } from "../../app/api";
import { type Digest, queryOf } from "../../app/digests";
import { isList, navigate, route } from "../../app/router";
import { useShortcuts } from "../../app/shortcuts";
import { useTitle } from "../../app/title";
import type { ListState, WaveList } from "../../app/waveList";
import { currentList, folders } from "../../app/waves";
import { t } from "../../i18n";
import type { SyncClient } from "../../sync/types";
import { Button, EmptyState, Spinner, VirtualList } from "../../ui";
import { DigestRow } from "./DigestRow";
import { EmptyList, UnreadableSearch } from "./EmptyList";
import { focusRow } from "./focusing";
import { ListHeader } from "./ListHeader";
import { SearchHelp } from "./SearchHelp";
import { titleOf } from "./titles";
import { listCommands } from "./waveShortcuts";
import "./list.css";

const ROW = 5.5; // rem
const MINUTE = 60_000; // ms

/** The list of waves that the address names, or named last. */
export function ListPane({ client }: { readonly client: SyncClient }): JSX.Element {
  const list = currentList.value;
  const state = list.state.value;
  return (
    <section class="gs-list" aria-label={t("inbox.waves")}>
      {isList(route.value) && <ListTitle list={list} />}
      <ListHeader route={list.route} client={client} />
      {list.route.kind === "search" && list.route.query.trim() === "" ? (
        <SearchHelp />
      ) : (
        <ListBody key={keyOf(list)} list={list} state={state} client={client} />
      )}
    </section>
  );
}

function ListTitle({ list }: { readonly list: WaveList }): null {
  const unread = list.route.kind === "inbox" ? folders.value.inbox_unread : 0;
  useTitle(unread > 0 ? `(${unread}) ${titleOf(list.route)}` : titleOf(list.route));
  return null;
}

function ListBody(props: {
  readonly list: WaveList;
  readonly state: ListState;
  readonly client: SyncClient;
}): JSX.Element {
  const { list, state, client } = props;
  switch (state.kind) {
    case "loading":
      return <Skeleton />;
    case "failed":
      if (list.route.kind === "search" && state.error.code === "invalid-request")
        return <UnreadableSearch error={state.error} />;
      return (
        <EmptyState
          icon="cloud-off"
          title={t("inbox.loadFailed")}
          action={<Button onClick={() => void list.reload()}>{t("common.retry")}</Button>}
        >
          {explain(state.error)}
        </EmptyState>
      );
    case "ready":
      if (state.waves.length === 0) return <EmptyList route={list.route} client={client} />;
      return <Rows list={list} waves={state.waves} more={state.more} self={client.address} />;
  }
}

interface RowsProps {
  readonly list: WaveList;
  readonly waves: readonly Digest[];
  readonly more: "idle" | "loading" | "failed";
  readonly self: string;
}

function Rows({ list, waves, more, self }: RowsProps): JSX.Element {
  const pane = useRef<HTMLDivElement>(null);
  const [chosen, choose] = useState<string | null>(null);
  const now = useMinutes();
  const shown = route.value;
  const open = shown.kind === "wave" || shown.kind === "history" ? shown.wave : null;
  const at = waves.findIndex((digest) => digest.wave === (chosen ?? open));
  const active = Math.max(0, at);
  const loadMore = useCallback(() => void list.loadMore(), [list]);
  const current = useRef({ waves, active, at });
  const before = current.current;
  current.current = { waves, active, at };
  const held = pane.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    // A row that is moved in the page loses the focus: another came before it, say.
    if (held && chosen !== null && document.activeElement === document.body) focusRow(pane.current, chosen);
  });
  useEffect(() => {
    // The row that had the focus has gone, archived say: the one that took its place is next.
    if (chosen === null || at >= 0) return;
    const heir = waves[Math.min(before.active, waves.length - 1)];
    choose(heir?.wave ?? null);
    if (heir !== undefined && document.activeElement === document.body) {
      requestAnimationFrame(() => focusRow(pane.current, heir.wave));
    }
  }, [waves]);
  useShortcuts(() => {
    const go = (step: number): void => {
      const { waves: all, at: from } = current.current;
      const to = all[from < 0 ? 0 : Math.max(0, Math.min(all.length - 1, from + step))];
      if (to === undefined) return;
      choose(to.wave);
      requestAnimationFrame(() => focusRow(pane.current, to.wave));
    };
    const find = (): Digest | undefined => current.current.waves[current.current.active];
    const openIt = (): void => {
      const digest = find();
      if (digest !== undefined) navigate({ kind: "wave", wave: digest.wave, blip: null });
    };
    const next = (): string => t("inbox.keyNext");
    const previous = (): string => t("inbox.keyPrevious");
    return [
      { keys: "j", scope: "list", label: next, run: () => go(1) },
      { keys: "ArrowDown", scope: "list", label: next, run: () => go(1) },
      { keys: "k", scope: "list", label: previous, run: () => go(-1) },
      { keys: "ArrowUp", scope: "list", label: previous, run: () => go(-1) },
      { keys: "Enter", scope: "list", label: () => t("inbox.keyOpen"), run: openIt },
      ...listCommands(find),
      {
        keys: "g l",
        scope: "general",
        label: () => t("inbox.keyFocusList"),
        run: () => go(0),
      },
    ];
  }, [list]);
  return (
    <div ref={pane} class="gs-list-rows">
      <VirtualList
        label={titleOf(list.route)}
        items={waves}
        keyOf={(digest) => digest.wave}
        rowRem={ROW}
        active={chosen === null ? -1 : at}
        onEnd={loadMore}
        renderRow={(digest, index) => (
          <DigestRow
            digest={digest}
            self={self}
            now={now}
            open={digest.wave === open}
            active={index === active}
            onFocus={() => choose(digest.wave)}
          />
        )}
        footer={<Footer more={more} onRetry={loadMore} />}
      />
    </div>
  );
}

function Footer({ more, onRetry }: { readonly more: RowsProps["more"]; readonly onRetry: () => void }): JSX.Element {
  return (
    <div class="gs-list-footer">
      {more === "loading" && <Spinner label={t("common.loading")} />}
      {more === "failed" && (
        <>
          <span>{t("inbox.moreFailed")}</span>
          <Button size="small" onClick={onRetry}>
            {t("common.retry")}
          </Button>
        </>
      )}
    </div>
  );
}

/** The space that rows will take, while they are on their way. */
function Skeleton(): JSX.Element {
  return (
    <div class="gs-list-skeleton" role="status">
      <span class="gs-visually-hidden">{t("common.loading")}</span>
      {[1, 2, 3, 4, 5, 6].map((row) => (
        <div key={row} class="gs-digest-skeleton" aria-hidden="true">
          <span />
          <div>
            <span />
            <span />
            <span />
          </div>
        </div>
      ))}
    </div>
  );
}

/** The time, renewed each minute: "5 min ago" must not stay that. */
function useMinutes(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function keyOf(list: WaveList): string {
  return `${list.route.kind} ${queryOf(list.route)}`;
}
