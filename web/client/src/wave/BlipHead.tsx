import type { JSX } from "preact";
import { type BlipActivity, lastOf } from "../conversation";
import { formatDateTime, formatRelative, t } from "../i18n";
import { AvatarStack, usePaced } from "../ui";
import { authorNames } from "./blipLabel";
import { CONTRIBUTION_CARD } from "./ContributionCard";
import { now } from "./clock";
import { avatarOf, useWave } from "./context";
import type { Place } from "./places";
import { contributionsTo, type PointedAt } from "./pointing";

/** Who wrote last is said anew at most this often, in ms: two who type by turns would have it change with each key. */
const HEAD_EVERY = 1_000;

/** The names of those who wrote in a blip: they lead to who signed it. */
function BlipAuthors({ place, activity }: { readonly place: Place; readonly activity: BlipActivity }): JSX.Element {
  const { model, people } = useWave();
  const { pointing } = model;
  const pointed = (anchor: HTMLElement): PointedAt => ({ anchor, contributions: contributionsTo(place) });
  return (
    <button
      type="button"
      class="gs-blip-authors gs-truncate"
      aria-describedby={CONTRIBUTION_CARD}
      onPointerEnter={(event) => event.pointerType === "mouse" && pointing.rest(pointed(event.currentTarget))}
      onPointerLeave={(event) => event.pointerType === "mouse" && pointing.leave()}
      onFocus={({ currentTarget }) => currentTarget.matches(":focus-visible") && pointing.show(pointed(currentTarget))}
      onBlur={() => pointing.hide()}
      onClick={({ currentTarget }) => pointing.show(pointed(currentTarget))}
    >
      {authorNames(activity, people.name)}
    </button>
  );
}

/** Above a blip's text, small and grey: who contributed, when it was last changed and by whom. */
export function BlipHead({ place }: { readonly place: Place }): JSX.Element {
  const { model, people } = useWave();
  const known = usePaced(place.blip.activity, HEAD_EVERY);
  // A blip that nobody has written in yet is its beginner's, and that is whoever sees it so.
  const activity =
    known.authors.length > 0 || !model.begun.has(place.key) ? known : { ...known, authors: [model.self] };
  const { authors } = activity;
  const last = lastOf(activity);
  const editor = last !== null && authors.length > 1 && last.author !== authors[0] ? last.author : null;
  return (
    <div class="gs-blip-head">
      <AvatarStack people={authors.map((address) => avatarOf(people, address))} limit={3} size={20} decorative />
      <BlipAuthors place={place} activity={activity} />
      {last?.timestamp != null && (
        <time
          class="gs-blip-time gs-tabular"
          dateTime={new Date(last.timestamp).toISOString()}
          title={formatDateTime(last.timestamp)}
        >
          {formatRelative(last.timestamp, now.value)}
        </time>
      )}
      {editor !== null && (
        <span class="gs-blip-edited gs-truncate">{t("wave.edited", { name: people.name(editor) })}</span>
      )}
      {place.blip.unread.value && <span class="gs-blip-dot" title={t("wave.unread")} />}
    </div>
  );
}
