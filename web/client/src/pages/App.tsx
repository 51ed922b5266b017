import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { lazy } from "../app/lazy";
import { navigate, pathOf, route } from "../app/router";
import { restart, session } from "../app/session";
import { t } from "../i18n";
import { Button, EmptyState, Logo, Toasts } from "../ui";
import { SessionDialog } from "./account/SessionDialog";
import { SignIn } from "./account/SignIn";
import { Shell } from "./shell/Shell";
import "./app.css";

const Register = lazy(async () => (await import("./account/Register")).Register);

/** The whole page: what the session and the address say. */
export function App(): JSX.Element {
  return (
    <>
      <Content />
      <SessionDialog />
      <Toasts />
    </>
  );
}

function Content(): JSX.Element {
  const state = session.value;
  switch (state.kind) {
    case "starting":
      return <Starting />;
    case "unreachable":
      return <Unreachable />;
    case "signed-out":
      return <Outside />;
    case "signed-in":
      return <Inside />;
  }
}

function Inside(): JSX.Element {
  const state = session.value;
  const now = route.value;
  const outside = now.kind === "signin" || now.kind === "register";
  useEffect(() => {
    if (outside) navigate(now.kind === "signin" && now.next !== null ? now.next : { kind: "inbox" }, { replace: true });
  }, [outside, now]);
  if (state.kind !== "signed-in" || outside) return <Starting />;
  return <Shell key={state.address} client={state.client} />;
}

function Outside(): JSX.Element {
  const now = route.value;
  const outside = now.kind === "signin" || now.kind === "register";
  useEffect(() => {
    if (!outside) navigate({ kind: "signin", next: now.kind === "inbox" ? null : pathOf(now) }, { replace: true });
  }, [outside, now]);
  if (now.kind === "register") return <Register invitation={now.invitation} />;
  return <SignIn />;
}

/** Nothing but the sign, for the moment until the server has said who this is. */
function Starting(): JSX.Element {
  return (
    <main class="gs-starting" aria-busy="true" aria-label={t("common.loading")}>
      <Logo size={48} />
    </main>
  );
}

function Unreachable(): JSX.Element {
  return (
    <main class="gs-starting">
      <EmptyState
        icon="cloud-off"
        title={t("auth.unreachableTitle")}
        action={
          <Button variant="primary" onClick={() => void restart()}>
            {t("common.retry")}
          </Button>
        }
      >
        {t("auth.unreachableText")}
      </EmptyState>
    </main>
  );
}
