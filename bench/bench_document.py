#!/usr/bin/env python3
"""How fast ``Document.apply`` is, and whether it stays so as documents grow.

    python bench/bench_document.py

Prints the time of one small edit at a random place for documents of 1e3, 1e5 and 1e6 items, and a
whole session of single-character edits (GROUNDSWELL_TRACES/automerge-paper.json.gz; a generated one
where that is missing) next to pycrdt doing the same session in the same run.
"""

from __future__ import annotations

import gc
import gzip
import json
import os
import random
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple

from wave_ot import item_tree
from wave_ot.components import (
    AnnotationBoundary,
    Characters,
    Component,
    DeleteCharacters,
    ElementEnd,
    ElementStart,
    Retain,
)
from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_ot.inversion import invert

ROOT = Path(__file__).resolve().parent.parent
TRACES = Path(os.environ.get("GROUNDSWELL_TRACES", ROOT.parent / "shared" / "traces"))
TRACE = "automerge-paper.json.gz"
SIZES = (1_000, 100_000, 1_000_000)
EDITS = 400  # of one round: few, so that a document of 1e3 items stays one
ROUNDS = 60  # each at other places


class Session(NamedTuple):
    """Edits of an empty text, ``(position, deleted, inserted)`` in code points, and the text after them."""

    name: str
    edits: list[tuple[int, int, str]]
    end: str


def main() -> None:
    """Run both benchmarks."""
    kind = "as plain Python" if str(item_tree.__file__).endswith(".py") else "compiled"
    print(f"wave_ot runs {kind}")
    growth()
    session = recorded_session()
    print(f"\n{session.name}: {len(session.edits):,} edits")
    ours = rate_of_ours(session)
    theirs = rate_of_pycrdt(session)
    if theirs is not None:
        print(f"  {'ratio':<24} {ours / theirs:>12.2f}")


def growth() -> None:
    """Time small edits at random places of documents with lines, elements and annotations."""
    print("One small edit at a random place (typing and deleting a character, with and without an annotation):")
    first = 0.0
    for size in SIZES:
        document = rich_document(size, random.Random(size))
        rounds = [small_edits(document, random.Random(number)) for number in range(ROUNDS)]
        gc.collect()
        typical = statistics.median([timed(document, operations) for operations in rounds])
        first = first or typical
        print(f"  {document.size:>9,} items {typical * 1e6:>8.2f} µs  x{typical / first:.2f}")


def rich_document(size: int, chooser: random.Random) -> Document:
    """A document of about ``size`` items: lines of text, some of it annotated, with an image here and there."""
    components: list[Component] = [ElementStart("body", ())]
    items = 2
    while items < size:
        text = "".join(chooser.choices("abcdefghij klmnop", k=chooser.randrange(20, 120)))
        cut = chooser.randrange(1, len(text) - 1)
        bold = (("style/fontWeight", None, "bold"),)
        components += [ElementStart("line", ()), ElementEnd(), Characters(text[:cut])]
        components += [AnnotationBoundary((), bold), Characters(text[cut:])]
        components += [AnnotationBoundary(("style/fontWeight",), ())]
        if chooser.random() < 0.1:
            components += [ElementStart("image", (("attachment", "a"),)), ElementEnd()]
            items += 2
        items += len(text) + 2
    return Document.from_op(DocOp([*components, ElementEnd()]))


