import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useServer } from "../../app/server";
import { signIn } from "../../app/session";
import { useTitle } from "../../app/title";
import { t } from "../../i18n";
import { Button, TextField } from "../../ui";
import { Entrance, FormProblem } from "./Entrance";
import { PasswordField } from "./PasswordField";
import { signInProblems } from "./problems";
import { useForm } from "./useForm";

/** Sign in with name and password. */
export function SignIn(): JSX.Element {
  const [address, setAddress] = useState("");
  const [password, setPassword] = useState("");
  const server = useServer();
  const domain = server?.domain ?? window.location.hostname;
  const form = useForm<"address" | "password">({
    check: () => ({
      ...(address.trim() === "" ? { address: t("auth.missingName") } : {}),
      ...(password === "" ? { password: t("auth.missingPassword") } : {}),
    }),
    send: () => signIn(address.trim().toLowerCase(), password),
    explain: signInProblems,
  });
  useTitle(t("auth.signIn"));
  return (
    <Entrance title={t("auth.signInTitle", { domain })}>
      <form class="gs-form" method="post" noValidate onSubmit={form.submit}>
        <FormProblem text={form.problems.form} />
        <TextField
          label={t("auth.address")}
          name="username"
          autocomplete="username"
          inputMode="email"
          value={address}
          onInput={setAddress}
          error={form.problems.address}
          required
        />
        <PasswordField
          label={t("auth.password")}
          kind="current"
          value={password}
          onInput={setPassword}
          error={form.problems.password}
        />
        <Button type="submit" variant="primary" wide busy={form.busy}>
          {t("auth.signIn")}
        </Button>
      </form>
      {server !== null && server.registration !== "closed" && (
        <p class="gs-entrance-other">
          {t("auth.noAccount")} <a href="/register">{t("auth.register")}</a>
        </p>
      )}
    </Entrance>
  );
}
