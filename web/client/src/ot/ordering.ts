/**
 * The order of attribute names and annotation keys: by UTF-16 code unit, which is how JavaScript compares strings.
 *
 * U+10400 (a surrogate pair, from 0xD801) comes before U+FF21. Never use localeCompare here. Source: OT.md, V3.
 */

/** Compares two names, for `sort`. */
export function compareNames(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Compares what begins with a name: attributes as pairs, changes. For `sort`. */
export function compareNamed(one: readonly [string, ...unknown[]], other: readonly [string, ...unknown[]]): number {
  return compareNames(one[0], other[0]);
}
