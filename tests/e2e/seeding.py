"""Waves with content, written by several people through the socket: for screenshots, measurements and tests.

A conversation is described as data and submitted blip by blip, each by its author, so that history,
attribution and unread marks are as if people had written it.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from running.server_process import ServerProcess
from wave_ot.docop import DocOp
from wave_ot.wavelet_operations import AddParticipant, MutateDocument
from wave_server.names import WaveletName
from wave_web.client.connection import WaveClient
from wave_web.client.wavelet import Wavelet

ComponentJson: TypeAlias = dict[str, object]
"""A component in the shape in which it travels (docs/protocol.md)."""


@dataclass(frozen=True)
class Span:
    """Text with annotations, such as ``{"style/fontWeight": "bold"}``."""

    text: str
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One line: its spans, and the attributes of its ``line`` element, such as ``{"t": "h1"}``."""

    spans: tuple[Span, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Blip:
    """A blip and the threads that answer it. ``author`` is the name before the @."""

    author: str
    lines: Sequence[Line]
    threads: Sequence[Sequence[Blip]] = ()


def line(*parts: str | Span, **attributes: str) -> Line:
    """A line of plain strings and spans."""
    return Line(tuple(Span(part) if isinstance(part, str) else part for part in parts), attributes)


def bold(text: str) -> Span:
    """Bold text."""
    return Span(text, {"style/fontWeight": "bold"})


def italic(text: str) -> Span:
    """Italic text."""
    return Span(text, {"style/fontStyle": "italic"})


def link(text: str, target: str) -> Span:
    """A link."""
    return Span(text, {"link/manual": target})


def mention(name: str, address: str) -> Span:
    """A mention of somebody."""
    return Span(f"@{name}", {"mention": address})


def blip_components(lines: Sequence[Line]) -> list[ComponentJson]:
    """The insertion that makes a blip of these lines."""
    components: list[ComponentJson] = [{"start": ["body", {}]}]
    for each in lines:
        components += [{"start": ["line", dict(each.attributes)]}, {"end": True}]
        for span in each.spans:
            keys = sorted(span.annotations)
            if keys:
                changes = [[key, None, span.annotations[key]] for key in keys]
                components.append({"ann": {"end": [], "change": changes}})
            components.append({"chars": span.text})
            if keys:
                components.append({"ann": {"end": keys, "change": []}})
    components.append({"end": True})
    return components


class Manifest:
    """The manifest being written, as a flat list of tags, so that places are indexes."""

    def __init__(self) -> None:
        self._tags: list[str] = []  # "conversation", "blip ID", "thread ID", or "/" for an end

    @classmethod
    def of(cls, written: DocOp) -> Manifest:
        """One that exists, to go on with."""
        manifest = cls()
        for component in written.to_json():
            match component:
                case {"start": ["conversation", _]}:
                    manifest._tags.append("conversation")
                case {"start": [str(kind), {"id": str(identifier)}]}:
                    manifest._tags.append(f"{kind} {identifier}")
                case _:
                    manifest._tags.append("/")
        return manifest

    def create(self) -> MutateDocument:
        """The operation that makes the empty conversation."""
        self._tags = ["conversation", "/"]
        return _on_manifest([{"start": ["conversation", {}]}, {"end": True}])

    def add(self, parent: str, tag: str) -> MutateDocument:
        """The operation that appends an element (``"blip b+1"``, ``"thread t+1"``) to the parent's children."""
        place = self._end_of(self._tags.index(parent))
        kind, identifier = tag.split()
        op: list[ComponentJson] = [{"retain": place}, {"start": [kind, {"id": identifier}]}, {"end": True}]
        op.append({"retain": len(self._tags) - place})
        self._tags[place:place] = [tag, "/"]
        return _on_manifest(op)

    def _end_of(self, start: int) -> int:
        depth = 0
        for place, tag in enumerate(self._tags[start:], start):
            depth += -1 if tag == "/" else 1
            if depth == 0:
                return place
        raise AssertionError(f"{self._tags[start]} has no end")


def _on_manifest(op: list[ComponentJson]) -> MutateDocument:
    return MutateDocument("conversation", DocOp.from_json(op))


_counter: Final = itertools.count(1)


class Seeder:
    """Writes conversations as the people whose clients it has, by name."""

    def __init__(self, clients: Mapping[str, WaveClient], domain: str = "localhost") -> None:
        self._clients = clients
        self._domain = domain

    async def write(
        self, root: Sequence[Blip], *, others: Sequence[str] = (), tags: Sequence[str] = (), wave: str | None = None
    ) -> WaveletName:
        """Make a wave of the first blip's author, add ``others`` (names), and write every blip as its author."""
        creator = root[0].author
        local = wave or f"w+{secrets.token_urlsafe(8)}"
        name = WaveletName.parse_path(f"{self._domain}/{local}/~/conv+root")
        manifest = Manifest()
        view = await self._clients[creator].open(name.wave)
        added = [AddParticipant(f"{other}@{self._domain}") for other in others]
        wavelet = await self._clients[creator].create(view, name, *added, manifest.create())
        await self._thread(name, manifest, "conversation", root)
        if tags:
            op = [part for tag in tags for part in ({"start": ["tag", {}]}, {"chars": tag}, {"end": True})]
            wavelet.apply(MutateDocument("tags", DocOp.from_json(op)))
            await wavelet.settled()
        return name

    async def reply(self, path: str, blip: Blip) -> None:
        """Write a blip at the end of the wave whose page is at ``path``, as its author."""
        name = WaveletName.parse_path(f"{path.removeprefix('/wave/')}/~/conv+root")
        view = await self._clients[blip.author].open(name.wave)
        wavelet = await view.wavelet(name)
        manifest = Manifest.of(wavelet.replica.document("conversation").to_op())
        await self._thread(name, manifest, "conversation", [blip])

    async def _thread(self, name: WaveletName, manifest: Manifest, parent: str, blips: Sequence[Blip]) -> None:
        for blip in blips:
            tag = f"blip b+{next(_counter):04}{secrets.token_urlsafe(6)}"
            wavelet = await self._wavelet(name, blip.author)
            content = MutateDocument(tag.split()[1], DocOp.from_json(blip_components(blip.lines)))
            wavelet.apply(manifest.add(parent, tag), content)
            await wavelet.settled()
            for thread in blip.threads:
                thread_tag = f"thread t+{secrets.token_urlsafe(6)}"
                answering = await self._wavelet(name, thread[0].author)
                answering.apply(manifest.add(tag, thread_tag))
                await answering.settled()
                await self._thread(name, manifest, thread_tag, thread)

    async def _wavelet(self, name: WaveletName, author: str) -> Wavelet:
        """The author's copy, caught up with everybody's."""
        views = [await client.open(name.wave) for client in self._clients.values()]
        known = [found.replica.version.version for view in views for found in _held(view.wavelets, name)]
        view = await self._clients[author].open(name.wave)
        wavelet = await view.wavelet(name)
        await wavelet.reached(max(known))
        return wavelet


@asynccontextmanager
async def writing(server: ServerProcess, *addresses: str) -> AsyncIterator[Seeder]:
    """A seeder who writes as these people within the block."""
    async with AsyncExitStack() as stack:
        clients = {}
        for address in addresses:
            client = await WaveClient.connect(server.url, await server.token(address))
            clients[address.partition("@")[0]] = await stack.enter_async_context(client)
        yield Seeder(clients)


def _held(wavelets: Mapping[WaveletName, Wavelet], name: WaveletName) -> Iterator[Wavelet]:
    found = wavelets.get(name)
    if found is not None and found.replica.loaded:
        yield found
