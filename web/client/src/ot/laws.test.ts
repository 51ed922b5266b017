/** The laws of docs/ot.md, on random documents and operations. The oracle checks on the way that results are valid. */

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Component, DocOp } from "./components";
import { compose } from "./composition";
import { WaveDocument } from "./document";
import { InvalidOperation } from "./errors";
import { invert } from "./inversion";
import { isIdentity, normalize } from "./normalization";
import { decodeComponents, encodeComponents } from "./operationJson";
import { documents, largeDocuments, operationBy, type Plan, plans } from "./testing/arbitraries";
import { after, DoesNotApply, stateOf } from "./testing/oracle";
import { exactly } from "./testing/vectors";
import { transform } from "./transformation";
import { validate } from "./validation";
import { transformOperations } from "./waveletOperations";
import { isWellFormed } from "./wellFormedness";

const RUNS = { numRuns: 400 };

/** The operations that plans come to, one after the other. */
function following(document: DocOp, drawn: readonly Plan[]): DocOp[] {
  const operations: DocOp[] = [];
  for (const plan of drawn) operations.push(operationBy(plan, after(document, ...operations)));
  return operations;
}

/** Runs `law` on a document and on operations that follow each other. */
function sequences(length: number, law: (document: DocOp, ...operations: DocOp[]) => void): void {
  const drawn = fc.array(plans, { minLength: length, maxLength: length });
  fc.assert(
    fc.property(documents, drawn, (document, steps) => law(document, ...following(document, steps))),
    RUNS,
  );
}

/** Runs `law` on a document and two operations on it. */
function concurrent(law: (document: DocOp, client: DocOp, server: DocOp) => void): void {
  fc.assert(
    fc.property(documents, plans, plans, (document, client, server) => {
      law(document, operationBy(client, document), operationBy(server, document));
    }),
    RUNS,
  );
}

test("both orders converge, and rebased operations are valid", () => {
  concurrent((document, client, server) => {
    const [clientAfter, serverAfter] = transform(client, server);
    expect(after(document, client, serverAfter)).toEqual(after(document, server, clientAfter));
  });
});

test("transform gives normal forms, whatever the form of what it is given", () => {
  concurrent((_, client, server) => {
    const results = transform(client, server);
    expect(results.map(normalize)).toEqual(results);
    expect(transform(normalize(client), normalize(server))).toEqual(results);
  });
});

test("composing is applying twice", () => {
  sequences(2, (document, first = [], second = []) => {
    expect(after(document, compose(first, second))).toEqual(after(document, first, second));
  });
});

test("composing is associative in effect", () => {
  sequences(3, (document, first = [], second = [], third = []) => {
    const expected = after(document, first, second, third);
    expect(after(document, compose(compose(first, second), third))).toEqual(expected);
    expect(after(document, compose(first, compose(second, third)))).toEqual(expected);
  });
});

test("compose gives normal forms, whatever the form of what it is given", () => {
  sequences(2, (_, first = [], second = []) => {
    const composed = compose(first, second);
    expect(normalize(composed)).toEqual(composed);
    expect(compose(normalize(first), normalize(second))).toEqual(composed);
  });
});

test("the inverse undoes, applied or composed", () => {
  sequences(1, (document, operation = []) => {
    expect(after(document, operation, invert(operation))).toEqual(document);
    expect(after(document, compose(operation, invert(operation)))).toEqual(document);
    expect(invert(invert(operation))).toEqual(operation);
  });
});

test("normalising twice is normalising once, and keeps the effect", () => {
  sequences(1, (document, operation = []) => {
    const once = normalize(operation);
    expect(normalize(once)).toEqual(once);
    expect(after(document, once)).toEqual(after(document, operation));
  });
});

test("an identity changes nothing", () => {
  sequences(1, (document, operation = []) => {
    if (isIdentity(operation)) expect(after(document, operation)).toEqual(document);
  });
});

