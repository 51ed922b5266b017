import type { JSX } from "preact";
import { t } from "../i18n";
import { type Draft, explainDraft } from "../sync";
import { Button, Icon, type IconName } from "../ui";
import { useWave } from "./context";
import { copyText } from "./copying";
import "./notices.css";

/** What has to be said about the wave as a whole: an old copy, the end of taking part, text that was not accepted. */
export function Notices(): JSX.Element {
  const { model } = useWave();
  const drafts = model.client.drafts.value.filter(({ wavelet }) => wavelet.startsWith(`${model.wave}/`));
  const ended = model.root.value?.ended.value ?? null;
  return (
    <div class="gs-notices" aria-live="polite">
      {model.view.state.value === "offline-copy" && <Notice icon="cloud-off">{t("wave.offlineCopy")}</Notice>}
      {ended !== null && (
        <Notice icon="info">
          <strong>{t("wave.removed")}.</strong> {t("wave.removedHint")}
        </Notice>
      )}
      {drafts.map((draft) => (
        <DraftNotice key={draft.id} draft={draft} />
      ))}
    </div>
  );
}

function Notice({
  icon,
  children,
}: {
  readonly icon: IconName;
  readonly children: JSX.Element | string | (JSX.Element | string)[];
}): JSX.Element {
  return (
    <div class="gs-notice">
      <Icon name={icon} size={18} />
      <p>{children}</p>
    </div>
  );
}

function DraftNotice({ draft }: { readonly draft: Draft }): JSX.Element {
  const { model } = useWave();
  return (
    <section class="gs-notice gs-draft" aria-label={t("wave.draftTitle")}>
      <Icon name="alert" size={18} />
      <div>
        <p>
          <strong>{t("wave.draftTitle")}.</strong> {explainDraft(draft)}
        </p>
        {draft.text !== "" && <blockquote class="gs-draft-text">{draft.text}</blockquote>}
        <div class="gs-draft-actions">
          {draft.text !== "" && (
            <Button size="small" icon="copy" onClick={() => void copyText(draft.text, "wave.copied")}>
              {t("wave.draftCopy")}
            </Button>
          )}
          <Button size="small" variant="quiet" onClick={() => void model.client.discardDraft(draft.id)}>
            {t("wave.draftDiscard")}
          </Button>
        </div>
      </div>
    </section>
  );
}
