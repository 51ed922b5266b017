import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { t } from "../i18n";
import { usePaced } from "../ui";
import { useWave } from "./context";
import { People } from "./People";
import { StatusLine } from "./StatusLine";
import { WaveMenu } from "./WaveMenu";
import "./header.css";

const NO_TITLE = signal("");
/** The title follows the text at most this often, in ms: it stands somewhere in it, and is looked for in all of it. */
const TITLE_EVERY = 250;

/** The wave's title, how far it is saved, its people, and what else can be done with it. */
export function WaveHeader(): JSX.Element {
  const { model } = useWave();
  const conversation = model.root.value ?? model.conversations.value[0] ?? null;
  const title = usePaced(conversation?.title ?? NO_TITLE, TITLE_EVERY);
  return (
    <header class="gs-wave-header">
      <div class="gs-wave-heading">
        {conversation !== null && (
          <h1 class={`gs-wave-title gs-truncate${title === "" ? " gs-wave-untitled" : ""}`} title={title} tabIndex={-1}>
            {title === "" ? t("wave.untitled") : title}
          </h1>
        )}
        <StatusLine client={model.client} />
      </div>
      {conversation !== null && <People conversation={conversation} />}
      {conversation !== null && <WaveMenu />}
    </header>
  );
}
