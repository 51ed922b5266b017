import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Person } from "../app/people";
import { domainOf, readAddress } from "../conversation";
import { t } from "../i18n";
import { Avatar, Button } from "../ui";
import { avatarOf, useWave } from "./context";
import { ForeignAddress } from "./ForeignAddress";

/** How long typing pauses before suggestions are asked for, in ms. */
const PAUSE = 150;
const MOST = 6;

export interface AddressFieldProps {
  /** Addresses that are in already. */
  readonly present: readonly string[];
  readonly onAdd: (address: string) => void;
}

/** A field for one address, with suggestions (the combobox pattern of the ARIA practices), and a button that adds it. */
export function AddressField({ present, onAdd }: AddressFieldProps): JSX.Element {
  const { model, people } = useWave();
  const id = useId();
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [active, setActive] = useState(-1);
  const suggestions = useSuggestions(typed, present);
  const domain = domainOf(model.self);
  const open = suggestions.length > 0;

  const add = (text: string): void => {
    const read = readAddress(text, domain);
    if (read.kind === "empty") return;
    if (read.kind === "malformed") setError(t("wave.addressMalformed", { domain }));
    else if (present.includes(read.address)) {
      setError(t("wave.addressPresent", { name: people.name(read.address) }));
    } else {
      setTyped("");
      setError(null);
      setActive(-1);
      onAdd(read.address);
    }
  };
  const press = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && open) {
      event.preventDefault();
      setActive((at) => (at + step + suggestions.length + (at < 0 && step < 0 ? 1 : 0)) % suggestions.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      add(suggestions[active]?.address ?? typed);
    }
  };
  const foreign = foreignAddress(suggestions[active]?.address ?? typed, domain, present);
  const described = error !== null ? `${id}-error` : foreign !== null ? `${id}-foreign` : `${id}-hint`;
  return (
    <div class="gs-address">
      <label class="gs-field-label" for={id}>
        {t("wave.address")}
      </label>
      <div class="gs-address-row">
        <input
          id={id}
          class="gs-input"
          data-autofocus=""
          type="text"
          inputMode="email"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          maxLength={255}
          role="combobox"
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={active >= 0 && open ? `${id}-${active}` : undefined}
          aria-invalid={error !== null}
          aria-describedby={described}
          value={typed}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setError(null);
            setActive(-1);
          }}
          onKeyDown={press}
        />
        <Button onClick={() => add(suggestions[active]?.address ?? typed)}>{t("wave.add")}</Button>
      </div>
      <div id={`${id}-list`} role="listbox" aria-label={t("wave.suggestions")} class="gs-suggestions" hidden={!open}>
        {suggestions.map((person, index) => (
          <div
            key={person.address}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            class="gs-suggestion"
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => add(person.address)}
            onKeyDown={press}
          >
            <Avatar person={avatarOf(people, person.address)} size={24} decorative />
            <span class="gs-truncate">{person.name}</span>
            <span class="gs-suggestion-address gs-truncate">{person.address}</span>
          </div>
        ))}
      </div>
      <p id={`${id}-hint`} class="gs-field-hint" hidden={error !== null || foreign !== null}>
        {t("wave.addressHint", { domain })}
      </p>
      <div id={`${id}-foreign`} role="status">
        {foreign !== null && error === null && <ForeignAddress address={foreign} />}
      </div>
      <p id={`${id}-error`} class="gs-field-error" aria-live="polite">
        {error}
      </p>
      <span class="gs-visually-hidden" role="status">
        {open ? t("wave.suggestionCount", { count: suggestions.length }) : ""}
      </span>
    </div>
  );
}

/** What is typed, when it is somebody's address who is of another domain and not in yet. */
function foreignAddress(typed: string, domain: string, present: readonly string[]): string | null {
  const read = readAddress(typed, domain);
  if (read.kind !== "address" || domainOf(read.address) === domain || present.includes(read.address)) return null;
  return read.address;
}

/** People whose name or address begins like what is typed, without those who are in. None while nothing is typed. */
function useSuggestions(typed: string, present: readonly string[]): readonly Person[] {
  const { people } = useWave();
  const [found, setFound] = useState<readonly Person[]>([]);
  const asked = useRef(0);
  const query = typed.trim();
  useEffect(() => {
    asked.current += 1;
    const question = asked.current;
    if (query === "") {
      setFound([]);
      return undefined;
    }
    const timer = setTimeout(() => {
      const take = (answer: readonly Person[]): void => {
        if (question === asked.current) setFound(answer);
      };
      // Without suggestions an address can be typed all the same.
      people.suggest(query).then(take, () => take([]));
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [query, people]);
  return found.filter((person) => !present.includes(person.address)).slice(0, MOST);
}
