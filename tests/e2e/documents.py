"""What a wave holds, read from the page of each person and from the server in the same shape, to compare them."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from playwright.async_api import Page

from e2e.people import Person

Run: TypeAlias = tuple[str, tuple[str, ...]]
"""Text, and what it is: "bold", "italic", "code", "mention ADDRESS", "link TARGET", sorted."""

LONGEST_WAIT: Final = 10.0  # seconds


@dataclass(frozen=True)
class ShownLine:
    """A line: what kind of line it is (such as "h1"; "" for a paragraph), and its text in runs."""

    kind: str
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        """The text alone."""
        return "".join(text for text, _ in self.runs)


Blips: TypeAlias = Mapping[str, Sequence[ShownLine]]
"""Lines by the id of their blip; those of blips without text too."""

_READ_PAGE: Final = """() => {
  const isOwn = (line, article) => line.closest("article[data-blip]") === article;
  const aside = ".gs-remote-caret, .gs-reply, .gs-inline, .gs-image, [contenteditable=false], .ProseMirror-widget";
  const marksOf = (node, line) => {
    const marks = new Set();
    for (let at = node.parentElement; at !== null && at !== line; at = at.parentElement) {
      if (at.matches("strong")) marks.add("bold");
      else if (at.matches("em")) marks.add("italic");
      else if (at.matches("code")) marks.add("code");
      else if (at.matches("a")) marks.add(`link ${at.getAttribute("href")}`);
      else if (at.matches(".gs-mention")) marks.add("mention");
    }
    return [...marks].sort();
  };
  const runsOf = (line) => {
    const runs = [];
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node.parentElement.closest(aside) !== null && line.contains(node.parentElement.closest(aside))) continue;
      const marks = marksOf(node, line);
      const last = runs.at(-1);
      if (last !== undefined && last[1].join() === marks.join()) last[0] += node.data;
      else if (node.data !== "") runs.push([node.data, marks]);
    }
    return runs;
  };
  const kindOf = (line) => [...line.classList].find((name) => /^gs-(h[1-4]|bulleted|numbered)$/.test(name)) ?? "gs-";
  return [...document.querySelectorAll("article[data-blip]")].map((article) => [
    article.dataset.blip,
    [...article.querySelectorAll(".gs-line")]
      .filter((line) => isOwn(line, article))
      .map((line) => [kindOf(line).slice(3), runsOf(line)]),
  ]);
}"""


async def shown(page: Page) -> Blips:
    """The blips of the open wave as this page shows them."""
    read: list[tuple[str, list[tuple[str, list[tuple[str, list[str]]]]]]] = await page.evaluate(_READ_PAGE)
    return {
        blip: [ShownLine(kind, tuple((text, tuple(marks)) for text, marks in runs)) for kind, runs in lines]
        for blip, lines in read
    }


_SHOWS: Final = f"""([number, text]) => {{
  const lines = ({_READ_PAGE})()[number]?.[1] ?? [];
  return lines.map(([, runs]) => runs.map(([part]) => part).join("")).join("\\n").includes(text);
}}"""


async def shows(page: Page, text: str, number: int = 0) -> None:
    """Wait until this page shows some text in a blip; a line break stands between lines."""
    await page.wait_for_function(_SHOWS, arg=[number, text])


async def shown_lines(page: Page, number: int = 0) -> list[str]:
    """The text of a blip's lines, as this page shows them."""
    return [line.text for line in list((await shown(page)).values())[number]]


async def stored(person: Person, path: str) -> Blips:
    """The blips of the wave of a page as the server has them now, to this person."""
    documents = (await server_state(person, path))["documents"]
    return {name: _lines(document) for name, document in documents.items() if name.startswith("b+")}


async def server_state(person: Person, path: str, wavelet: str = "conv+root") -> dict[str, Any]:
    """The head of a wavelet of a page's wave: version, participants, documents in components."""
    domain, wave = path.split("#")[0].removeprefix("/wave/").split("/")[:2]
    name = f"{domain}/{wave}/~/{wavelet}"
    history = await _get(person, "/api/v1/wavelets/timeline", {"wavelet": name})
    return await _get(person, "/api/v1/wavelets/state", {"wavelet": name, "version": history["version"]})


async def _get(person: Person, path: str, query: dict[str, str | float | bool]) -> dict[str, Any]:
    response = await person.context.request.get(f"{person.url}{path}", params=query)
    body: dict[str, Any] = await response.json()
    assert response.status == 200, body
    return body


async def agreed(path: str, *people: Person) -> Blips:
    """Wait until all pages of these people and the server have the same blips, and return them.

    Raises AssertionError, with what each has, when they still differ after ten seconds.
    """
    deadline = asyncio.get_running_loop().time() + LONGEST_WAIT
    while True:
        theirs = await stored(people[0], path)
        seen = [_texts(await shown(person.page)) for person in people]
        if all(each == _texts(theirs) for each in seen):
            return theirs
        if asyncio.get_running_loop().time() > deadline:
            detail = [f"{person.name}: {has}" for person, has in zip(people, seen, strict=True)]
            raise AssertionError("\n".join([f"server: {_texts(theirs)}", *detail]))


def _texts(blips: Blips) -> dict[str, Sequence[ShownLine]]:
    return {blip: lines for blip, lines in blips.items() if lines}


def only(text: str, letters: str) -> str:
    """What remains of ``text`` of these letters, to see one person's part of what several wrote."""
    return "".join(character for character in text if character in letters)


def plain_characters(text: str) -> bool:
    """Whether no lone surrogate or replacement character shows that a character was cut in two."""
    return all(character != "\ufffd" and unicodedata.category(character) != "Cs" for character in text)


_KINDS: Final = {("li", None): "bulleted", ("li", "decimal"): "numbered"}


def _lines(document: Iterable[Mapping[str, Any]]) -> list[ShownLine]:
    lines: list[tuple[str, list[Run]]] = []
    styles: dict[str, str] = {}
    for component in document:
        match component:
            case {"start": ["line", attributes]}:
                kind = attributes.get("t", "")
                lines.append((_KINDS.get((kind, attributes.get("listyle")), kind), []))
            case {"chars": text}:
                _append(lines[-1][1], (text, _marks(styles)))
            case {"ann": change}:
                for key in change.get("end", ()):
                    styles.pop(key, None)
                for key, _, value in change.get("change", ()):
                    styles[key] = value
                    if value is None:
                        del styles[key]
    return [ShownLine(kind, tuple(runs)) for kind, runs in lines]


def _append(runs: list[Run], run: Run) -> None:
    if runs and runs[-1][1] == run[1]:
        runs[-1] = (runs[-1][0] + run[0], run[1])
    else:
        runs.append(run)


def _marks(styles: Mapping[str, str]) -> tuple[str, ...]:
    marks = []
    for key, value in styles.items():
        match key, value:
            case "style/fontWeight", "bold":
                marks.append("bold")
            case "style/fontStyle", "italic":
                marks.append("italic")
            case "style/fontFamily", "monospace":
                marks.append("code")
            case (("link/manual" | "link/auto"), target):
                marks.append(f"link {target}")
            case "mention", _:
                marks.append("mention")
    return tuple(sorted(marks))
