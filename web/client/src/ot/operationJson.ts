/**
 * Components from JSON that came from outside, and to JSON as servers read it.
 *
 * The shapes are those of the WebSocket protocol (docs/protocol.md). Here, unlike on the server, reading also judges
 * well-formedness: what is decoded can be transformed and composed without another look.
 */

import { attributesOf } from "./attributes";
import type { AnnotationBoundary, AttributeChange, Attributes, Component, DocOp } from "./components";
import { MalformedOperation } from "./errors";
import { describedViolation } from "./verdict";
import { illFormedness } from "./wellFormedness";

/** Components in one operation at most: a document of as many items as a server takes, with a boundary beside each. */
const COMPONENTS_LIMIT = 8_000_000;

/**
 * The operation that a list of JSON components stands for: checked, and well-formed.
 *
 * Throws MalformedOperation, saying which component is wrong and why, when the shape is wrong, when there are more than
 * COMPONENTS_LIMIT, and when the operation is ill-formed: barred characters, names out of order, unbalanced elements.
 */
export function decodeComponents(value: unknown): DocOp {
  const list = asList(value, "an operation", "components");
  if (list.length > COMPONENTS_LIMIT) {
    throw new MalformedOperation(`an operation of ${list.length} components, where ${COMPONENTS_LIMIT} is the most`);
  }
  const op = list.map((item, index) => within(`component ${index}`, () => component(item)));
  const violation = illFormedness(op);
  if (violation !== undefined) throw new MalformedOperation(describedViolation(violation));
  return op;
}

/** The operation as servers read it: boundaries with both members, attributes in order. */
export function encodeComponents(op: DocOp): DocOp {
  return op.map((item) => {
    if ("ann" in item) return { ann: { end: item.ann.end ?? [], change: item.ann.change ?? [] } };
    if ("start" in item) return { start: [item.start[0], sorted(item.start[1])] };
    if ("delstart" in item) return { delstart: [item.delstart[0], sorted(item.delstart[1])] };
    if ("replattrs" in item) return { replattrs: [sorted(item.replattrs[0]), sorted(item.replattrs[1])] };
    return item;
  });
}

function sorted(attributes: Attributes): Attributes {
  return attributesOf(Object.entries(attributes));
}

/** Runs `read`, and puts a place before the message of a MalformedOperation that it throws. */
export function within<Result>(place: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedOperation) throw new MalformedOperation(`${place}: ${error.message}`);
    throw error;
  }
}

/** The value, if it is a list. Throws MalformedOperation. */
export function asList(value: unknown, what: string, of: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new MalformedOperation(`${what} must be a list of ${of}, not ${described(value)}`);
  return value;
}

/** The members of the value, if it is an object. Throws MalformedOperation. */
export function asMembers(value: unknown, what: string): ReadonlyMap<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MalformedOperation(`${what} must be an object, not ${described(value)}`);
  }
  return new Map(Object.entries(value));
}

/** The value, if it is a string. Throws MalformedOperation. */
export function asText(value: unknown, what: string): string {
  if (typeof value !== "string") throw new MalformedOperation(`${what} must be a string, not ${described(value)}`);
  return value;
}

/** True, if the value is that. Throws MalformedOperation. */
export function asTrue(value: unknown, what: string): true {
  if (value !== true) throw new MalformedOperation(`${what} must be true, not ${described(value)}`);
  return value;
}

/** The JSON type of a value, for an error message; never the value, which may be huge or private. */
export function described(value: unknown): string {
  if (value === null || value === true || value === false) return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "an object";
  return value === undefined ? "nothing" : `a ${typeof value}`;
}

function component(value: unknown): Component {
  const members = [...asMembers(value, "a component")];
  const [member] = members;
  if (member === undefined || members.length > 1) {
    throw new MalformedOperation(`a component must have exactly one member, not ${members.length}`);
  }
  const [kind, content] = member;
  switch (kind) {
    case "retain":
      return { retain: wholeNumber(content) };
    case "chars":
      return { chars: asText(content, kind) };
    case "delchars":
      return { delchars: asText(content, kind) };
    case "start":
      return { start: element(content, kind) };
    case "delstart":
      return { delstart: element(content, kind) };
    case "end":
      return { end: asTrue(content, kind) };
    case "delend":
      return { delend: asTrue(content, kind) };
    case "replattrs": {
      const [before, after] = pair(content, "replattrs", "[old attributes, new attributes]");
      return { replattrs: [attributes(before, kind), attributes(after, kind)] };
    }
    case "updattrs":
      return { updattrs: changes(content, kind) };
    case "ann":
      return boundary(content);
    default:
      throw new MalformedOperation(`unknown kind ${JSON.stringify(kind.slice(0, 20))}`);
  }
}

function wholeNumber(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new MalformedOperation(`retain must be a whole number of up to 53 bits, not ${described(value)}`);
  }
  return value;
}

function pair(value: unknown, where: string, shape: string): readonly [unknown, unknown] {
  if (!Array.isArray(value) || value.length !== 2) {
    throw new MalformedOperation(`${where} must be a list ${shape}, not ${described(value)}`);
  }
  return [value[0], value[1]];
}

function element(value: unknown, where: string): readonly [string, Attributes] {
  const [type, content] = pair(value, where, "[element type, attributes]");
  return [asText(type, `${where}: the element type`), attributes(content, where)];
}

/** Attributes in order: JSON leaves the members of an object unordered. */
function attributes(value: unknown, where: string): Attributes {
  const members = asMembers(value, `${where}: attributes`);
  return attributesOf(
    Array.from(members, ([name, content]) => [name, asText(content, `${where}: an attribute value`)] as const),
  );
}

function changes(value: unknown, where: string): readonly AttributeChange[] {
  return asList(value, where, "[name, old, new]").map((item) => {
    if (!Array.isArray(item) || item.length !== 3) {
      throw new MalformedOperation(`${where}: a change must be a list [name, old, new], not ${described(item)}`);
    }
    return [
      asText(item[0], `${where}: the name of a change`),
      textOrNull(item[1], `${where}: the old value`),
      textOrNull(item[2], `${where}: the new value`),
    ];
  });
}

function textOrNull(value: unknown, where: string): string | null {
  return value === null ? null : asText(value, `${where}, if it is not null,`);
}

/** A boundary; a member that is left out is an empty one. */
function boundary(value: unknown): AnnotationBoundary {
  const members = asMembers(value, "ann");
  for (const name of members.keys()) {
    if (name !== "end" && name !== "change") {
      throw new MalformedOperation(`ann has just "end" and "change", not ${JSON.stringify(name.slice(0, 20))}`);
    }
  }
  const end = asList(members.has("end") ? members.get("end") : [], "ann: end", "keys");
  const change = members.has("change") ? members.get("change") : [];
  return { ann: { end: end.map((key) => asText(key, "ann: a key to end")), change: changes(change, "ann: change") } };
}
