import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { decodeSessions, type SessionInfo } from "../../app/account";
import { ApiError, api, explain } from "../../app/api";
import { nothing } from "../../app/decode";
import { formatRelative, t } from "../../i18n";
import { Button, EmptyState, Icon, Spinner, toast } from "../../ui";
import { browserOf } from "./userAgent";

type Loading =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly error: ApiError }
  | { readonly kind: "ready"; readonly sessions: readonly SessionInfo[] };

/** Where one is signed in, and ending that. */
export function SessionSettings(): JSX.Element {
  const [state, setState] = useState<Loading>({ kind: "loading" });
  const load = (): void => {
    api.get("/account/sessions", decodeSessions).then(
      ({ sessions }) => setState({ kind: "ready", sessions }),
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        setState({ kind: "failed", error });
      },
    );
  };
  useEffect(load, []);
  const end = async (session: SessionInfo): Promise<void> => {
    try {
      await api.delete(`/account/sessions/${session.id}`, nothing);
      toast(t("settings.sessionEnded"));
    } catch (error) {
      toast(explain(error), { kind: "error" });
    }
    load();
  };
  return (
    <>
      <p class="gs-settings-lead">{t("settings.sessionsHint")}</p>
      {state.kind === "loading" && <Spinner label={t("common.loading")} />}
      {state.kind === "failed" && (
        <EmptyState
          icon="cloud-off"
          title={t("settings.loadFailed")}
          action={<Button onClick={load}>{t("common.retry")}</Button>}
        >
          {explain(state.error)}
        </EmptyState>
      )}
      {state.kind === "ready" && (
        <ul class="gs-settings-card">
          {[...state.sessions].sort(latestFirst).map((session) => (
            <SessionRow key={session.id} session={session} onEnd={() => end(session)} />
          ))}
        </ul>
      )}
    </>
  );
}

function SessionRow({
  session,
  onEnd,
}: {
  readonly session: SessionInfo;
  readonly onEnd: () => Promise<void>;
}): JSX.Element {
  const [busy, setBusy] = useState(false);
  const found = browserOf(session.user_agent);
  const browser = found === null ? t("settings.unknownBrowser") : t("settings.browserOn", { ...found });
  const times = { when: formatRelative(session.seen), since: formatRelative(session.created) };
  return (
    <li class="gs-settings-row">
      <Icon name="device" />
      <div class="gs-settings-text">
        <strong>{browser}</strong>
        <span>{t("settings.sessionSeen", times)}</span>
      </div>
      {session.current ? (
        <span class="gs-settings-badge">{t("settings.thisSession")}</span>
      ) : (
        <Button
          variant="danger"
          size="small"
          busy={busy}
          label={t("settings.endSessionOf", { browser })}
          onClick={() => {
            setBusy(true);
            void onEnd();
          }}
        >
          {t("settings.endSession")}
        </Button>
      )}
    </li>
  );
}

function latestFirst(a: SessionInfo, b: SessionInfo): number {
  return Number(b.current) - Number(a.current) || b.seen - a.seen;
}
