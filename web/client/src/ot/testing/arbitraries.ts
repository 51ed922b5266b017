/**
 * fast-check arbitraries: documents, and valid operations on a given document. For tests.
 *
 * A document is an insertion-only operation in canonical form, with nested elements, attributes, annotations and
 * characters inside and outside the basic plane. An operation is drawn as a *plan*, plain data that shrinks well: insert
 * here, delete that, annotate with these. `operationBy` writes it for a document; old values, and the resets of annotations
 * that deletions need (A5), follow from the document.
 */

import fc from "fast-check";
import type { AnnotationChange, Attributes, Component, DocOp, ElementStart } from "../components";
import { normalize } from "../normalization";
import { type Content, documentOf, type Item, type State, stateOf, type Values } from "./oracle";

// U+10400 sorts before U+FF21 by UTF-16 code unit, after it by code point: names must be sorted the first way.
const NAMES = ["k", "l", "\u{10400}", "\uff21"];
const VALUES = ["1", "2"];

/** Text whose characters are of one unit and of two, some of them joined to what looks like one. Not empty. */
export const texts = fc.string({
  unit: fc.constantFrom("a", "b", "c", "é", "世", "🌊", "𝒜", "👩‍🚀", "🇩🇪"),
  minLength: 1,
  maxLength: 4,
});

const attributes: fc.Arbitrary<Attributes> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES)), {
    maxLength: 2,
    selector: ([name]) => name,
  })
  .map((entries) => Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1))));

type Wishes = readonly (readonly [name: string, value: string | null])[];
const wishes: fc.Arbitrary<Wishes> = fc.uniqueArray(
  fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(null, ...VALUES)),
  { maxLength: 2, selector: ([name]) => name },
);

/** Text, or one element with what is in it: content that can be inserted anywhere. */
const contents = fc.letrec<{ content: readonly Content[]; element: readonly Content[] }>((tie) => ({
  content: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    texts.map((text) => [...text]),
    tie("element"),
  ),
  element: fc
    .tuple(fc.constantFrom("p", "line"), attributes, fc.array(tie("content"), { maxLength: 2 }))
    .map(([type, values, inner]): readonly Content[] => [{ start: [type, values] }, ...inner.flat(), { end: true }]),
})).content;

/** Documents of up to some twenty items. */
export const documents: fc.Arbitrary<DocOp> = fc
  .tuple(
    fc.array(contents, { maxLength: 4 }),
    fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES), fc.nat(20), fc.nat(20)), { maxLength: 3 }),
  )
  .map(([parts, annotations]) => {
    const items = parts.flat().map((content): Item => ({ content, annotations: new Map() }));
    const state = annotations.reduce<Item[]>(
      (present, [key, value, start, length]) =>
        present.map((item, index) =>
          index >= start && index < start + length
            ? { ...item, annotations: new Map([...item.annotations, [key, value]]) }
            : item,
        ),
      items,
    );
    return documentOf(state);
  });

/** Documents, some of them repeated until they fill many chunks. */
export const largeDocuments: fc.Arbitrary<DocOp> = fc
  .tuple(documents, fc.constantFrom(1, 7, 60))
  .map(([document, times]) => documentOf(Array.from({ length: times }, () => stateOf(document)).flat()));

type Step =
  | { readonly kind: "insert"; readonly content: readonly Content[] }
  | { readonly kind: "annotate"; readonly wishes: Wishes }
  | { readonly kind: "keep"; readonly part: number }
  | { readonly kind: "delete"; readonly units: number; readonly redundant: boolean }
  | { readonly kind: "replace"; readonly attributes: Attributes }
  | { readonly kind: "update"; readonly wishes: Wishes };

/** What an operation shall do, whatever the document. */
export type Plan = { readonly steps: readonly Step[]; readonly normalized: boolean };

export const plans: fc.Arbitrary<Plan> = fc.record({
  steps: fc.array(
    fc.oneof<fc.Arbitrary<Step>[]>(
      fc.record({ kind: fc.constant("insert"), content: contents }),
      fc.record({ kind: fc.constant("annotate"), wishes }),
      fc.record({ kind: fc.constant("keep"), part: fc.nat(100) }),
      fc.record({ kind: fc.constant("delete"), units: fc.integer({ min: 1, max: 3 }), redundant: fc.boolean() }),
      fc.record({ kind: fc.constant("replace"), attributes }),
      fc.record({ kind: fc.constant("update"), wishes }),
    ),
    { maxLength: 8 },
  ),
  normalized: fc.boolean(),
});

/** The operation that a plan comes to on a document; steps that are not possible where they come are left out. */
export function operationBy(plan: Plan, document: DocOp): DocOp {
  const script = new Script(stateOf(document));
  for (const step of plan.steps) script.take(step);
  const operation = script.finish();
  return plan.normalized ? normalize(operation) : operation;
}