def small_edits(document: Document, chooser: random.Random) -> list[DocOp]:
    """Operations that follow each other, each at another place, and in the end leave the document as it was."""
    operations = []
    size = document.size
    for number in range(EDITS // 2):
        place = chooser.randrange(1, size - 1)
        if chooser.random() < 0.8:
            operations.append(DocOp((Retain(place), Characters("x"), Retain(size - place))))
            size += 1
        else:
            key = f"link/{number}"
            start = AnnotationBoundary((), ((key, None, "x"),))
            end = AnnotationBoundary((key,), ())
            operations.append(DocOp((Retain(place), start, Retain(1), end, Retain(size - place - 1))))
    return operations + [invert(operation) for operation in reversed(operations)]


def timed(document: Document, operations: list[DocOp]) -> float:
    """Seconds for one operation."""
    start = time.perf_counter()
    for operation in operations:
        document.apply(operation)
    return (time.perf_counter() - start) / len(operations)


def recorded_session() -> Session:
    """The recorded session, or a generated one where it is missing."""
    path = TRACES / TRACE
    if path.is_file():
        with gzip.open(path, "rt") as file:
            trace = json.load(file)
        patches = [tuple(patch) for transaction in trace["txns"] for patch in transaction["patches"]]
        return Session(TRACE, patches, trace["endContent"])
    print(f"{path} is missing: set GROUNDSWELL_TRACES; using a generated session instead", file=sys.stderr)
    return generated_session(random.Random(20))


def generated_session(chooser: random.Random) -> Session:
    """A session like a person's: typing goes on at one place for a while, one edit in three deletes."""
    text = ""
    edits: list[tuple[int, int, str]] = []
    position = 0
    for _ in range(100_000):
        if chooser.random() < 0.02:
            position = chooser.randrange(len(text) + 1)
        if position > 0 and chooser.random() < 0.3:
            position -= 1
            edits.append((position, 1, ""))
            text = text[:position] + text[position + 1 :]
        else:
            typed = chooser.choice("abcdefghij ")
            edits.append((position, 0, typed))
            text = text[:position] + typed + text[position:]
            position += 1
    return Session("generated session", edits, text)


def with_deleted_text(session: Session) -> list[tuple[int, str, str]]:
    """The session's edits with the text that each deletes, found before any clock runs."""
    shadow = Document.empty()
    edits = []
    for position, deleted, inserted in session.edits:
        gone = shadow.text(position, position + deleted)
        shadow.apply(edit_operation(shadow.size, position, gone, inserted))
        edits.append((position, gone, inserted))
    return edits


def edit_operation(size: int, position: int, deleted: str, inserted: str) -> DocOp:
    """One edit of a text of ``size`` characters as an operation."""
    rest = size - position - len(deleted)
    if position and rest and not deleted:
        return DocOp((Retain(position), Characters(inserted), Retain(rest)))
    components: list[Component] = []
    if position:
        components.append(Retain(position))
    if deleted:
        components.append(DeleteCharacters(deleted))
    if inserted:
        components.append(Characters(inserted))
    if rest:
        components.append(Retain(rest))
    return DocOp(components)


def apply_session(edits: list[tuple[int, str, str]]) -> str:
    """Build and apply an operation for each edit; the final text."""
    document = Document.empty()
    size = 0
    for position, deleted, inserted in edits:
        document.apply(edit_operation(size, position, deleted, inserted))
        size += len(inserted) - len(deleted)
    return document.text()


def rate_of_ours(session: Session) -> float:
    """Edits per second of ``apply_session``, best of three runs; checks the final text."""
    edits = with_deleted_text(session)
    best = 0.0
    for _ in range(3):
        gc.collect()
        start = time.perf_counter()
        text = apply_session(edits)
        best = max(best, len(edits) / (time.perf_counter() - start))
        if text != session.end:
            sys.exit("Document.apply: the final text is wrong")
    print(f"  {'Document.apply':<24} {best:>12,.0f} edits per second")
    return best


def rate_of_pycrdt(session: Session) -> float | None:
    """The same of pycrdt; None where it is not installed."""
    try:
        from pycrdt import Doc, Text
    except ImportError:
        print("  pycrdt is not installed (uv sync --group bench)", file=sys.stderr)
        return None
    start = time.perf_counter()
    text = Text()
    doc: Doc[Text] = Doc({"text": text})
    for position, deleted, inserted in session.edits:
        if deleted:
            del text[position : position + deleted]
        if inserted:
            text.insert(position, inserted)
    elapsed = time.perf_counter() - start
    if str(doc.get("text", type=Text)) != session.end:
        sys.exit("pycrdt: the final text is wrong")
    best = len(session.edits) / elapsed
    print(f"  {'pycrdt':<24} {best:>12,.0f} edits per second")
    return best


if __name__ == "__main__":
    main()
