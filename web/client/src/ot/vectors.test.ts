import { expect, test } from "vitest";
import type { DocOp, WaveletOperation } from "./components";
import { compose } from "./composition";
import { WaveDocument } from "./document";
import { ComposeError, InvalidOperation, MalformedOperation, RemovedAuthor, TransformError } from "./errors";
import { versionZeroHash, waveletUri } from "./history";
import { invert } from "./inversion";
import { decodeComponents } from "./operationJson";
import { exactly, vectors } from "./testing/vectors";
import { transform } from "./transformation";
import { validate } from "./validation";
import { transformOperation } from "./waveletOperations";
import { isWellFormed } from "./wellFormedness";

test("every transform vector gives the same operations", () => {
  type Case = { id: string; client: DocOp; server: DocOp; client2: DocOp; server2: DocOp };
  const cases = vectors<Case>("transform");
  const failing = cases.filter(
    (item) => exactly(...transform(item.client, item.server)) !== exactly(item.client2, item.server2),
  );
  expect(cases).toHaveLength(4854);
  expect(failing.map(({ id }) => id)).toEqual([]);
});

test("what the reference refuses to transform is refused", () => {
  type Case = { id: string; client: DocOp; server: DocOp; outcome: string; client2: DocOp; server2: DocOp };
  const cases = vectors<Case>("transform_error");
  const accepted = cases.filter((item) => {
    const result = refusal(TransformError, () => exactly(...transform(item.client, item.server)));
    return result !== null && (item.outcome === "error" || result !== exactly(item.client2, item.server2));
  });
  expect(cases).toHaveLength(183);
  expect(accepted.map(({ id }) => id)).toEqual([]);
});

test("every compose vector gives the same operation", () => {
  type Case = { id: string; op1: DocOp; op2: DocOp; composed: DocOp };
  const cases = vectors<Case>("compose");
  const failing = cases.filter((item) => exactly(compose(item.op1, item.op2)) !== exactly(item.composed));
  expect(cases).toHaveLength(1200);
  expect(failing.map(({ id }) => id)).toEqual([]);
});

test("what the reference refuses to compose is refused", () => {
  type Case = { id: string; op1: DocOp; op2: DocOp; outcome: string; composed: DocOp };
  const cases = vectors<Case>("compose_error");
  const accepted = cases.filter((item) => {
    const result = refusal(ComposeError, () => exactly(compose(item.op1, item.op2)));
    return result !== null && (item.outcome === "error" || result !== exactly(item.composed));
  });
  expect(cases).toHaveLength(111);
  expect(accepted.map(({ id }) => id)).toEqual([]);
});

test("every invert vector gives the same operation, and inverted again the one before", () => {
  const cases = vectors<{ id: string; op: DocOp; inverse: DocOp }>("invert");
  const failing = cases.filter(
    ({ op, inverse }) => exactly(invert(op)) !== exactly(inverse) || exactly(invert(invert(op))) !== exactly(op),
  );
  expect(cases).toHaveLength(583);
  expect(failing.map(({ id }) => id)).toEqual([]);
});

test("every validate vector gets the verdict of the reference, and is found well-formed when that says so", () => {
  type Case = { id: string; doc: DocOp; op: DocOp; verdict: string; well_formed: boolean };
  const cases = vectors<Case>("validate");
  const failing = cases.filter(
    ({ doc, op, verdict, well_formed }) => validate(doc, op) !== verdict || isWellFormed(op) !== well_formed,
  );
  expect(cases).toHaveLength(1366);
  expect(failing.map(({ id }) => id)).toEqual([]);
});

test("every valid vector gives the document of the reference, and every other one leaves the document as it was", () => {
  type Case = { id: string; doc: DocOp; op: DocOp; verdict: string; result?: DocOp };
  const failing = vectors<Case>("validate").filter(({ doc, op, verdict, result }) => {
    const document = WaveDocument.fromOp(doc);
    const refused = refusal(InvalidOperation, () => document.apply(op)) === null;
    return refused !== (verdict !== "VALID") || exactly(document.toOp()) !== exactly(result ?? doc);
  });
  expect(failing.map(({ id }) => id)).toEqual([]);
});

test("every vector is decoded as it is, or refused where it is ill-formed", () => {
  type Case = { id: string; doc: unknown; op: unknown; well_formed: boolean };
  const failing = vectors<Case>("validate").filter(({ doc, op, well_formed }) => {
    const decoded = refusal(MalformedOperation, () => JSON.stringify(decodeComponents(op)));
    return (
      decoded !== (well_formed ? JSON.stringify(op) : null) || exactly(decodeComponents(doc)) !== JSON.stringify([doc])
    );
  });
  expect(failing.map(({ id }) => id)).toEqual([]);
});

test("every pair of operations leads the document of its vector to the result of the reference", () => {
  type Case = { id: string; src: DocOp; doc: DocOp; client: DocOp; server2: DocOp; result: DocOp };
  const failing = vectors<Case>("transform").filter(({ doc, client, server2, result }) => {
    const document = WaveDocument.fromOp(doc);
    document.apply(client);
    document.apply(server2);
    return exactly(document.toOp()) !== exactly(result);
  });
  expect(failing.map(({ id }) => id)).toEqual([]);
});

test("every pair of wavelet operations is transformed, or refused, as the reference does", () => {
  type Side = { author: string; op: VectorOperation };
  type Case = {
    id: string;
    client: Side;
    server: Side;
    client2: VectorOperation;
    server2: VectorOperation;
    error?: string;
  };
  const cases = vectors<Case>("wavelet_ops");
  const failing = cases.filter((item) => {
    const run = () => transformOperation(fromVector(item.client.op), item.client.author, fromVector(item.server.op));
    if (item.error === "RemovedAuthorException") return refusal(RemovedAuthor, run) !== null;
    if (item.error !== undefined) return refusal(TransformError, run) !== null;
    return JSON.stringify(run()) !== JSON.stringify([fromVector(item.client2), fromVector(item.server2)]);
  });
  expect(cases).toHaveLength(481);
  expect(failing.map(({ id }) => id)).toEqual([]);
});

test("version zero has the hash of the reference", () => {
  type Name = readonly [domain: string, id: string];
  type Case = { wave: Name; wavelet: Name; uri: string; version_zero_hash: string };
  const cases = vectors<Case>("hashes");
  expect(cases).toHaveLength(12);
  for (const { wave, wavelet, uri, version_zero_hash } of cases) {
    const path = `${wave.join("/")}/${wavelet[0] === wave[0] ? "~" : wavelet[0]}/${wavelet[1]}`;
    expect(waveletUri(path)).toBe(uri);
    expect(versionZeroHash(path)).toBe(Buffer.from(version_zero_hash, "base64").toString("base64url"));
  }
});

type VectorOperation =
  | { add_participant: string }
  | { remove_participant: string }
  | { no_op: true }
  | { mutate_document: { document_id: string; document_operation: DocOp } };

function fromVector(value: VectorOperation): WaveletOperation {
  if ("add_participant" in value) return { add: value.add_participant };
  if ("remove_participant" in value) return { remove: value.remove_participant };
  if ("no_op" in value) return { noop: true };
  return { doc: value.mutate_document.document_id, op: value.mutate_document.document_operation };
}

/** What `run` gives, or null when it throws exactly this class of error. Any other error is passed on. */
function refusal<Result>(error: abstract new (...args: never) => Error, run: () => Result): Result | null {
  try {
    return run();
  } catch (thrown) {
    if (thrown instanceof Error && thrown.constructor === error) return null;
    throw thrown;
  }
}
