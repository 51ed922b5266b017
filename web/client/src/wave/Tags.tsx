import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { pathOf } from "../app/router";
import { LONGEST_TAG } from "../conversation";
import { t } from "../i18n";
import { Icon } from "../ui";
import { useWave } from "./context";
import type { ConversationModel } from "./conversationModel";
import "./tags.css";

/** The wave's tags, each a link to its search, and a field for another. */
export function Tags({ conversation }: { readonly conversation: ConversationModel }): JSX.Element | null {
  const { actions } = useWave();
  const tags = conversation.tags.value;
  const over = !conversation.writable.value;
  if (over && tags.length === 0) return null;
  return (
    <section class="gs-tags" aria-label={t("wave.tags")}>
      <Icon name="tag" size={18} />
      <ul class="gs-tag-list">
        {tags.map((tag) => (
          <li key={tag.start} class={`gs-tag${over ? " gs-tag-fixed" : ""}`}>
            <a
              href={pathOf({ kind: "search", query: `tag:"${tag.text}"` })}
              title={t("wave.findTag", { tag: tag.text })}
            >
              {tag.text}
            </a>
            {!over && (
              <button
                type="button"
                class="gs-tag-remove"
                aria-label={t("wave.removeTag", { tag: tag.text })}
                onClick={() => actions.removeTag(conversation, tag.text)}
              >
                <Icon name="close" size={14} />
              </button>
            )}
          </li>
        ))}
        {!over && (
          <li>
            <TagField conversation={conversation} />
          </li>
        )}
      </ul>
    </section>
  );
}

function TagField({ conversation }: { readonly conversation: ConversationModel }): JSX.Element {
  const { actions } = useWave();
  const id = useId();
  const [typed, setTyped] = useState("");
  const [error, setError] = useState("");
  const add = (): void => {
    const kind = actions.addTag(conversation, typed);
    if (kind === "added" || kind === "blank") setTyped("");
    setError(errorOf(kind));
  };
  const press = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault();
      add();
    } else if (event.key === "Escape") {
      setTyped("");
      setError("");
    }
  };
  return (
    <>
      <input
        class="gs-tag-input"
        type="text"
        autocomplete="off"
        aria-label={t("wave.addTag")}
        placeholder={t("wave.addTag")}
        aria-invalid={error !== ""}
        aria-describedby={`${id}-error`}
        value={typed}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setError("");
        }}
        onKeyDown={press}
        onBlur={add}
      />
      <span id={`${id}-error`} class="gs-tag-error" aria-live="polite">
        {error}
      </span>
    </>
  );
}

function errorOf(kind: "added" | "blank" | "present" | "too-long"): string {
  if (kind === "present") return t("wave.tagPresent");
  return kind === "too-long" ? t("wave.tagTooLong", { most: LONGEST_TAG }) : "";
}