test("what is well-formed survives the way out and in", () => {
  sequences(1, (document, operation = []) => {
    expect(isWellFormed(operation)).toBe(true);
    expect(exactly(decodeComponents(JSON.parse(JSON.stringify(encodeComponents(operation)))))).toBe(exactly(operation));
    expect(exactly(decodeComponents(document))).toBe(exactly(document));
  });
});

test("sequences of wavelet operations, rebased over each other, converge", () => {
  const steps = fc.array(plans, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(documents, steps, steps, (document, clientPlans, serverPlans) => {
      const mutations = (drawn: readonly Plan[]) => following(document, drawn).map((op) => ({ doc: "b+1", op }));
      const [client, server] = [mutations(clientPlans), mutations(serverPlans)];
      const rebased = transformOperations(client, "alice@example.com", server, "bob@example.com");
      const opsOf = (operations: typeof rebased.client) => operations.map((item) => ("op" in item ? item.op : []));
      expect(after(document, ...opsOf(client), ...opsOf(rebased.server))).toEqual(
        after(document, ...opsOf(server), ...opsOf(rebased.client)),
      );
    }),
    RUNS,
  );
});

test("a document does what the slow way does, in a large document as in a small one", () => {
  fc.assert(
    fc.property(largeDocuments, fc.array(plans, { minLength: 1, maxLength: 3 }), (start, drawn) => {
      const document = WaveDocument.fromOp(start);
      let expected = start;
      for (const plan of drawn) {
        const before = document.clone();
        const operation = operationBy(plan, expected);
        document.apply(operation);
        expect(exactly(before.toOp())).toBe(exactly(expected));
        expected = after(expected, operation);
        expect(exactly(document.toOp())).toBe(exactly(expected));
        expect(document.size).toBe(stateOf(expected).length);
      }
    }),
    { numRuns: 150 },
  );
});

test("an operation is valid exactly when it applies the slow way; refused, it changes nothing", () => {
  const spoiled = fc.record({ place: fc.nat(10), removed: fc.nat(2), by: fc.nat(5) });
  fc.assert(
    fc.property(documents, documents, fc.boolean(), plans, spoiled, (state, other, own, plan, spoil) => {
      const components: Component[] = [...operationBy(plan, own ? state : other)];
      const replacements: Component[][] = [[], [{ retain: 1 }], [{ chars: "z" }], [{ end: true }], [{ delchars: "a" }]];
      const replacement = replacements[spoil.by];
      if (replacement !== undefined)
        components.splice(spoil.place % (components.length + 1), spoil.removed, ...replacement);
      const verdict = validate(state, components);
      const document = WaveDocument.fromOp(state);
      if (verdict === "VALID") {
        document.apply(components);
        expect(exactly(document.toOp())).toBe(exactly(after(state, components)));
      } else {
        expect(() => document.apply(components)).toThrow(InvalidOperation);
        expect(exactly(document.toOp())).toBe(exactly(state));
        if (verdict === "ILL_FORMED") expect(isWellFormed(components)).toBe(false);
        else expect(() => after(state, components)).toThrow(DoesNotApply);
      }
    }),
    { numRuns: 1000 },
  );
});

test("reading a part of a document agrees with reading it all", () => {
  fc.assert(
    fc.property(largeDocuments, fc.nat(1000), fc.nat(1000), (op, one, other) => {
      const document = WaveDocument.fromOp(op);
      const state = stateOf(op);
      const [start, end] = [one % (state.length + 1), other % (state.length + 1)].sort((a, b) => a - b) as [
        number,
        number,
      ];
      const contents = state.slice(start, end).map(({ content }) => content);
      expect(document.text(start, end)).toBe(contents.filter((content) => typeof content === "string").join(""));
      const read = [...document.runs(start, end)];
      expect(read.reduce((items, run) => items + run.items, 0)).toBe(end - start);
      expect(read.flatMap((run) => (run.kind === "text" ? [...run.text] : [run.kind]))).toEqual(
        contents.map((content) => (typeof content === "string" ? content : "start" in content ? "start" : "end")),
      );
    }),
    RUNS,
  );
});
