/**
 * The annotation updates of two concurrent operations, as transform walks along both.
 *
 * Each side has a `Tracker`. What its operation says at the place reached is *tracked*; what its result says there is
 * *active*, which differs where both sides update one key: there the client wins (T10). Deleting over annotations that the
 * other side changed needs care, because a deletion must reset annotations to those of the nearest surviving item on its
 * left (A5): for that a tracker remembers, as *passing*, what each key's active update was at the last item that both
 * sides keep, when it has changed since (T11). Source: OT.md, T10 and T11.
 */

import type { AnnotationBoundary, AnnotationChange } from "./components";
import { type OperationWriter, sameChange } from "./normalization";

/** The annotation updates of one side; its changes go to that side's result at once. */
export class Tracker {
  readonly #out: OperationWriter;
  readonly tracked = new Map<string, AnnotationChange>();
  readonly #active = new Map<string, AnnotationChange>();
  readonly #passing = new Map<string, AnnotationChange | null>(); // null: no update was active there
  readonly #suspended = new Map<string, AnnotationChange | null>(); // active before the deletion under way

  constructor(out: OperationWriter) {
    this.#out = out;
  }

  /** Make this change the active update of its key. */
  change(change: AnnotationChange): void {
    const key = change[0];
    const present = this.#active.get(key);
    if (present === undefined || !sameChange(present, change)) {
      if (!this.#passing.has(key)) this.#passing.set(key, present ?? null);
      this.#active.set(key, change);
    }
    this.#out.change(change);
  }

  /** Make no update of `key` active. */
  end(key: string): void {
    if (!this.#passing.has(key)) this.#passing.set(key, this.#active.get(key) ?? null);
    this.#active.delete(key);
    this.#out.end(key);
  }

  /** Both sides keep an item here: the passing record starts anew behind it. */
  keepItem(): void {
    this.#passing.clear();
  }

  /** Reset what the deleted items hold because of `other` to what their surviving left neighbour holds. */
  beginDeletion(other: Tracker): void {
    for (const [key, atNeighbour] of other.#passing) {
      const own = this.#active.get(key);
      const now = other.#active.get(key);
      this.#suspended.set(key, own ?? null);
      if (atNeighbour !== null) this.change([key, valueHeld(own, now, atNeighbour), atNeighbour[2]]);
      else if (now !== undefined) this.change([key, now[2], own === undefined ? now[1] : own[2]]);
    }
  }

  /** Return to the updates that were active before the deletion. */
  endDeletion(): void {
    this.#passing.clear();
    for (const [key, change] of this.#suspended) {
      if (change === null) this.end(key);
      else this.change(change);
    }
    this.#suspended.clear();
  }
}

/** The value that a deleted item holds after the other side's operation. */
function valueHeld(
  own: AnnotationChange | undefined,
  otherNow: AnnotationChange | undefined,
  otherBefore: AnnotationChange,
): string | null {
  if (own !== undefined) return own[1];
  return otherNow === undefined ? otherBefore[1] : otherNow[2];
}

/** Take in a boundary of the client's operation. */
export function followClient(boundary: AnnotationBoundary, client: Tracker, server: Tracker): void {
  for (const key of boundary.ann.end ?? []) {
    if (client.tracked.delete(key)) {
      client.end(key);
      const theirs = server.tracked.get(key);
      if (theirs !== undefined) server.change(theirs);
    }
  }
  for (const change of boundary.ann.change ?? []) {
    if (!isNews(client, change)) continue;
    const [key, , after] = change;
    const theirs = server.tracked.get(key);
    if (theirs === undefined) {
      client.change(change);
    } else {
      client.change([key, theirs[2], after]);
      server.end(key);
    }
  }
}

/** Take in a boundary of the server's operation. */
export function followServer(boundary: AnnotationBoundary, server: Tracker, client: Tracker): void {
  for (const key of boundary.ann.end ?? []) {
    if (server.tracked.delete(key)) {
      const theirs = client.tracked.get(key);
      if (theirs === undefined) server.end(key);
      else client.change(theirs);
    }
  }
  for (const change of boundary.ann.change ?? []) {
    if (!isNews(server, change)) continue;
    const [key, , after] = change;
    const theirs = client.tracked.get(key);
    if (theirs === undefined) server.change(change);
    else client.change([key, after, theirs[2]]);
  }
}

/** Track an update of a key; false when the same one was open already, which changes nothing (N2). */
function isNews(side: Tracker, change: AnnotationChange): boolean {
  const present = side.tracked.get(change[0]);
  side.tracked.set(change[0], change);
  return present === undefined || !sameChange(present, change);
}
