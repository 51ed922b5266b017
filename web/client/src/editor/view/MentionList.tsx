import type { JSX } from "preact";
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PeopleSource, Person } from "../../app/people";
import { t } from "../../i18n";
import { Avatar, useFloating } from "../../ui";
import type { EditorController } from "./controller";

/** The list waits for a pause in typing, in ms, before it asks the server. */
const PAUSE = 150;
const MOST_SHOWN = 8;

interface MentionListProps {
  readonly controller: EditorController;
  readonly people: PeopleSource;
  readonly participants: readonly string[];
}

/** The people that an "@" may mean, while one is being typed. The focus stays in the text (ARIA: combobox, listbox). */
export function MentionList({ controller, people, participants }: MentionListProps): JSX.Element | null {
  const query = controller.mention.value;
  if (query === null) return null;
  return (
    <OpenList key={query.from} controller={controller} people={people} participants={participants} text={query.text} />
  );
}

function OpenList(props: MentionListProps & { readonly text: string }): JSX.Element {
  const { controller, people, text } = props;
  const id = useId();
  const ref = useRef<HTMLDivElement>(null);
  const found = useFound(props);
  const [active, setActive] = useState(0);
  const chosen = Math.min(active, found.length - 1);
  useLayoutEffect(() => setActive(0), [text]);
  const anchor = useMemo(() => ({ getBoundingClientRect: () => controller.mentionRect() }), [controller]);
  useFloating(ref, anchor, "bottom-start");
  // Before it is painted: a key that is pressed at what is seen must not begin a line in the text.
  useLayoutEffect(() => {
    controller.mentionKeys = (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step !== undefined && found.length > 0) setActive((chosen + step + found.length) % found.length);
      else if (event.key === "Escape") controller.dismissMention();
      else if (event.key === "Enter" || event.key === "Tab") return choose(controller, found[chosen]);
      else return false;
      return true;
    };
    return () => {
      controller.mentionKeys = () => false;
    };
  }, [controller, found, chosen]);
  useLayoutEffect(
    () => describe(controller.dom, id, found.length > 0 ? `${id}-${chosen}` : null),
    [controller, id, found, chosen],
  );
  return (
    <div ref={ref} class="gs-menu gs-mentions" popover="manual">
      <div id={id} role="listbox" aria-label={t("editor.mentions")}>
        {found.map((person, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the editor's, which has the focus
          <div
            key={person.address}
            id={`${id}-${index}`}
            class={`gs-menu-item gs-mention-option${index === chosen ? " gs-mention-active" : ""}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => controller.chooseMention(person)}
          >
            <Avatar
              person={{
                address: person.address,
                name: person.name,
                colour: people.colour(person.address),
                src: people.avatarUrl(person.address),
              }}
              size={24}
              decorative
            />
            <span class="gs-mention-name">{person.name}</span>
            <span class="gs-mention-address">{person.address}</span>
          </div>
        ))}
      </div>
      <div class={found.length === 0 ? "gs-mentions-none" : "gs-visually-hidden"} aria-live="polite">
        {t("editor.mentionsFound", { count: found.length })}
      </div>
    </div>
  );
}

function choose(controller: EditorController, person: Person | undefined): boolean {
  if (person === undefined) return false;
  controller.chooseMention(person);
  return true;
}

/** Ties the list to the text field while it is shown. */
function describe(editor: HTMLElement, list: string, option: string | null): () => void {
  editor.setAttribute("aria-controls", list);
  editor.setAttribute("aria-haspopup", "listbox");
  if (option === null) editor.removeAttribute("aria-activedescendant");
  else editor.setAttribute("aria-activedescendant", option);
  return () => {
    for (const name of ["aria-controls", "aria-haspopup", "aria-activedescendant"]) editor.removeAttribute(name);
  };
}

/** Participants first, then whom else the server knows. */
function useFound({ people, participants, text }: MentionListProps & { readonly text: string }): readonly Person[] {
  const [suggested, setSuggested] = useState<readonly Person[]>([]);
  useEffect(() => {
    let current = true;
    const ask = async () => {
      try {
        const answer = await people.suggest(text);
        if (current) setSuggested(answer);
      } catch {
        if (current) setSuggested([]); // without the server the participants are all there is to offer
      }
    };
    const timer = setTimeout(() => void ask(), PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [people, text]);
  const wanted = text.toLocaleLowerCase();
  const here = participants
    .filter((address) => !address.startsWith("@"))
    .map((address) => ({ address, name: people.name(address) }))
    .filter(({ address, name }) => address.startsWith(wanted) || name.toLocaleLowerCase().includes(wanted));
  const known = new Set(here.map(({ address }) => address));
  return [...here, ...suggested.filter(({ address }) => !known.has(address))].slice(0, MOST_SHOWN);
}
