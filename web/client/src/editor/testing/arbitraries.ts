/** Random blip documents, edits of ProseMirror documents and operations, for property tests. */
import fc from "fast-check";
import { EditorState, type Transaction } from "prosemirror-state";
import { type DocOp, WaveDocument } from "../../ot";
import { ChangeWriter } from "../binding/changeWriter";
import { outgoing } from "../binding/outgoing";
import { type Annotations, NO_ANNOTATIONS } from "../document/annotations";
import { joinedRuns, type Run } from "../document/items";
import { lineNode, type Mapped, readDocument } from "../document/mapping";
import { schema } from "../document/schema";

/** Characters that take one UTF-16 unit, two, and several code points. */
export const CHARACTERS = ["a", "b", "a", " ", "ß", "中", "😀", "𝒜", "🇩🇪", "👩‍👩‍👧", "e\u0301"];

export const anyText = fc
  .array(fc.constantFrom(...CHARACTERS), { minLength: 1, maxLength: 6 })
  .map((all) => all.join(""));

const ANNOTATIONS: readonly (readonly [string, readonly string[]])[] = [
  ["style/fontWeight", ["bold", "normal", "600"]],
  ["style/fontStyle", ["italic"]],
  ["style/textDecoration", ["underline", "line-through", "underline line-through"]],
  ["style/color", ["#b3242b", "red; position: fixed"]],
  ["link/manual", ["https://example.com/", "javascript:alert(1)"]],
  ["conv/title", [""]],
  ["spell/en", ["wrong"]],
  ["user/e/x", ["bob@example.com"]],
];

export const anyAnnotations: fc.Arbitrary<Annotations> = fc
  .subarray([...ANNOTATIONS], { maxLength: 2 })
  .chain((chosen) =>
    fc.tuple(...chosen.map(([key, values]) => fc.constantFrom(...values).map((value) => [key, value] as const))),
  )
  .map((entries) => (entries.length === 0 ? NO_ANNOTATIONS : new Map(entries)));

