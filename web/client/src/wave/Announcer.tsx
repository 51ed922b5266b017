import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { snippetOf } from "../conversation";
import { t } from "../i18n";
import { type Happening, QUIET_TIME, worthTelling } from "./announcements";
import { type OpenWave, useWave } from "./context";
import type { ConversationModel } from "./conversationModel";

const WHERE_LENGTH = 40;

/** What others do in the wave, told politely to those who listen to the page, a sentence now and then. */
export function Announcer(): JSX.Element {
  const wave = useWave();
  const [told, setTold] = useState("");
  useEffect(() => {
    let waiting: { readonly happening: Happening; readonly conversation: ConversationModel }[] = [];
    let timer: ReturnType<typeof setTimeout> | null = null;
    const tell = (): void => {
      timer = null;
      const byHappening = new Map(waiting.map((entry) => [entry.happening, entry.conversation]));
      const worth = worthTelling([...byHappening.keys()]);
      waiting = [];
      setTold(worth.map((happening) => inWords(wave, happening, byHappening.get(happening))).join(". "));
    };
    const stop = wave.model.onHappenings((happenings, conversation) => {
      waiting.push(...happenings.map((happening) => ({ happening, conversation })));
      if (happenings.length > 0) timer ??= setTimeout(tell, QUIET_TIME);
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, [wave]);
  return (
    <div class="gs-visually-hidden" role="status" data-announcer="">
      {told}
    </div>
  );
}

function inWords({ people }: OpenWave, happening: Happening, conversation: ConversationModel | undefined): string {
  const name = people.name(happening.author);
  switch (happening.kind) {
    case "wrote": {
      const text = snippetOf(conversation?.replica.document(happening.blip), WHERE_LENGTH);
      return t("wave.someoneWrote", { name, where: text === "" ? t("wave.aMessage") : `“${text}”` });
    }
    case "replied":
      return t("wave.someoneReplied", { name });
    case "deleted":
      return t("wave.someoneDeleted", { name });
    case "joined":
      return t("wave.someoneJoined", { name, other: people.name(happening.address) });
    case "left":
      return happening.address === happening.author
        ? t("wave.someoneLeftSelf", { name })
        : t("wave.someoneLeft", { name, other: people.name(happening.address) });
  }
}
