/**
 * Transformation: two concurrent operations, rebased over each other.
 *
 * The reference takes four steps: it splits each operation into its insertions and the rest, transforms the parts
 * pairwise and composes them again (OT.md, T1). This is the same in one walk over both operations. What the four steps
 * settle about order is this: at one place of the document, first what the client says there up to its last insertion,
 * then the server likewise, then the client's and the server's remaining boundaries, then the next item.
 */

import { followClient, followServer, Tracker } from "./annotationTracking";
import { agreeing, rebased, sameAttributes, updated, without } from "./attributes";
import type {
  AnnotationBoundary,
  Attributes,
  Component,
  DeleteElementStart,
  Deletion,
  DocOp,
  Insertion,
  ReplaceAttributes,
  UpdateAttributes,
} from "./components";
import { Cursor, described, type ItemComponent, isDeletion, size } from "./cursor";
import { TransformError } from "./errors";
import { deletionOf } from "./inversion";
import { OperationWriter } from "./normalization";

const ONE_ITEM = { retain: 1 } as const;

type AttributeChanging = ReplaceAttributes | UpdateAttributes;

/**
 * Rebase two concurrent operations over each other: `[client', server']`, both in normal form.
 *
 * Both must be well-formed and read the same document. `client` then `server'` and `server` then `client'` lead to the
 * same document (TP1). At one place the client's insertion comes first, and where both change a value, the client's
 * change stands. Linear in components and their text; lengths count items.
 *
 * Throws TransformError when the operations cannot have been made on one document. Source: OT.md, T1 to T12.
 */
export function transform(client: DocOp, server: DocOp): readonly [DocOp, DocOp] {
  return new Transformation(client, server).run();
}

/** One of the two operations: where we are in it, and its result so far. */
class Side {
  readonly cursor: Cursor;
  readonly out = new OperationWriter();
  readonly tracker = new Tracker(this.out);
  deletionDepth = 0; // elements whose deletion this operation has started and not yet ended

  constructor(op: DocOp) {
    this.cursor = new Cursor(op);
  }
}

/** One transformation under way. */
class Transformation {
  readonly #client: Side;
  readonly #server: Side;

  constructor(client: DocOp, server: DocOp) {
    this.#client = new Side(client);
    this.#server = new Side(server);
  }

  run(): readonly [DocOp, DocOp] {
    const client = this.#client;
    const server = this.#server;
    for (;;) {
      if (client.cursor.left === 0) this.#passInsertions(client, server);
      if (server.cursor.left === 0) this.#passInsertions(server, client);
      const clientGoesOn = this.#reachItem(client);
      const serverGoesOn = this.#reachItem(server);
      if (clientGoesOn !== serverGoesOn) {
        const longer = clientGoesOn ? "client" : "server";
        throw new TransformError(`the ${longer}'s operation reads more items than the other: not of one document`);
      }
      if (!clientGoesOn) return [client.out.finish(), server.out.finish()];
      this.#passItems(Math.min(client.cursor.left, server.cursor.left));
    }
  }

  /** Take in what one side says at this place, up to its last insertion. */
  #passInsertions(side: Side, other: Side): void {
    for (let ahead = side.cursor.insertionsAhead(); ahead > 0; ahead--) {
      const component = side.cursor.next();
      if (component === undefined) return;
      if ("ann" in component) this.#follow(side, component);
      else if ("chars" in component || "start" in component || "end" in component) insert(side, other, component);
    }
  }

  /** Take in the remaining boundaries at this place and enter the next item; false at the operation's end. */
  #reachItem(side: Side): boolean {
    while (side.cursor.left === 0) {
      const component = side.cursor.next();
      if (component === undefined) return false;
      if ("ann" in component) this.#follow(side, component);
      else side.cursor.enter(component);
    }
    return true;
  }

  #follow(side: Side, boundary: AnnotationBoundary): void {
    if (side === this.#client) followClient(boundary, this.#client.tracker, this.#server.tracker);
    else followServer(boundary, this.#server.tracker, this.#client.tracker);
  }

  /** Take in the next items, which both operations treat as one piece. */
  #passItems(items: number): void {
    const client = this.#client;
    const server = this.#server;
    if ("retain" in server.cursor.current) {
      server.cursor.skip(items);
      passRetained(client, server, client.cursor.take(items));
    } else if ("retain" in client.cursor.current) {
      client.cursor.skip(items);
      passRetained(server, client, server.cursor.take(items));
    } else {
      passContested(client, server, client.cursor.take(items), server.cursor.take(items));
    }
  }
}

/** Both sides keep the next item. */
function keep(one: Side, other: Side): void {
  one.tracker.keepItem();
  other.tracker.keepItem();
}

