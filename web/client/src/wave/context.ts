/** What the parts of an open wave share. */
import { createContext, type JSX } from "preact";
import { useContext } from "preact/hooks";
import type { PeopleSource } from "../app/people";
import type { AvatarPerson } from "../ui";
import type { WaveActions } from "./actions";
import type { Place } from "./places";
import type { WaveModel } from "./waveModel";

/** An open wave, and who the people in it are. */
export interface OpenWave {
  readonly model: WaveModel;
  readonly actions: WaveActions;
  readonly people: PeopleSource;
  /** The thread with that id in the text of a blip. Named here, as blips are in threads and threads in blips. */
  readonly inlineReplies: (place: Place, threadId: string) => JSX.Element;
}

/** Provided by WavePane, and again by each inline reply, which is a tree of its own. */
export const WaveContext = createContext<OpenWave | null>(null);

/** The wave around this component. Raises outside of one. */
export function useWave(): OpenWave {
  const wave = useContext(WaveContext);
  if (wave === null) throw new Error("this component belongs into a WavePane");
  return wave;
}

/** A person as avatars show them. */
export function avatarOf(people: PeopleSource, address: string): AvatarPerson {
  return { address, name: people.name(address), colour: people.colour(address), src: people.avatarUrl(address) };
}
