import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { api } from "../../app/api";
import { object, string } from "../../app/decode";
import { useServer } from "../../app/server";
import { begin } from "../../app/session";
import { useTitle } from "../../app/title";
import { t } from "../../i18n";
import { Button, Spinner, TextField } from "../../ui";
import { Entrance, FormProblem } from "./Entrance";
import { PasswordField } from "./PasswordField";
import { registrationProblems } from "./problems";
import { LEAST_PASSWORD, LONGEST_NAME } from "./rules";
import { useForm } from "./useForm";

const decodeCreated = object({ address: string });

/** Make an account, if the server lets strangers do so. `invitation` is the code of the link that led here. */
export function Register({ invitation }: { readonly invitation: string | null }): JSX.Element {
  const server = useServer();
  useTitle(t("auth.register"));
  if (server === null) {
    return (
      <Entrance title={t("auth.register")}>
        <Spinner label={t("common.loading")} />
      </Entrance>
    );
  }
  const refusal =
    server.registration === "closed"
      ? ({ title: "auth.registrationClosed", hint: "auth.registrationClosedHint" } as const)
      : server.registration === "invite" && invitation === null
        ? ({ title: "auth.invitationNeeded", hint: "auth.invitationNeededHint" } as const)
        : null;
  return (
    <Entrance title={refusal === null ? t("auth.registerTitle", { domain: server.domain }) : t(refusal.title)}>
      {refusal === null ? <RegisterForm domain={server.domain} invitation={invitation} /> : <p>{t(refusal.hint)}</p>}
      <p class="gs-entrance-other">
        {t("auth.haveAccount")} <a href="/signin">{t("auth.signIn")}</a>
      </p>
    </Entrance>
  );
}

function RegisterForm(props: { readonly domain: string; readonly invitation: string | null }): JSX.Element {
  const [name, setName] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [password, setPassword] = useState("");
  const wanted = name.trim().toLowerCase();
  const form = useForm<"name" | "displayName" | "password">({
    check: () => ({
      ...(wanted === "" ? { name: t("auth.missingName") } : {}),
      ...([...password].length < LEAST_PASSWORD ? { password: t("auth.passwordTooShort") } : {}),
    }),
    send: async () => {
      const body = {
        name: wanted,
        password,
        ...(displayName.trim() === "" ? {} : { display_name: displayName.trim() }),
        ...(props.invitation === null ? {} : { invitation: props.invitation }),
      };
      const created = await api.post("/accounts", body, decodeCreated);
      await begin(created.address);
    },
    explain: registrationProblems,
  });
  return (
    <form class="gs-form" method="post" noValidate onSubmit={form.submit}>
      <FormProblem text={form.problems.form} />
      <TextField
        label={t("auth.displayName")}
        hint={t("auth.displayNameHint")}
        name="name"
        autocomplete="name"
        value={displayName}
        onInput={setDisplayName}
        error={form.problems.displayName}
        maxLength={LONGEST_NAME}
      />
      <TextField
        label={t("auth.name")}
        hint={wanted === "" ? t("auth.nameRules") : t("auth.nameHint", { address: `${wanted}@${props.domain}` })}
        name="username"
        autocomplete="username"
        value={name}
        onInput={setName}
        error={form.problems.name}
        required
      />
      <PasswordField
        label={t("auth.newPassword")}
        hint={t("auth.passwordRules")}
        kind="new"
        value={password}
        onInput={setPassword}
        error={form.problems.password}
      />
      <Button type="submit" variant="primary" wide busy={form.busy}>
        {t("auth.register")}
      </Button>
    </form>
  );
}