/** One side inserts: the other keeps it, or deletes it with the element around (T3). */
function insert(side: Side, other: Side, component: Insertion): void {
  if (other.deletionDepth > 0) {
    remove(other, side, deletionOf(component));
    return;
  }
  keep(side, other);
  const items = size(component);
  if (items === 0) return;
  side.out.write(component);
  other.out.write({ retain: items });
}

/** Write a deletion to one side's result, the other having kept the items (T11). */
function remove(side: Side, other: Side, component: Deletion): void {
  side.tracker.beginDeletion(other.tracker);
  side.out.write(component);
  side.tracker.endDeletion();
}

/** One side does `component` to items that the other retains. */
function passRetained(side: Side, other: Side, component: ItemComponent): void {
  if (isDeletion(component)) {
    remove(side, other, component);
    countDepth(side, component);
  } else {
    keep(side, other);
    side.out.write(component);
    other.out.write("retain" in component ? component : ONE_ITEM);
  }
}

function countDepth(side: Side, component: Component): void {
  if ("delstart" in component) side.deletionDepth++;
  else if ("delend" in component) side.deletionDepth--;
}

/** Both sides delete or change the same items: `mine` is the client's component, `theirs` the server's. */
function passContested(client: Side, server: Side, mine: ItemComponent, theirs: ItemComponent): void {
  if (changesAttributes(mine) && changesAttributes(theirs)) {
    keep(client, server);
    const [clientComponent, serverComponent] = settleAttributes(mine, theirs);
    client.out.write(clientComponent);
    server.out.write(serverComponent);
  } else if ("delstart" in mine && changesAttributes(theirs)) {
    removeChanged(client, server, mine, theirs);
  } else if ("delstart" in theirs && changesAttributes(mine)) {
    removeChanged(server, client, theirs, mine);
  } else if (sameDeletion(mine, theirs)) {
    countDepth(client, mine); // both delete the same: nothing is left to do (T5)
    countDepth(server, theirs);
  } else {
    throw clash(mine, theirs);
  }
}

function changesAttributes(component: ItemComponent): component is AttributeChanging {
  return "replattrs" in component || "updattrs" in component;
}

function sameDeletion(one: ItemComponent, other: ItemComponent): boolean {
  if ("delchars" in one) return "delchars" in other && one.delchars === other.delchars;
  if ("delend" in one) return "delend" in other;
  return (
    "delstart" in one &&
    "delstart" in other &&
    one.delstart[0] === other.delstart[0] &&
    sameAttributes(one.delstart[1], other.delstart[1])
  );
}

/** `side` deletes an element start whose attributes the other side has changed (T6). */
function removeChanged(side: Side, other: Side, deletion: DeleteElementStart, change: AttributeChanging): void {
  const [type, attributes] = deletion.delstart;
  const now = "updattrs" in change ? updated(attributes, change.updattrs) : replaced(attributes, change);
  remove(side, other, { delstart: [type, matching(now, deletion, change)] });
  side.deletionDepth++;
}

function replaced(attributes: Attributes, change: ReplaceAttributes): Attributes | undefined {
  return sameAttributes(attributes, change.replattrs[0]) ? change.replattrs[1] : undefined;
}

/** What each side still does where both change the attributes of one element start (T7, T8, T9). */
function settleAttributes(
  mine: AttributeChanging,
  theirs: AttributeChanging,
): readonly [client: ItemComponent, server: ItemComponent] {
  if ("replattrs" in mine) {
    if ("updattrs" in theirs) return [replaceUpdated(mine, theirs), ONE_ITEM];
    if (!sameAttributes(mine.replattrs[0], theirs.replattrs[0])) throw clash(mine, theirs);
    return [{ replattrs: [theirs.replattrs[1], mine.replattrs[1]] }, ONE_ITEM];
  }
  if ("replattrs" in theirs) return [ONE_ITEM, replaceUpdated(theirs, mine)];
  if (!agreeing(mine.updattrs, theirs.updattrs)) throw clash(mine, theirs);
  return [{ updattrs: rebased(mine.updattrs, theirs.updattrs) }, { updattrs: without(theirs.updattrs, mine.updattrs) }];
}

/** A replacement wins over an update, whichever side it is on (T8). */
function replaceUpdated(replacement: ReplaceAttributes, update: UpdateAttributes): ReplaceAttributes {
  const [before, after] = replacement.replattrs;
  return { replattrs: [matching(updated(before, update.updattrs), replacement, update), after] };
}

function matching(attributes: Attributes | undefined, one: Component, other: Component): Attributes {
  if (attributes === undefined) throw clash(one, other);
  return attributes;
}

function clash(one: Component, other: Component): TransformError {
  return new TransformError(`${described(one)} meets ${described(other)}: the operations are not of one document`);
}
