/** Shows in a view what the wave knows beside the text: others' cursors, who wrote what, what is new. */
import { effect } from "@preact/signals";
import type { EditorView } from "prosemirror-view";
import type { Binding } from "../binding/binding";
import { positionAt } from "../document/positions";
import type { EditorHost } from "../host";
import { type Marking, showMarks } from "./authors";
import { showCursors } from "./cursors";
import { settle } from "./settling";

/** While somebody types, who wrote what is drawn anew at most this often, in ms; marks move with the text meanwhile. */
const MARKS_EVERY = 300;

/** Follow the host's signals until the returned function is called. */
export function followHost(host: EditorHost, view: EditorView, binding: Binding): () => void {
  const endings = [followCursors(host, view, binding), followMarks(host, view, binding)];
  return () => {
    for (const end of endings) end();
  };
}

function followCursors(host: EditorHost, view: EditorView, binding: Binding): () => void {
  let shown = 0;
  let drawing = false;
  const draw = () => {
    drawing = false;
    const told = host.cursors.peek();
    if (view.isDestroyed || (told.length === 0 && shown === 0)) return;
    shown = told.length;
    settle(view);
    const { doc } = view.state;
    const cursors = told.map(({ author, anchor, head }) => ({
      author,
      name: host.people.name(author),
      colour: host.people.colour(author),
      anchor: positionAt(doc, binding.frame, anchor),
      head: positionAt(doc, binding.frame, head),
    }));
    view.dispatch(showCursors(view.state.tr, cursors));
  };
  return effect(() => {
    void host.cursors.value;
    void host.people.loaded.value;
    if (drawing) return;
    drawing = true;
    // Cursors are told of an edit before or after the text is: wait until both are, and until the text is shown.
    queueMicrotask(() => binding.whenShown(draw));
  });
}

function followMarks(host: EditorHost, view: EditorView, binding: Binding): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let marked = false;
  let told = "";
  const draw = () => {
    if (view.isDestroyed) return;
    const marking = markingOf(host);
    if (marking === null && !marked) return;
    marked = marking !== null;
    settle(view);
    view.dispatch(showMarks(view.state.tr, { doc: view.state.doc, frame: binding.frame }, marking));
  };
  const drawSoon = () => {
    timer = undefined;
    binding.whenShown(draw); // who wrote what is told of the text as the replica has it
  };
  const stop = effect(() => {
    void host.attribution.value;
    void host.people.loaded.value;
    const wanted = `${host.showAuthors.value} ${host.unreadSince.value}`;
    if (wanted !== told) {
      told = wanted;
      clearTimeout(timer);
      timer = setTimeout(drawSoon, 0); // asked for: at once, but outside of whatever told us
    } else timer ??= setTimeout(drawSoon, MARKS_EVERY);
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}

function markingOf(host: EditorHost): Marking | null {
  const runs = host.attribution.peek();
  const showAuthors = host.showAuthors.peek();
  const unreadSince = host.unreadSince.peek();
  if (runs === null || (!showAuthors && unreadSince === null)) return null;
  return {
    runs,
    showAuthors,
    unreadSince,
    self: host.self,
    colourOf: (author) => host.people.colour(author),
  };
}