const anyLine = fc.record(
  {
    t: fc.constantFrom("h1", "h2", "h4", "li"),
    i: fc.constantFrom("1", "2", "12"),
    listyle: fc.constant("decimal"),
    a: fc.constantFrom("l", "r", "c", "j"),
    d: fc.constantFrom("l", "r"),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Readonly<Record<string, string>>>;

type Element = readonly [type: string, attributes: Readonly<Record<string, string>>, content: readonly Run[]];

function element([type, attributes, content]: Element, annotations: Annotations = NO_ANNOTATIONS): readonly Run[] {
  return [{ kind: "start", type, attributes, annotations }, ...content, { kind: "end", annotations }];
}

const annotatedText = fc
  .tuple(anyText, anyAnnotations)
  .map(([text, annotations]): readonly Run[] => [{ kind: "text", text, annotations }]);

const anyLineRuns = fc
  .tuple(anyLine, anyAnnotations)
  .map(([attributes, all]) => element(["line", attributes, []], all));

const quoteOf = fc.tuple(anyLineRuns, annotatedText).map(([line, text]): Element => ["quote", {}, [...line, ...text]]);

const anyElement: fc.Arbitrary<Element> = fc.oneof(
  annotatedText.map((text): Element => ["image", { attachment: "x", style: "full" }, element(["caption", {}, text])]),
  fc.constantFrom("t1", "t2").map((id): Element => ["reply", { id }, []]),
  fc.constant<Element>([
    "gadget",
    { url: "https://gadgets.example/" },
    element(["state", { name: "k", value: "v" }, []]),
  ]),
  fc.constant<Element>(["eqn", { format: "tex" }, [{ kind: "text", text: "x^2 😀", annotations: NO_ANNOTATIONS }]]),
  fc.constant<Element>(["input", { name: "n" }, []]),
  quoteOf,
);

const anyInline = fc.oneof(
  { weight: 4, arbitrary: annotatedText },
  { weight: 1, arbitrary: fc.tuple(anyElement, anyAnnotations).map(([found, all]) => element(found, all)) },
);

const anyParagraph = fc
  .tuple(anyLineRuns, fc.array(anyInline, { maxLength: 3 }))
  .map(([line, content]) => [...line, ...content.flat()]);

/** The items of a blip that the server's schema accepts. */
export const anyBlip: fc.Arbitrary<readonly Run[]> = fc
  .tuple(
    fc.boolean(),
    fc.array(anyParagraph, { minLength: 1, maxLength: 4 }),
    anyAnnotations,
    fc.option(anyParagraph, { freq: 8 }),
  )
  .map(([head, lines, annotations, second]) => [
    ...(head ? element(["contributor", { name: "bob@example.com" }, []]) : []),
    ...(head ? element(["head", {}, element(["timestamp", {}, element(["lmt", { t: "1" }, []])])]) : []),
    ...element(["body", {}, lines.flat()], annotations),
    ...(second === null ? [] : element(["body", {}, second])),
  ]);

/** The document of these items. */
export function documentOf(runs: readonly Run[]): WaveDocument {
  const writer = new ChangeWriter();
  for (const run of runs) writer.insert(run);
  return WaveDocument.fromOp(writer.finish());
}

/** Items as plain data, to be compared. */
export function plainRuns(runs: Iterable<Run>): readonly unknown[] {
  return joinedRuns(runs).map((run) => {
    const annotations = [...run.annotations].sort();
    if (run.kind === "text") return [run.text, annotations];
    return run.kind === "start" ? [run.type, Object.entries(run.attributes).sort(), annotations] : ["/", annotations];
  });
}

/** One random thing that a person does, in numbers that fit any document. */
export interface Gesture {
  readonly kind:
    | "type"
    | "delete"
    | "split"
    | "join"
    | "mark"
    | "unmark"
    | "attributes"
    | "atom"
    | "paste"
    | "caption"
    | "move";
  readonly at: number;
  readonly to: number;
  readonly text: string;
  readonly choice: number;
}

export const anyGesture: fc.Arbitrary<Gesture> = fc.record({
  kind: fc.constantFrom(
    "type",
    "type",
    "delete",
    "split",
    "join",
    "mark",
    "unmark",
    "attributes",
    "atom",
    "paste",
    "caption",
    "move",
  ),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  to: fc.double({ min: 0, max: 1, noNaN: true }),
  text: anyText,
  choice: fc.nat(7),
});

/** Do it in a transaction. What does not fit does nothing. */
export function perform(transaction: Transaction, gesture: Gesture): void {
  const { doc } = transaction;
  const one = inText(transaction, gesture.at);
  const other = inText(transaction, gesture.to);
  const [from, to] = [Math.min(one, other), Math.max(one, other)];
  const marks = Object.keys(schema.marks).filter((name) => name !== "annotation");
  const type = schema.marks[marks[gesture.choice % marks.length] ?? "weight"];
  switch (gesture.kind) {
    case "type":
      transaction.insert(from, schema.text(gesture.text, doc.resolve(from).marks()));
      return;
    case "delete":
      transaction.delete(from, to);
      return;
    case "split":
      transaction.split(from);
      return;
    case "join":
      if (doc.resolve(from).index(0) > 0) transaction.join(doc.resolve(from).before());
      return;
    case "mark":
      if (type !== undefined) transaction.addMark(from, to, type.create({ value: gesture.text }));
      return;
    case "unmark":
      transaction.removeMark(from, to, type);
      return;
    case "attributes":
      transaction.setBlockType(from, to, schema.nodes.line, {
        attributes: [{}, { t: "h1" }, { t: "li", i: "1" }, { a: "c" }][gesture.choice % 4],
      });
      return;
    case "atom":
      transaction.insert(from, schema.node("image", { type: "image", attributes: { attachment: gesture.text } }));
      return;
    case "paste":
      transaction.replaceWith(doc.resolve(from).before(), doc.resolve(to).after(), [
        lineNode({ t: "h2" }, [schema.text(gesture.text)]),
        lineNode({}),
      ]);
      return;
    case "caption":
      recaption(transaction, gesture.text);
      return;
    case "move": {
      const slice = doc.slice(from, to);
      transaction.delete(from, to);
      transaction.replace(inText(transaction, gesture.choice / 7), undefined, slice);
      return;
    }
  }
}

function recaption(transaction: Transaction, text: string): void {
  let at: number | null = null;
  transaction.doc.descendants((node, position) => {
    if (node.type.name === "image") at ??= position;
  });
  if (at === null) return;
  transaction.setNodeAttribute(at, "rest", [
    { kind: "start", type: "caption", attributes: {}, differing: [] },
    { kind: "text", text, differing: [] },
    { kind: "end", differing: [] },
    { kind: "end", differing: [] },
  ]);
}

/** A place where a caret can stand, never inside a surrogate pair. */
function inText({ doc }: Transaction, part: number): number {
  let position = Math.min(doc.content.size - 1, Math.max(1, Math.round(part * doc.content.size)));
  for (; position > 0 && !doc.resolve(position).parent.inlineContent; position--);
  const before = doc.resolve(Math.max(position, 1));
  const text = before.textOffset > 0 ? (before.parent.child(before.index()).text ?? "") : "";
  const low = (text.charCodeAt(before.textOffset) & 0xfc00) === 0xdc00;
  return low && before.textOffset > 0 ? before.pos - 1 : before.pos;
}

/** What gestures do to a document: the transaction, the operation it makes, and the document after it. */
export function edited(
  document: WaveDocument,
  gestures: readonly Gesture[],
): {
  readonly before: Mapped;
  readonly transaction: Transaction;
  readonly op: DocOp | null;
  readonly after: WaveDocument;
} {
  const before = readDocument(document.runs());
  const transaction = EditorState.create({ doc: before.doc }).tr;
  for (const gesture of gestures) perform(transaction, gesture);
  const op = outgoing(before.doc, transaction.doc, before.frame, transaction.steps);
  const after = document.clone();
  if (op !== null) after.apply(op);
  return { before, transaction, op, after };
}
