/**
 * How fast the engine is in a JavaScript engine: `npx vitest bench src/ot`. Measured, never asserted.
 *
 * The recorded session is that of GROUNDSWELL_TRACES/automerge-paper.json.gz (by default ../shared/traces beside the
 * repository); without the file that part is left out.
 */

import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { bench, describe } from "vitest";
import type { DocOp } from "./components";
import { compose } from "./composition";
import { WaveDocument } from "./document";
import { invert } from "./inversion";
import { OpBuilder } from "./opBuilder";
import { transform } from "./transformation";

const LINES = 4000; // of 50 characters: a document of 200,000
const LINE = "Lines that people write, fifty characters each. 😀 ";

function article(): WaveDocument {
  const builder = new OpBuilder().start("body");
  for (let line = 0; line < LINES; line++) {
    builder.start("line").end();
    if (line % 5 === 0) builder.annotate(["style/fontWeight", null, "bold"]).chars(LINE.slice(0, 12));
    builder.endAnnotations(["style/fontWeight"]).chars(line % 5 === 0 ? LINE.slice(12) : LINE);
  }
  return WaveDocument.fromOp(builder.end().build());
}

const document = article();
const size = document.size;

/** Inserts one character at the place, then takes it back: two edits. */
function pressAndUndo(place: number): () => void {
  const retained = (items: number) => (items > 0 ? [{ retain: items }] : []);
  const press: DocOp = [...retained(place), { chars: "x" }, ...retained(size - place)];
  const undo = invert(press);
  return () => {
    document.apply(press);
    document.apply(undo);
  };
}

describe(`two edits of one character in a document of ${size} items`, () => {
  bench("at the start", pressAndUndo(3)); // inside the body, behind its first line
  bench("in the middle", pressAndUndo(Math.floor(size / 2)));
  bench("at the end", pressAndUndo(size - 1));
});

describe("the whole document", () => {
  const op = document.toOp();
  bench("read from an operation", () => void WaveDocument.fromOp(op));
  bench("walked run by run", () => {
    for (const run of document.runs()) if (run.items < 1) throw new Error("an empty run");
  });
  bench("written as an operation", () => void document.toOp());
  bench("cloned and edited", () => document.clone().apply([{ chars: "x" }, { retain: size }]));
});

describe("concurrent typing", () => {
  const client: DocOp = [{ retain: 1000 }, { chars: "😀" }, { retain: 1000 }];
  const server: DocOp = [{ retain: 500 }, { delchars: "ab" }, { retain: 1498 }];
  const [clientAfter, serverAfter] = transform(client, server);
  bench("transform", () => void transform(client, server));
  bench("compose", () => void compose(client, serverAfter));
  const many = (text: string): DocOp => Array.from({ length: 10_000 }, () => [{ retain: 1 }, { chars: text }]).flat();
  const [mine, theirs] = [many("😀"), many("b")];
  bench("transform two operations of 20,000 components", () => void transform(mine, theirs));
  bench("compose a typed character with what was rebased", () => void compose(server, clientAfter));
});

const folder = process.env.GROUNDSWELL_TRACES ?? new URL("../../../../../shared/traces", import.meta.url).pathname;
const trace = new URL("automerge-paper.json.gz", pathToFileURL(`${folder}/`));
if (existsSync(trace)) {
  type Session = { txns: readonly { patches: readonly (readonly [number, number, string])[] }[]; endContent: string };
  const session: Session = JSON.parse(gunzipSync(readFileSync(trace)).toString());
  describe(`a recorded session of ${session.txns.length} edits`, () => {
    bench(
      "applied one by one",
      () =>
        replay(
          session.txns.flatMap(({ patches }) => patches),
          session.endContent,
        ),
      {
        iterations: 3,
        time: 0,
        warmupIterations: 1,
        warmupTime: 0,
      },
    );
  });
}

/** Applies `[position, deleted, inserted]` one by one. Throws unless that comes to `end`. */
function replay(patches: readonly (readonly [number, number, string])[], end: string): void {
  const text = WaveDocument.empty();
  for (const [position, deleted, inserted] of patches) {
    const builder = new OpBuilder().retain(position).deleteChars(text.text(position, position + deleted));
    text.apply(
      builder
        .chars(inserted)
        .retain(text.size - position - deleted)
        .build(),
    );
  }
  if (text.text() !== end) throw new Error("the session came to another text");
}
