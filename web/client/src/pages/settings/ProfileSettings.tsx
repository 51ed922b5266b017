import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type Account, decodeAccount } from "../../app/account";
import { api, explain } from "../../app/api";
import { account, accountChanged } from "../../app/session";
import { formatDate, t } from "../../i18n";
import { Button, Spinner, TextField, toast } from "../../ui";
import { LONGEST_NAME } from "../account/rules";
import { useForm } from "../account/useForm";
import { PictureSettings } from "./PictureSettings";

/** Name and picture, as others see them. */
export function ProfileSettings(): JSX.Element {
  const mine = account.value;
  if (mine === null) return <Spinner label={t("common.loading")} />;
  return (
    <>
      <p class="gs-settings-lead">{t("settings.profileHint")}</p>
      <div class="gs-settings-card">
        <PictureSettings account={mine} />
        <div class="gs-settings-row">
          <NameForm account={mine} />
        </div>
        <div class="gs-settings-row">
          <div class="gs-settings-text">
            <strong>{mine.address}</strong>
            <span>{t("settings.addressHint")}</span>
          </div>
          <span class="gs-field-hint">{t("settings.since", { date: formatDate(mine.created) })}</span>
        </div>
      </div>
    </>
  );
}

function NameForm({ account: mine }: { readonly account: Account }): JSX.Element {
  const [name, setName] = useState(mine.name ?? "");
  const wanted = name.trim();
  const form = useForm<"name">({
    check: () => {
      if (wanted === "") return { name: t("settings.nameMissing") };
      return [...wanted].length > LONGEST_NAME ? { name: t("settings.nameTooLong", { limit: LONGEST_NAME }) } : {};
    },
    send: async () => {
      accountChanged(await api.patch("/account", { name: wanted }, decodeAccount));
      toast(t("settings.nameSaved"));
    },
    explain: (error) => ({ name: explain(error) }),
  });
  return (
    <form class="gs-settings-name" noValidate onSubmit={form.submit}>
      <TextField
        label={t("settings.name")}
        name="name"
        autocomplete="name"
        value={name}
        onInput={setName}
        error={form.problems.name}
        required
      />
      <Button type="submit" variant={wanted === (mine.name ?? "") ? "secondary" : "primary"} busy={form.busy}>
        {t("common.save")}
      </Button>
    </form>
  );
}
