/**
 * The one laxness of the reference that its wavelet-level cases require: a server operation that is too long.
 *
 * Source: OT.md, L1; docs/ot.md.
 */

import type { Component, DocOp } from "./components";
import { isInsertion, size } from "./cursor";
import { TransformError } from "./errors";
import { compareNames } from "./ordering";
import { transform } from "./transformation";

/**
 * `transform`, but items that only the server's operation reads, at its end, may go unread by the client's.
 *
 * They must be retained ones, and are cut off. It costs nothing when the lengths agree, and harms nobody: a client's
 * operation that is too short is refused when it is applied. Throws TransformError as `transform` does otherwise.
 */
export function transformTolerantly(client: DocOp, server: DocOp): readonly [DocOp, DocOp] {
  try {
    return transform(client, server);
  } catch (error) {
    if (!(error instanceof TransformError)) throw error;
    const shorter = withoutSurplus(
      server,
      client.reduce((items, component) => items + itemsRead(component), 0),
    );
    if (shorter === undefined) throw error;
    return transform(client, shorter);
  }
}

/** `op` cut to read `items` items, or undefined if it is not longer, or does more than retain the rest. */
function withoutSurplus(op: DocOp, items: number): DocOp | undefined {
  let left = items;
  let surplus = 0;
  const kept: Component[] = [];
  const open = new Set<string>();
  for (const component of op) {
    const read = itemsRead(component);
    if (surplus > 0 || read > left) {
      if (!("retain" in component || "ann" in component)) return undefined;
      if (left > 0) kept.push({ retain: left });
      surplus += read - left;
      left = 0;
      continue;
    }
    left -= read;
    kept.push(component);
    if ("ann" in component) {
      for (const key of component.ann.end ?? []) open.delete(key);
      for (const [key] of component.ann.change ?? []) open.add(key);
    }
  }
  if (surplus === 0) return undefined;
  if (open.size > 0) kept.push({ ann: { end: [...open].sort(compareNames), change: [] } });
  return kept;
}

/** How many items of the document a component consumes: none for an insertion or a boundary. */
function itemsRead(component: Component): number {
  return isInsertion(component) ? 0 : size(component);
}
