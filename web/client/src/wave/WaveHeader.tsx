import type { JSX } from "preact";
import { t } from "../i18n";
import { useWave } from "./context";
import { People } from "./People";
import { StatusLine } from "./StatusLine";
import { WaveMenu } from "./WaveMenu";
import "./header.css";

/** The wave's title, how far it is saved, its people, and what else can be done with it. */
export function WaveHeader(): JSX.Element {
  const { model } = useWave();
  const conversation = model.root.value ?? model.conversations.value[0] ?? null;
  const title = conversation?.title.value ?? "";
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
