import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError, api, explain } from "../../app/api";
import { nothing } from "../../app/decode";
import { self } from "../../app/session";
import { t } from "../../i18n";
import { Button, toast } from "../../ui";
import { FormProblem } from "../account/Entrance";
import { PasswordField } from "../account/PasswordField";
import { LEAST_PASSWORD } from "../account/rules";
import { type Problems, useForm } from "../account/useForm";

type Field = "current" | "new";

/** Change the password. */
export function PasswordSettings(): JSX.Element {
  const [current, setCurrent] = useState("");
  const [wanted, setWanted] = useState("");
  const form = useForm<Field>({
    check: () => ({
      ...(current === "" ? { current: t("auth.missingPassword") } : {}),
      ...([...wanted].length < LEAST_PASSWORD ? { new: t("auth.passwordTooShort") } : {}),
    }),
    send: async () => {
      await api.put("/account/password", { current, new: wanted }, nothing);
      setCurrent("");
      setWanted("");
      toast(t("settings.passwordChanged"));
    },
    explain: passwordProblems,
  });
  return (
    <>
      <p class="gs-settings-lead">{t("settings.passwordHint")}</p>
      <form class="gs-settings-form" method="post" noValidate onSubmit={form.submit}>
        <FormProblem text={form.problems.form} />
        <input type="text" name="username" autocomplete="username" value={self.value ?? ""} readOnly hidden />
        <PasswordField
          label={t("settings.currentPassword")}
          kind="current"
          value={current}
          onInput={setCurrent}
          error={form.problems.current}
        />
        <PasswordField
          label={t("settings.newPassword")}
          hint={t("auth.passwordRules")}
          kind="new"
          value={wanted}
          onInput={setWanted}
          error={form.problems.new}
        />
        <Button type="submit" variant="primary" busy={form.busy}>
          {t("settings.changePassword")}
        </Button>
      </form>
    </>
  );
}

function passwordProblems(error: unknown): Problems<Field> {
  if (error instanceof ApiError && error.code === "forbidden") return { current: t("settings.passwordWrong") };
  return { form: explain(error) };
}
