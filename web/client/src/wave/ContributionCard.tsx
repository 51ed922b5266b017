import type { JSX } from "preact";
import { useCallback, useMemo, useRef } from "preact/hooks";
import { domainOf } from "../conversation";
import type { Contribution, Signing } from "../history";
import { formatDateTime, t } from "../i18n";
import { Avatar, useDismissal, useFloating } from "../ui";
import { avatarOf, useWave } from "./context";
import type { PointedAt } from "./pointing";

/** The id of what tells it, for those who hear it instead. */
export const CONTRIBUTION_CARD = "gs-contribution";
/** Authors that are told of. */
const MOST = 6;

/** Beside what is pointed at: who wrote it, which domain signed it, and since when that is verified. */
export function ContributionCard(): JSX.Element {
  const { model } = useWave();
  const at = model.pointing.shown.value;
  return (
    <div id={CONTRIBUTION_CARD} role="status">
      {at !== null && <Card at={at} />}
    </div>
  );
}

function Card({ at }: { readonly at: PointedAt }): JSX.Element {
  const { model } = useWave();
  const ref = useRef<HTMLDivElement>(null);
  const dismiss = useCallback(() => model.pointing.hide(), [model]);
  useFloating(ref, at.anchor, "bottom-start");
  useDismissal(ref, at.anchor, dismiss);
  return (
    <div ref={ref} class="gs-floating gs-contribution" popover="manual">
      {at.contributions.slice(0, MOST).map((contribution) => (
        <OneContribution key={`${contribution.author} ${contribution.version}`} contribution={contribution} />
      ))}
    </div>
  );
}

function OneContribution({ contribution }: { readonly contribution: Contribution }): JSX.Element {
  const { model, people } = useWave();
  const signing = useMemo(() => model.signatureOf(contribution), [model, contribution]).value;
  const { author } = contribution;
  const name = people.name(author);
  return (
    <div class="gs-contribution-one">
      <Avatar person={avatarOf(people, author)} size={24} decorative />
      <span class="gs-contribution-address gs-truncate" title={author}>
        {name}
      </span>
      <span class="gs-contribution-signed">{explain(signing, domainOf(model.self))}</span>
    </div>
  );
}

function explain(signing: Signing, own: string): string {
  switch (signing.kind) {
    case "signed": {
      const time = formatDateTime(signing.at);
      return signing.domain === own
        ? t("wave.signedHere", { time })
        : t("wave.signedBy", { domain: signing.domain, time });
    }
    case "loading":
      return t("wave.signatureLoading");
    case "absent":
      return t("wave.signaturePending");
    case "unsigned":
      return t("wave.unsigned");
    case "unknown":
      return t("wave.signatureUnknown");
  }
}
