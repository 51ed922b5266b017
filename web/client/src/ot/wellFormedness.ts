/**
 * Whether components make an operation at all, which takes no document to tell.
 *
 * Source: OT.md, rules V2 to V4. Everything here costs the same whatever the document's length.
 */

import { codePoints, hasBarredCharacter, isXmlName } from "./characters";
import type {
  AnnotationBoundary,
  AttributeChange,
  Attributes,
  Component,
  Deletion,
  DocOp,
  Insertion,
  ReplaceAttributes,
  UpdateAttributes,
} from "./components";
import { isDeletion, isInsertion } from "./cursor";
import type { Violation } from "./verdict";

/** Whether `op` could apply to some document, as far as the operation alone can tell. */
export function isWellFormed(op: DocOp): boolean {
  return illFormedness(op) === undefined;
}

/** The first thing that makes `op` ill-formed, or undefined. Linear in its components and their text. */
export function illFormedness(op: DocOp): Violation | undefined {
  const reader = new Reader();
  for (const component of op) {
    const reason = reader.read(component);
    if (reason !== undefined) return { verdict: "ILL_FORMED", reason, position: reader.position };
  }
  const reason = reader.finish();
  return reason === undefined ? undefined : { verdict: "ILL_FORMED", reason, position: reader.position };
}

/** Why something is refused; undefined when it is not. */
type Reason = string | undefined;

/** What has been read of an operation so far. */
class Reader {
  position = 0; // items of the original document consumed
  #inserting = 0; // insertions of elements that have started and not ended
  #deleting = 0;
  #afterBoundary = false;
  readonly #openKeys = new Set<string>();

  read(component: Component): Reason {
    if ("ann" in component) return this.#boundary(component);
    this.#afterBoundary = false;
    if ("retain" in component) return this.#retain(component.retain);
    if (isInsertion(component)) return this.#insertion(component);
    if (isDeletion(component)) return this.#deletion(component);
    return this.#attributeChange(component);
  }

  finish(): Reason {
    if (this.#inserting > 0) return "an inserted element starts but never ends";
    if (this.#deleting > 0) return "the deletion of an element starts but never ends";
    const [key] = this.#openKeys;
    return key === undefined ? undefined : `the annotation update of ${quoted(key)} is never ended`;
  }

  #retain(items: number): Reason {
    if (this.#inserting > 0 || this.#deleting > 0) return "a retain inside an insertion or deletion of an element";
    if (!Number.isSafeInteger(items) || items <= 0) return `a retain of ${items} items: at least 1 is needed`;
    this.position += items;
    return undefined;
  }

  #insertion(component: Insertion): Reason {
    if (this.#deleting > 0) return "an insertion inside the deletion of an element";
    if ("chars" in component) return textReason(component.chars);
    if ("start" in component) {
      this.#inserting++;
      return elementReason(...component.start);
    }
    if (this.#inserting === 0) return "an element end without its start";
    this.#inserting--;
    return undefined;
  }

  #deletion(component: Deletion): Reason {
    if (this.#inserting > 0) return "a deletion inside an inserted element";
    let reason: Reason;
    let items = 1;
    if ("delchars" in component) {
      reason = textReason(component.delchars);
      items = codePoints(component.delchars);
    } else if ("delstart" in component) {
      this.#deleting++;
      reason = elementReason(...component.delstart);
    } else if (this.#deleting === 0) {
      reason = "the deletion of an element end without that of its start";
    } else {
      this.#deleting--;
    }
    if (reason === undefined) this.position += items;
    return reason;
  }

  #attributeChange(component: ReplaceAttributes | UpdateAttributes): Reason {
    if (this.#inserting > 0 || this.#deleting > 0) {
      return "an attribute change inside an insertion or deletion of an element";
    }
    const reason =
      "replattrs" in component
        ? (attributesReason(component.replattrs[0]) ?? attributesReason(component.replattrs[1]))
        : updateReason(component.updattrs);
    if (reason === undefined) this.position += 1;
    return reason;
  }

  #boundary(component: AnnotationBoundary): Reason {
    if (this.#afterBoundary) return "two annotation boundaries side by side";
    this.#afterBoundary = true;
    const { end = [], change = [] } = component.ann;
    const reason = boundaryReason(end, change);
    if (reason !== undefined) return reason;
    const unopened = end.find((key) => !this.#openKeys.has(key));
    if (unopened !== undefined) return `the annotation update of ${quoted(unopened)} ends without having started`;
    for (const key of end) this.#openKeys.delete(key);
    for (const [key] of change) this.#openKeys.add(key);
    return undefined;
  }
}

function textReason(text: string): Reason {
  if (text === "") return "characters without any text";
  return hasBarredCharacter(text) ? "text with a surrogate or a noncharacter" : undefined;
}

function elementReason(type: string, attributes: Attributes): Reason {
  if (!isXmlName(type)) return `the element type ${quoted(type)} is not an XML name`;
  return attributesReason(attributes);
}

/** Attributes are a record here, so they have no order that could be wrong. */
function attributesReason(attributes: Attributes): Reason {
  return first(
    Object.entries(attributes),
    ([name, value]) => nameReason(name) ?? valueReason("attribute", name, value),
  );
}

function updateReason(changes: readonly AttributeChange[]): Reason {
  return (
    first(
      changes,
      ([name, before, after]) =>
        nameReason(name) ?? valueReason("attribute", name, before) ?? valueReason("attribute", name, after),
    ) ??
    orderReason(
      "attribute names",
      changes.map(([name]) => name),
    )
  );
}

function nameReason(name: string): Reason {
  return isXmlName(name) ? undefined : `the attribute name ${quoted(name)} is not an XML name`;
}

function boundaryReason(end: readonly string[], change: readonly AttributeChange[]): Reason {
  const keys = change.map(([key]) => key);
  const ended = new Set(end);
  return (
    first(end, keyReason) ??
    orderReason("annotation keys", end) ??
    first(
      change,
      ([key, before, after]) =>
        keyReason(key) ?? valueReason("annotation", key, before) ?? valueReason("annotation", key, after),
    ) ??
    orderReason("annotation keys", keys) ??
    first(keys, (key) =>
      ended.has(key) ? `the annotation update of ${quoted(key)} both ends and changes in one boundary` : undefined,
    )
  );
}

function keyReason(key: string): Reason {
  if (key.includes("?") || key.includes("@")) return `the annotation key ${quoted(key)} holds '?' or '@'`;
  return hasBarredCharacter(key) ? "an annotation key holds a surrogate or a noncharacter" : undefined;
}

function valueReason(what: string, name: string, value: string | null): Reason {
  if (value === null || !hasBarredCharacter(value)) return undefined;
  return `the value of the ${what} ${quoted(name)} holds a surrogate or a noncharacter`;
}

/** Rule V3: names and keys increase strictly, by UTF-16 code unit, which is how strings compare. */
function orderReason(what: string, names: readonly string[]): Reason {
  let previous: string | undefined;
  for (const name of names) {
    if (previous !== undefined && previous >= name) {
      return `${what} out of order: ${quoted(previous)} before ${quoted(name)}`;
    }
    previous = name;
  }
  return undefined;
}

/** The first reason that any of the values gives. */
function first<Value>(values: readonly Value[], reasonOf: (value: Value) => Reason): Reason {
  for (const value of values) {
    const reason = reasonOf(value);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** A name for a message: in quotation marks, and not too much of it. */
function quoted(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
}
