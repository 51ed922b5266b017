/**
 * Applying operations the slow and obvious way: one object per item, one map of annotations each. For tests.
 *
 * The rules are A1 to A6 of OT.md, checked one by one. Tests hold the engine against this.
 */

import type {
  AnnotationChange,
  AttributeChange,
  Attributes,
  Component,
  DocOp,
  ElementEnd,
  ElementStart,
} from "../components";

/** The operation is not valid for the document. */
export class DoesNotApply extends Error {}

export type Content = string | ElementStart | ElementEnd;
export type Values = ReadonlyMap<string, string>;
/** One character, element start or element end, with its annotations. */
export type Item = { readonly content: Content; readonly annotations: Values };
export type State = readonly Item[];

/** The document, an insertion-only operation in canonical form, after some operations. */
export function after(document: DocOp, ...operations: readonly DocOp[]): DocOp {
  return documentOf(operations.reduce(applied, stateOf(document)));
}

export function stateOf(document: DocOp): State {
  return applied([], document);
}

/** The insertion that makes a state: no annotations that say "absent", text in runs as long as they go. */
export function documentOf(state: State): DocOp {
  const components: Component[] = [];
  let open: Values = new Map();
  for (const { content, annotations } of [...state, { content: "", annotations: new Map<string, string>() }]) {
    const end = [...open.keys()].filter((key) => !annotations.has(key)).sort();
    const keys = [...annotations.keys()].filter((key) => open.get(key) !== annotations.get(key)).sort();
    const change = keys.map((key): AnnotationChange => [key, null, annotations.get(key) ?? null]);
    const last = components.at(-1);
    if (end.length > 0 || change.length > 0) components.push({ ann: { end, change } });
    open = annotations;
    if (content === "") continue;
    if (typeof content !== "string") components.push(content);
    else if (end.length + change.length === 0 && last !== undefined && "chars" in last) {
      components[components.length - 1] = { chars: last.chars + content };
    } else components.push({ chars: content });
  }
  return components;
}

/** The items after an operation. Throws DoesNotApply. */
export function applied(state: State, operation: DocOp): State {
  const application = new Application(state);
  for (const component of operation) application.take(component);
  return application.finish();
}

class Application {
  readonly #state: State;
  readonly #result: Item[] = [];
  readonly #update = new Map<string, readonly [string | null, string | null]>();
  #position = 0;

  constructor(state: State) {
    this.#state = state;
  }

  take(component: Component): void {
    if ("retain" in component) {
      for (let left = component.retain; left > 0; left--) this.#keep(this.#next().content);
    } else if ("chars" in component) {
      for (const character of component.chars) this.#insert(character);
    } else if ("delchars" in component) {
      for (const character of component.delchars) this.#delete(character);
    } else if ("delstart" in component) {
      this.#delete({ start: component.delstart });
    } else if ("delend" in component) {
      this.#delete({ end: true });
    } else if ("replattrs" in component) {
      const [before, now] = component.replattrs;
      const { start } = this.#nextStart();
      require(text(start[1]) === text(before), "other attributes");
      this.#keep({ start: [start[0], now] });
    } else if ("updattrs" in component) {
      const { start } = this.#nextStart();
      this.#keep({ start: [start[0], changed(start[1], component.updattrs)] });
    } else if ("ann" in component) {
      for (const key of component.ann.end ?? []) this.#update.delete(key);
      for (const [key, before, now] of component.ann.change ?? []) this.#update.set(key, [before, now]);
    } else {
      this.#insert(component);
    }
  }

  finish(): State {
    require(this.#position === this.#state.length && this.#update.size === 0, "items left over, or annotations open");
    return this.#result;
  }

  #next(): Item {
    const item = this.#state[this.#position];
    if (item === undefined) throw new DoesNotApply("past the end");
    return item;
  }

  #nextStart(): ElementStart {
    const { content } = this.#next();
    if (typeof content === "string" || !("start" in content)) throw new DoesNotApply("no element start");
    return content;
  }

  #keep(content: Content): void {
    this.#result.push({ content, annotations: this.#updated(this.#next().annotations) });
    this.#position++;
  }

  #insert(content: Content): void {
    const inherited = this.#state[this.#position - 1]?.annotations ?? new Map<string, string>();
    this.#result.push({ content, annotations: this.#updated(inherited) });
  }

  #delete(content: Content): void {
    const item = this.#next();
    require(text(item.content) === text(content), "something else is here");
    const neighbour = this.#result.at(-1)?.annotations ?? new Map<string, string>();
    require(text(this.#updated(item.annotations)) === text(neighbour), "annotations are not reset");
    this.#position++;
  }

  #updated(annotations: Values): Values {
    const values = new Map(annotations);
    for (const [key, [before, now]] of this.#update) {
      require((values.get(key) ?? null) === before, `another value of ${key}`);
      if (now === null) values.delete(key);
      else values.set(key, now);
    }
    return values;
  }
}

function changed(attributes: Attributes, changes: readonly AttributeChange[]): Attributes {
  const values = new Map(Object.entries(attributes));
  for (const [name, before, now] of changes) {
    require((values.get(name) ?? null) === before, `another value of ${name}`);
    if (now === null) values.delete(name);
    else values.set(name, now);
  }
  return Object.fromEntries([...values].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function require(condition: boolean, reason: string): void {
  if (!condition) throw new DoesNotApply(reason);
}

/** The same text for equal values, in whatever order their names are. */
function text(value: Content | Values | Attributes): string {
  if (typeof value === "string") return value;
  if (value instanceof Map) return JSON.stringify([...value].sort());
  if ("start" in value && Array.isArray(value.start))
    return JSON.stringify([value.start[0], Object.entries(value.start[1]).sort()]);
  return JSON.stringify(Object.entries(value).sort());
}
