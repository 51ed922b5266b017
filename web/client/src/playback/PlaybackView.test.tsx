// @vitest-environment happy-dom
import { render } from "preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type DocOp, WaveDocument, type WaveletOperation } from "../ot";
import { PlaybackView } from "./PlaybackView";
import type { Documents } from "./restore";
import { MadeSource, madeHistory } from "./testing";

vi.mock("../editor", () => ({
  BlipContent: ({ document }: { readonly document: DocOp }) => (
    <div class="text">{WaveDocument.fromOp(document).text()}</div>
  ),
}));

const ANNA = "anna@a.test";
const BEN = "ben@b.test";
const MANIFEST: DocOp = [
  { start: ["conversation", {}] },
  { start: ["blip", { id: "b+1" }] },
  { end: true },
  { end: true },
];
const BODY: DocOp = [{ start: ["body", {}] }, { start: ["line", {}] }, { end: true }, { chars: "One" }, { end: true }];

const HISTORY = madeHistory([
  { author: ANNA, operations: [{ add: ANNA }, { doc: "conversation", op: MANIFEST }, { doc: "b+1", op: BODY }] },
  { author: BEN, operations: [{ doc: "b+1", op: [{ retain: 6 }, { chars: " 😀two" }, { retain: 1 }] }] },
  { author: ANNA, operations: [{ doc: "b+1", op: [{ retain: 3 }, { delchars: "One" }, { retain: 6 }] }] },
]);

let root: HTMLElement;

beforeEach(() => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network in this test")));
  root = document.createElement("div");
  document.body.append(root);
});

afterEach(() => {
  render(null, root);
  root.remove();
  vi.unstubAllGlobals();
});

function now(): Documents {
  return HISTORY.states.at(-1)?.documents ?? new Map();
}

async function opened(onRestore: (operations: readonly WaveletOperation[]) => void = () => undefined) {
  const source = new MadeSource(HISTORY);
  render(
    <PlaybackView
      wave="a.test/w+1"
      wavelet="a.test/w+1/~/conv+root"
      source={source}
      current={now}
      onClose={() => undefined}
      onRestore={onRestore}
    />,
    root,
  );
  await vi.waitFor(() => expect(root.querySelector(".text")?.textContent).toBe(" 😀two"));
  return slider();
}

function slider(): HTMLInputElement {
  const found = root.querySelector<HTMLInputElement>("input[type=range]");
  if (found === null) throw new Error("there is no slider");
  return found;
}

function press(label: string, within: ParentNode = root): void {
  const found = [...within.querySelectorAll("button")].find(
    (button) => (button.getAttribute("aria-label") ?? button.textContent) === label,
  );
  if (found === undefined) throw new Error(`there is no button ${label}`);
  found.click();
}

test("the slider goes to a past text, and says when it was and whose", async () => {
  const input = await opened();
  expect([input.min, input.max, input.value]).toEqual(["0", "5", "5"]);
  input.value = "4";
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.waitFor(() => expect(root.querySelector(".text")?.textContent).toBe("One 😀two"));
  expect(slider().getAttribute("aria-valuetext")).toMatch(/1970.* · ben$/);
  expect(root.querySelector(".gs-history-by")?.textContent).toContain("ben wrote here");
});

test("arrow keys and buttons go change by change", async () => {
  const input = await opened();
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true, cancelable: true }));
  await vi.waitFor(() => expect(slider().value).toBe("4"));
  press("Previous change");
  await vi.waitFor(() => expect(root.querySelector(".text")?.textContent).toBe("One"));
  press("Previous change");
  await vi.waitFor(() => expect(root.textContent).toContain("There is no message at this point."));
  press("Next change");
  await vi.waitFor(() => expect(slider().value).toBe("3"));
});

test("restoring asks first, and gives operations that make the present what it was", async () => {
  const restored = vi.fn<(operations: readonly WaveletOperation[]) => void>();
  const input = await opened(restored);
  input.value = "4";
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.waitFor(() => expect(root.querySelector(".text")?.textContent).toBe("One 😀two"));
  press("Restore");
  await vi.waitFor(() => expect(root.querySelector("dialog")?.textContent).toContain("This is a new change"));
  expect(restored).not.toHaveBeenCalled();
  press("Restore", root.querySelector("dialog") ?? root);
  expect(restored.mock.calls).toEqual([[[{ doc: "b+1", op: [{ retain: 3 }, { chars: "One" }, { retain: 6 }] }]]]);
  const document = now().get("b+1")?.clone() ?? WaveDocument.empty();
  for (const operation of restored.mock.calls[0]?.[0] ?? []) if ("doc" in operation) document.apply(operation.op);
  expect(document.text()).toBe("One 😀two");
});

test("the newest version cannot be restored", async () => {
  await opened();
  const button = [...root.querySelectorAll("button")].find((each) => each.textContent === "Restore");
  expect(button?.disabled).toBe(true);
});
