import type { JSX } from "preact";
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { MANIFEST } from "../conversation";
import { t } from "../i18n";
import { OperationError, type WaveletOperation } from "../ot";
import type { SyncClient, WaveletReplica } from "../sync";
import { EmptyState, Spinner, toast } from "../ui";
import { PlaybackView } from "./PlaybackView";
import type { Documents } from "./restore";

export interface WaveHistoryProps {
  /** "domain/id". */
  readonly wave: string;
  readonly client: SyncClient;
  /** Back to now. */
  readonly onClose: () => void;
}

/** The history of a wave: of its conversation, or of the private reply that is chosen. */
export function WaveHistory({ wave, client, onClose }: WaveHistoryProps): JSX.Element {
  const view = useMemo(() => client.open(wave), [client, wave]);
  useEffect(() => () => view.close(), [view]);
  const conversations = view.wavelets.value.filter((replica) => replica.document(MANIFEST) !== undefined);
  const [chosen, setChosen] = useState<string | null>(null);
  const replica =
    conversations.find((each) => each.name === chosen) ??
    conversations.find((each) => each.name.endsWith("/conv+root")) ??
    conversations[0];
  const current = useCallback((): Documents | null => (replica === undefined ? null : documentsOf(replica)), [replica]);
  const restore = useCallback(
    (operations: readonly WaveletOperation[]) => {
      if (replica !== undefined && applied(replica, operations)) onClose();
    },
    [replica, onClose],
  );
  if (replica === undefined) {
    if (view.state.value === "missing") return <EmptyState icon="history" title={t("history.missing")} />;
    return (
      <div class="gs-history-waiting">
        <Spinner size={24} label={t("common.loading")} />
      </div>
    );
  }
  return (
    <>
      {conversations.length > 1 && <Choice replicas={conversations} chosen={replica} onChoose={setChosen} />}
      <PlaybackView
        key={replica.name}
        wave={wave}
        wavelet={replica.name}
        current={current}
        onClose={onClose}
        onRestore={restore}
      />
    </>
  );
}

interface ChoiceProps {
  readonly replicas: readonly WaveletReplica[];
  readonly chosen: WaveletReplica;
  readonly onChoose: (name: string) => void;
}

/** A private reply has a history of its own. */
function Choice({ replicas, chosen, onChoose }: ChoiceProps): JSX.Element {
  let replies = 0;
  return (
    <label class="gs-history-choice">
      <span>{t("history.of")}</span>
      <select value={chosen.name} onChange={(event) => onChoose(event.currentTarget.value)}>
        {replicas.map((replica) => (
          <option key={replica.name} value={replica.name}>
            {replica.name.endsWith("/conv+root") ? t("history.wave") : t("history.privateReply", { number: ++replies })}
          </option>
        ))}
      </select>
    </label>
  );
}

function documentsOf(replica: WaveletReplica): Documents {
  const found = new Map<string, NonNullable<ReturnType<WaveletReplica["document"]>>>();
  for (const id of replica.documentIds) {
    const document = replica.document(id);
    if (document !== undefined) found.set(id, document);
  }
  return found;
}

/** Apply what restores, and say how it went. */
function applied(replica: WaveletReplica, operations: readonly WaveletOperation[]): boolean {
  if (operations.length === 0) {
    toast(t("history.sameAsNow"));
    return true;
  }
  try {
    replica.apply(operations);
  } catch (error) {
    if (!(error instanceof OperationError) && !replica.ended) throw error;
    toast(t("history.restoreFailed"), { kind: "error" });
    return false;
  }
  toast(t("history.restored"));
  return true;
}
