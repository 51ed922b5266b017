/**
 * Operations on a wavelet: participants come and go, documents change. And their transformation.
 *
 * Source: OT.md, section "Wavelet level" (W1 to W4).
 */

import type { WaveletOperation } from "./components";
import { RemovedAuthor, TransformError } from "./errors";
import { transformTolerantly } from "./tolerance";

const NO_OP: WaveletOperation = { noop: true };

/**
 * Rebase two concurrent operations over each other: `[client', server']`.
 *
 * Changes of one document are transformed as document operations, the client's insertions first; two equal changes of
 * one participant become no-ops; all else stays. The server's author does not matter.
 *
 * Throws RemovedAuthor when the server's operation removes the client's author, and TransformError when one side adds
 * whom the other removes, or when the document operations were not made on the same document.
 */
export function transformOperation(
  client: WaveletOperation,
  clientAuthor: string,
  server: WaveletOperation,
): readonly [WaveletOperation, WaveletOperation] {
  if ("doc" in client && "doc" in server) {
    if (client.doc !== server.doc) return [client, server];
    const [clientOp, serverOp] = transformTolerantly(client.op, server.op);
    return [
      { doc: client.doc, op: clientOp },
      { doc: server.doc, op: serverOp },
    ];
  }
  if ("remove" in server) {
    if (samePerson(server.remove, clientAuthor)) {
      throw new RemovedAuthor(`${clientAuthor} was removed from the wavelet before this operation arrived`);
    }
    if ("remove" in client && samePerson(client.remove, server.remove)) return [NO_OP, NO_OP];
    if ("add" in client && samePerson(client.add, server.remove)) {
      throw new TransformError(`${client.add} cannot be added: somebody is removing the same participant`);
    }
  } else if ("add" in server) {
    if ("add" in client && samePerson(client.add, server.add)) return [NO_OP, NO_OP];
    if ("remove" in client && samePerson(client.remove, server.add)) {
      throw new TransformError(`${client.remove} cannot be removed: somebody is adding the same participant`);
    }
  }
  return [client, server];
}

/**
 * Rebase two concurrent sequences over each other: all of the client's, then server', equals server, then client'.
 *
 * Each operation applies after those before it in its sequence. Costs a transformation for each pair. The rules do not
 * ask for the server's author (W3); it is a parameter so that calls read the same both ways round.
 * Throws what `transformOperation` throws.
 */
export function transformOperations(
  client: readonly WaveletOperation[],
  clientAuthor: string,
  server: readonly WaveletOperation[],
  _serverAuthor: string,
): { client: WaveletOperation[]; server: WaveletOperation[] } {
  const clientAfter: WaveletOperation[] = [];
  let serverAfter = [...server];
  for (const operation of client) {
    let mine = operation;
    serverAfter = serverAfter.map((theirs) => {
      const [mineAfter, theirsAfter] = transformOperation(mine, clientAuthor, theirs);
      mine = mineAfter;
      return theirsAfter;
    });
    clientAfter.push(mine);
  }
  return { client: clientAfter, server: serverAfter };
}

/** Whether two addresses name the same participant: case does not count. */
function samePerson(one: string, other: string): boolean {
  return one === other || one.toLowerCase() === other.toLowerCase();
}
