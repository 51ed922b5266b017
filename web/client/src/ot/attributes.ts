/**
 * Arithmetic of attributes and of their changes, shared by compose, transform and apply.
 *
 * Results are sorted by name. Undefined as a result says that the recorded old values do not match.
 * Names may be anything, `__proto__` included: attributes are read and made through entries only. Source: OT.md, A6, C3, T9.
 */

import type { AttributeChange, Attributes } from "./components";
import { compareNamed } from "./ordering";

/** Attributes from their names and values, in UTF-16 order. The last of equal names counts. */
export function attributesOf(entries: Iterable<readonly [string, string]>): Attributes {
  return Object.fromEntries([...entries].sort(compareNamed));
}

/** Whether both have the same names with the same values. */
export function sameAttributes(one: Attributes, other: Attributes): boolean {
  if (one === other) return true;
  const entries = Object.entries(one);
  return (
    entries.length === Object.keys(other).length &&
    entries.every(([name, value]) => Object.hasOwn(other, name) && other[name] === value)
  );
}

/** The attributes after the changes; undefined when a change's old value is not the present one. */
export function updated(attributes: Attributes, changes: readonly AttributeChange[]): Attributes | undefined {
  const values = new Map(Object.entries(attributes));
  for (const [name, before, after] of changes) {
    if ((values.get(name) ?? null) !== before) return undefined;
    if (after === null) values.delete(name);
    else values.set(name, after);
  }
  return attributesOf(values);
}

/** The changes that lead back: old and new values swapped. */
export function inverted(changes: readonly AttributeChange[]): readonly AttributeChange[] {
  return changes.map(([key, before, after]) => [key, after, before]);
}

/**
 * One list of changes for `first` and then `second`; undefined when they do not meet on a shared name.
 *
 * A name in both keeps the old value of the first and the new one of the second, even when these are equal.
 */
export function merged(
  first: readonly AttributeChange[],
  second: readonly AttributeChange[],
): readonly AttributeChange[] | undefined {
  const byName = new Map(first.map((change) => [change[0], change]));
  for (const change of second) {
    const [name, before, after] = change;
    const earlier = byName.get(name);
    if (earlier !== undefined && earlier[2] !== before) return undefined;
    byName.set(name, earlier === undefined ? change : [name, earlier[1], after]);
  }
  return [...byName.values()].sort(compareNamed);
}

/** The changes as they read after `over`, which they override: old values become what `over` set. */
export function rebased(
  changes: readonly AttributeChange[],
  over: readonly AttributeChange[],
): readonly AttributeChange[] {
  const setByOther = new Map(over.map(([name, , after]) => [name, after]));
  return changes.map(([name, before, after]) => {
    const now = setByOther.get(name);
    return [name, now === undefined ? before : now, after];
  });
}

/** The changes whose names `namesOf` does not touch. */
export function without(
  changes: readonly AttributeChange[],
  namesOf: readonly AttributeChange[],
): readonly AttributeChange[] {
  const touched = new Set(namesOf.map(([name]) => name));
  return changes.filter(([name]) => !touched.has(name));
}

/** Whether two concurrent lists of changes can be of the same attributes: equal old values on shared names. */
export function agreeing(one: readonly AttributeChange[], other: readonly AttributeChange[]): boolean {
  const oldValues = new Map(one.map(([name, before]) => [name, before]));
  return other.every(([name, before]) => !oldValues.has(name) || oldValues.get(name) === before);
}
