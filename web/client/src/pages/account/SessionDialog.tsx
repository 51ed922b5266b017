import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { PersonAvatar } from "../../app/PersonAvatar";
import { people } from "../../app/people";
import { leaveSession, session, signInAgain } from "../../app/session";
import { t } from "../../i18n";
import { Button, Dialog } from "../../ui";
import { FormProblem } from "./Entrance";
import { PasswordField } from "./PasswordField";
import { signInProblems } from "./problems";
import { useForm } from "./useForm";
import { useQuiet } from "./useQuiet";

/** Over everything, when the session of this page has ended: renew it, or give way to the one that took its place. */
export function SessionDialog(): JSX.Element | null {
  const state = session.value;
  if (state.kind !== "signed-in") return null;
  const { address, standing } = state;
  switch (standing.kind) {
    case "good":
      return null;
    case "expired":
      return <ExpiredOncePaused address={address} />;
    case "taken":
      return <Taken address={address} by={standing.by} />;
  }
}

/** Typing goes on until there is a pause: it is kept here, and the status line tells how things stand. */
function ExpiredOncePaused({ address }: { readonly address: string }): JSX.Element | null {
  return useQuiet() ? <Expired address={address} /> : null;
}

function Expired({ address }: { readonly address: string }): JSX.Element {
  const [password, setPassword] = useState("");
  const form = useForm<"address" | "password">({
    check: () => (password === "" ? { password: t("auth.missingPassword") } : {}),
    send: () => signInAgain(password),
    explain: signInProblems,
  });
  return (
    <Dialog title={t("auth.expiredTitle")} size="small">
      <form class="gs-form" method="post" noValidate onSubmit={form.submit}>
        <p>{t("auth.expiredText")}</p>
        <div class="gs-session-person">
          <PersonAvatar address={address} decorative />
          <span>
            <strong>{people.name(address)}</strong>
            <span>{address}</span>
          </span>
        </div>
        <FormProblem text={form.problems.form} />
        <input type="text" name="username" autocomplete="username" value={address} readOnly hidden />
        <PasswordField
          label={t("auth.password")}
          kind="current"
          value={password}
          onInput={setPassword}
          error={form.problems.password}
          autofocus
        />
        <Button type="submit" variant="primary" wide busy={form.busy}>
          {t("auth.signIn")}
        </Button>
      </form>
    </Dialog>
  );
}

function Taken({ address, by }: { readonly address: string; readonly by: string }): JSX.Element {
  const values = { name: people.name(address), other: people.name(by) };
  const go = (
    <Button variant="primary" onClick={() => void leaveSession()}>
      {t("auth.continueAs", { name: values.other })}
    </Button>
  );
  return (
    <Dialog title={t("auth.takenTitle")} size="small" actions={go}>
      <p>{t("auth.takenText", values)}</p>
    </Dialog>
  );
}
