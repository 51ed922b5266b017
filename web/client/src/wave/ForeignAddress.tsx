import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../app/api";
import type { DomainStanding } from "../app/people";
import { domainOf, isShared } from "../conversation";
import { t } from "../i18n";
import { Icon, type IconName } from "../ui";
import { useWave } from "./context";

/** How long typing pauses before a domain is looked for, in ms: each of its beginnings is a domain as well. */
export const DOMAIN_PAUSE = 500;

type Looked = DomainStanding | "looking" | "unknown";

/** What adding somebody of another domain means, and whether waves get there. */
export function ForeignAddress({ address }: { readonly address: string }): JSX.Element {
  const domain = domainOf(address);
  const looked = useStanding(domain);
  return (
    <div class="gs-foreign">
      <p>{isShared(address) ? t("wave.shareWithAll", { domain }) : t("wave.shareWith", { address, domain })}</p>
      <p class={`gs-foreign-domain gs-foreign-${looked}`}>
        <Icon name={iconOf(looked)} size={16} />
        <span>{explain(looked, domain)}</span>
      </p>
    </div>
  );
}

function useStanding(domain: string): Looked {
  const { people } = useWave();
  const [found, setFound] = useState<{ readonly domain: string; readonly standing: Looked } | null>(null);
  useEffect(() => {
    let current = true;
    const ask = async (): Promise<void> => {
      const standing = await people.lookUp(domain).catch(unanswered);
      if (current) setFound({ domain, standing });
    };
    const timer = setTimeout(() => void ask(), DOMAIN_PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [domain, people]);
  return found?.domain === domain ? found.standing : "looking";
}

/** Without an answer somebody can be added all the same. */
function unanswered(error: unknown): Looked {
  if (error instanceof ApiError) return "unknown";
  throw error;
}

function explain(looked: Looked, domain: string): string {
  switch (looked) {
    case "looking":
      return t("wave.domainLooking", { domain });
    case "own":
    case "found":
      return t("wave.domainFound", { domain });
    case "unreachable":
      return t("wave.domainUnreachable", { domain });
    case "off":
      return t("wave.domainOff", { domain });
    case "unknown":
      return t("wave.domainUnknown", { domain });
  }
}

function iconOf(looked: Looked): IconName {
  switch (looked) {
    case "looking":
    case "unknown":
      return "cloud";
    case "own":
    case "found":
      return "cloud-check";
    case "unreachable":
    case "off":
      return "cloud-off";
  }
}