/** Writes a valid operation, item by item, and knows what it has made of the document so far. */
class Script {
  readonly #state: State;
  readonly #components: Component[] = [];
  #position = 0;
  #wanted: Wishes = []; // the values that kept and inserted items shall get
  #open = new Map<string, readonly [string | null, string | null]>();
  #neighbour: Values = new Map(); // of the nearest surviving item on the left

  constructor(state: State) {
    this.#state = state;
  }

  take(step: Step): void {
    const start = this.#startHere();
    const present = start === undefined ? {} : start.start[1];
    if (step.kind === "insert") this.#insert(step.content);
    else if (step.kind === "annotate") this.#wanted = step.wishes;
    else if (step.kind === "keep") this.#keep(Math.ceil(((this.#state.length - this.#position) * step.part) / 100));
    else if (step.kind === "delete") for (let unit = 0; unit < step.units; unit++) this.#delete(step.redundant);
    else if (start !== undefined) {
      this.#annotate(this.#annotations(this.#position));
      this.#components.push(
        step.kind === "replace"
          ? { replattrs: [present, step.attributes] }
          : { updattrs: sortedChanges(step.wishes.map(([name, value]) => [name, present[name] ?? null, value])) },
      );
      this.#position++;
    }
  }

  finish(): DocOp {
    this.#keep(this.#state.length - this.#position);
    this.#switchTo(new Map());
    return this.#components;
  }

  #insert(content: readonly Content[]): void {
    for (const item of content) {
      this.#annotate(this.#annotations(this.#position - 1));
      this.#components.push(typeof item === "string" ? { chars: item } : item);
    }
  }

  #keep(items: number): void {
    for (let left = items; left > 0; left--) {
      this.#annotate(this.#annotations(this.#position++));
      const last = this.#components.at(-1);
      if (last !== undefined && "retain" in last) this.#components.pop();
      this.#components.push({ retain: last !== undefined && "retain" in last ? last.retain + 1 : 1 });
    }
  }

  /** Delete a character or a whole element, with or without updates that change nothing. */
  #delete(redundant: boolean): void {
    const first = this.#state[this.#position]?.content;
    if (first === undefined || (typeof first !== "string" && "end" in first)) return;
    let depth = 0;
    do {
      const { content, annotations } = this.#state[this.#position++] ?? { content: "", annotations: new Map() };
      this.#resetToNeighbour(annotations, redundant);
      if (typeof content === "string") this.#components.push({ delchars: content });
      else if ("start" in content) {
        this.#components.push({ delstart: content.start });
        depth++;
      } else {
        this.#components.push({ delend: true });
        depth--;
      }
    } while (depth > 0);
  }

  #startHere(): ElementStart | undefined {
    const content = this.#state[this.#position]?.content;
    return content !== undefined && typeof content !== "string" && "start" in content ? content : undefined;
  }

  #annotations(position: number): Values {
    return this.#state[position]?.annotations ?? new Map();
  }

  /** Give the next item, which holds or inherits `present`, the wanted values. */
  #annotate(present: Values): void {
    this.#switchTo(new Map(this.#wanted.map(([key, value]) => [key, [present.get(key) ?? null, value]])));
    const values = new Map(present);
    for (const [key, value] of this.#wanted) {
      if (value === null) values.delete(key);
      else values.set(key, value);
    }
    this.#neighbour = values;
  }

  #resetToNeighbour(present: Values, redundant: boolean): void {
    const keys = new Set([...present.keys(), ...this.#neighbour.keys()]);
    if (redundant) for (const [key] of this.#wanted) keys.add(key);
    const update = new Map<string, readonly [string | null, string | null]>();
    for (const key of keys) {
      const change = [present.get(key) ?? null, this.#neighbour.get(key) ?? null] as const;
      if (redundant || change[0] !== change[1]) update.set(key, change);
    }
    this.#switchTo(update);
  }

  #switchTo(update: Map<string, readonly [string | null, string | null]>): void {
    const end = [...this.#open.keys()].filter((key) => !update.has(key)).sort();
    const change: AnnotationChange[] = [];
    for (const [key, [before, after]] of update) {
      const open = this.#open.get(key);
      if (open === undefined || open[0] !== before || open[1] !== after) change.push([key, before, after]);
    }
    if (end.length > 0 || change.length > 0) this.#components.push({ ann: { end, change: sortedChanges(change) } });
    this.#open = update;
  }
}

function sortedChanges(changes: readonly AnnotationChange[]): readonly AnnotationChange[] {
  return [...changes].sort(([one], [other]) => (one < other ? -1 : 1));
}
