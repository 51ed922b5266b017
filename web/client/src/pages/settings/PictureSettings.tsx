import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Account, decodeAccount } from "../../app/account";
import { ApiError, api, explain } from "../../app/api";
import { nothing } from "../../app/decode";
import { personOf } from "../../app/PersonAvatar";
import { accountChanged } from "../../app/session";
import { formatBytes, t } from "../../i18n";
import { Avatar, Button, Dialog, toast } from "../../ui";

const TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"] as const;
const LIMIT = 10_000_000; // bytes; the server has a limit of its own, and its word counts

/** One's picture: choose, look at it, use it, remove it. */
export function PictureSettings({ account }: { readonly account: Account }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const [chosen, choose] = useState<File | null>(null);
  const [busy, setBusy] = useState(false);
  const person = { ...personOf(account.address), src: account.avatar };
  const pick = (file: File | undefined): void => {
    if (file === undefined) return;
    if (!TYPES.some((type) => type === file.type)) toast(t("settings.pictureNotImage"), { kind: "error" });
    else if (file.size > LIMIT) toast(t("settings.pictureTooLarge", { limit: formatBytes(LIMIT) }), { kind: "error" });
    else choose(file);
  };
  const remove = async (): Promise<void> => {
    setBusy(true);
    try {
      await api.delete("/account/avatar", nothing);
      accountChanged(await api.get("/account", decodeAccount));
      toast(t("settings.pictureRemoved"));
    } catch (error) {
      toast(explain(error), { kind: "error" });
    }
    setBusy(false);
  };
  return (
    <div class="gs-settings-row">
      <Avatar person={person} size={64} decorative />
      <div class="gs-settings-text">
        <strong>{t("settings.picture")}</strong>
        <span>{t("settings.pictureHint")}</span>
      </div>
      <div class="gs-settings-picture">
        <input
          ref={input}
          type="file"
          accept={TYPES.join(",")}
          aria-label={t("settings.choosePicture")}
          hidden
          onChange={(event) => {
            pick(event.currentTarget.files?.[0]);
            event.currentTarget.value = ""; // the same file may be chosen again
          }}
        />
        <Button icon="upload" onClick={() => input.current?.click()}>
          {account.avatar === null ? t("settings.choosePicture") : t("settings.changePicture")}
        </Button>
        {account.avatar !== null && (
          <Button variant="danger" busy={busy} onClick={() => void remove()}>
            {t("settings.removePicture")}
          </Button>
        )}
      </div>
      {chosen !== null && <PreviewDialog file={chosen} onClose={() => choose(null)} />}
    </div>
  );
}

function PreviewDialog({ file, onClose }: { readonly file: File; readonly onClose: () => void }): JSX.Element {
  const [url, setUrl] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    // A data URL, because the content security policy lets images come from those and not from blob: URLs.
    const reader = new FileReader();
    reader.onload = () => setUrl(typeof reader.result === "string" ? reader.result : null);
    reader.onerror = unreadable;
    reader.readAsDataURL(file);
    return () => reader.abort();
  }, [file]);
  const unreadable = (): void => {
    setUrl(null);
    setProblem(t("settings.pictureNotImage"));
  };
  const use = async (): Promise<void> => {
    setBusy(true);
    try {
      await api.put("/account/avatar", file, nothing, { timeout: 60_000 });
      accountChanged(await api.get("/account", decodeAccount));
      toast(t("settings.pictureSaved"));
      onClose();
    } catch (error) {
      setBusy(false);
      if (error instanceof ApiError && error.code === "invalid-request") unreadable();
      else setProblem(explain(error));
    }
  };
  const actions = (
    <>
      <Button onClick={onClose}>{t("common.cancel")}</Button>
      <Button variant="primary" busy={busy} disabled={url === null} onClick={() => void use()}>
        {t("settings.usePicture")}
      </Button>
    </>
  );
  return (
    <Dialog title={t("settings.picturePreview")} size="small" onClose={onClose} actions={actions}>
      <div class="gs-settings-preview-box">
        {url !== null && (
          <img class="gs-settings-preview" src={url} alt={t("settings.picturePreview")} onError={unreadable} />
        )}
      </div>
      <p class="gs-field-error" role="alert">
        {problem}
      </p>
    </Dialog>
  );
}
