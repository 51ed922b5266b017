import type { JSX } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../../app/api";
import { people } from "../../app/people";
import { navigate, route } from "../../app/router";
import { folders } from "../../app/waves";
import { t } from "../../i18n";
import { Icon, IconButton, nextIndex } from "../../ui";
import { completed, type Suggestion, suggestionsFor, type TypedWord, wordAt } from "./operators";

const PAUSE = 250; // ms after the last key until the search begins

/** The search, with completion of operators, places and people: a combobox in ARIA's terms. */
export function SearchField({ query }: { readonly query: string }): JSX.Element {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(query);
  const [word, setWord] = useState<TypedWord | null>(null);
  const [chosen, choose] = useState(-1);
  const suggestions = useSuggestions(word);
  const open = suggestions.length > 0;
  useLayoutEffect(() => {
    if (route.value.kind === "search") input.current?.focus(); // not when the search only stands beside a wave
  }, []);
  useEffect(() => {
    if (document.activeElement !== input.current || query !== text.trim()) setText(query);
  }, [query]);
  useEffect(() => {
    if (text.trim() === query) return;
    const timer = setTimeout(() => navigate({ kind: "search", query: text.trim() }, { replace: true }), PAUSE);
    return () => clearTimeout(timer);
  }, [text, query]);

  const typed = (value: string, caret: number): void => {
    setText(value);
    setWord(wordAt(value, caret));
    choose(-1);
  };
  const take = (suggestion: Suggestion): void => {
    if (word === null) return;
    const result = completed(text, word, suggestion.text);
    typed(result.query, result.caret);
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(result.caret, result.caret);
    });
  };
  const press = (event: KeyboardEvent): void => {
    const to = open && event.key.startsWith("Arrow") ? nextIndex(event.key, chosen, suggestions.length) : null;
    const suggestion = suggestions[chosen];
    if (to !== null) choose(to);
    else if ((event.key === "Enter" || event.key === "Tab") && open && suggestion !== undefined) take(suggestion);
    else if (event.key === "Escape" && open) setWord(null);
    else if (event.key === "ArrowDown") focusFirstResult(input.current);
    else return;
    event.preventDefault();
  };
  return (
    <search class="gs-search">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setWord(null);
          navigate({ kind: "search", query: text.trim() }, { replace: true });
        }}
      >
        <div class="gs-search-box">
          <Icon name="search" size={18} />
          <input
            ref={input}
            type="text"
            inputMode="search"
            role="combobox"
            aria-label={t("inbox.searchLabel")}
            aria-autocomplete="list"
            aria-expanded={open}
            aria-controls={`${id}-options`}
            aria-activedescendant={chosen >= 0 && open ? `${id}-${chosen}` : undefined}
            placeholder={t("inbox.searchPlaceholder")}
            value={text}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            maxLength={1000}
            enterkeyhint="search"
            onInput={(event) => typed(event.currentTarget.value, event.currentTarget.selectionStart ?? 0)}
            onKeyDown={press}
            onBlur={() => setWord(null)}
          />
          {text !== "" && (
            <IconButton
              icon="close"
              size="small"
              label={t("inbox.clearSearch")}
              onClick={() => {
                typed("", 0);
                input.current?.focus();
              }}
            />
          )}
        </div>
        <div
          id={`${id}-options`}
          class="gs-search-options"
          role="listbox"
          aria-label={t("inbox.suggestions")}
          hidden={!open}
        >
          {suggestions.map((suggestion, index) => (
            // The field keeps the focus and its keys choose; the mouse must not take the focus away.
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field
            // biome-ignore lint/a11y/useFocusableInteractive: aria-activedescendant of the field points at it
            <div
              key={suggestion.text}
              id={`${id}-${index}`}
              class="gs-search-option"
              role="option"
              aria-selected={index === chosen}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => take(suggestion)}
            >
              <code>{suggestion.text}</code>
              <span>{suggestion.label === null ? suggestion.name : t(suggestion.label)}</span>
            </div>
          ))}
        </div>
      </form>
    </search>
  );
}

/** Operators and places at once; people when the server has found them. */
function useSuggestions(word: TypedWord | null): readonly Suggestion[] {
  const [found, setFound] = useState<{ readonly for: string; readonly people: readonly Suggestion[] }>({
    for: "",
    people: [],
  });
  const text = word?.text ?? "";
  const person = /^(with:|creator:)(.+)$/i.exec(text);
  const operator = person?.[1] ?? "";
  const beginning = person?.[2] ?? "";
  useEffect(() => {
    if (beginning === "") return;
    let current = true;
    const show = (all: readonly { readonly address: string; readonly name: string }[]): void => {
      if (!current) return;
      const suggested = all.map(({ address, name }) => ({ text: `${operator}${address}`, label: null, name }));
      setFound({ for: text, people: suggested.filter((each) => each.text !== text) });
    };
    people.suggest(beginning).then(show, (error: unknown) => {
      if (!(error instanceof ApiError)) throw error; // no suggestions then; the address can be typed
    });
    return () => {
      current = false;
    };
  }, [text, operator, beginning]);
  if (word === null) return [];
  if (person !== null) return found.for === text ? found.people : [];
  return suggestionsFor(
    text,
    folders.value.folders.map(({ name }) => name),
  );
}

function focusFirstResult(input: HTMLInputElement | null): void {
  input?.closest(".gs-list")?.querySelector<HTMLElement>(".gs-digest-link")?.focus();
}
