"""A host, its index and its inboxes on a real store, and short ways to write waves with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from named_signer import NamedSigner
from wave_ot.components import Characters, Component, ElementEnd, ElementStart, Retain
from wave_ot.deltas import HashedVersion
from wave_ot.docop import DocOp
from wave_ot.history import version_zero
from wave_ot.inversion import invert
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, RemoveParticipant, WaveletOperation
from wave_server.digests import Digest
from wave_server.host import WaveHost
from wave_server.inbox import Inbox, Note
from wave_server.indexing import Indexer, WaveChange
from wave_server.limits import HostLimits
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_server.store import Store
from wave_server.submission import Submission

DOMAIN = "example.com"
ALICE = WaveAddress("alice", DOMAIN)
BOB = WaveAddress("bob", DOMAIN)
CAROL = WaveAddress("carol", DOMAIN)
DAVE = WaveAddress("dave", "elsewhere.example")
EVERYBODY = WaveAddress.shared(DOMAIN)
MANIFEST = "conversation"


def wave(name: str = "a") -> WaveId:
    return WaveId(DOMAIN, f"w+{name}")


def root(name: str = "a") -> WaveletName:
    return WaveletName.parse_path(f"{DOMAIN}/w+{name}/~/conv+root")


def reply(name: str = "a", local: str = "private") -> WaveletName:
    return WaveletName.parse_path(f"{DOMAIN}/w+{name}/~/conv+{local}")


def manifest(*blips: str, deleted: Sequence[str] = ()) -> DocOp:
    inner: list[Component] = []
    for blip in blips:
        attributes = (("deleted", "true"), ("id", blip)) if blip in deleted else (("id", blip),)
        inner += [ElementStart("blip", attributes), ElementEnd()]
    return DocOp([ElementStart("conversation", ()), *inner, ElementEnd()])


def lines(*texts: str) -> DocOp:
    """A blip with these lines."""
    inner: list[Component] = []
    for text in texts:
        inner += [ElementStart("line", ()), ElementEnd()]
        inner += [Characters(text)] if text else []
    return DocOp([ElementStart("body", ()), *inner, ElementEnd()])


class World:
    """A server's core. Every delta comes a second after the one before."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = 1_700_000_000_000
        self.changes: list[WaveChange] = []
        self.indexer = Indexer(self.store, DOMAIN)
        self.indexer.listen(self.changes.append)
        self.host = WaveHost(
            domain=DOMAIN,
            store=self.store,
            clock=self._tick,
            limits=HostLimits(),
            signer=NamedSigner(DOMAIN),  # only signed waves have participants of other domains
            observers=[self.indexer.note],
        )
        self.inbox = Inbox(self.store, self.indexer, self.host)
        self._keys = count()

    def _tick(self) -> int:
        return self.now

    async def start(self) -> None:
        await self.host.start()
        self.indexer.start(self.host.read)

    async def stop(self) -> None:
        await self.indexer.stop()
        await self.host.stop()

    # Writing

    async def submit(self, name: WaveletName, author: WaveAddress, *operations: WaveletOperation) -> int:
        """The version after the operations."""
        self.now += 1_000
        snapshot = await self.host.read(name)
        target = version_zero(name.uri) if snapshot is None else HashedVersion(snapshot.version, snapshot.history_hash)
        submission = Submission(target, operations, f"key-{next(self._keys)}")
        return (await self.host.submit_and_wait(name, submission, author)).version

    async def create(
        self,
        name: WaveletName,
        author: WaveAddress,
        *others: WaveAddress,
        blips: Mapping[str, Sequence[str]] | None = None,
    ) -> int:
        """Make a conversation with these blips, each of some lines."""
        blips = {"b+1": ["Title", "text"]} if blips is None else blips
        documents = [MutateDocument(blip, lines(*texts)) for blip, texts in blips.items()]
        participants = [AddParticipant(str(each)) for each in (author, *others)]
        return await self.submit(name, author, *participants, MutateDocument(MANIFEST, manifest(*blips)), *documents)

    async def add(self, name: WaveletName, author: WaveAddress, *others: WaveAddress) -> int:
        return await self.submit(name, author, *(AddParticipant(str(each)) for each in others))

    async def remove(self, name: WaveletName, author: WaveAddress, other: WaveAddress) -> int:
        return await self.submit(name, author, RemoveParticipant(str(other)))

    async def write(self, name: WaveletName, author: WaveAddress, blip: str, text: str) -> int:
        """Append text to the last line of a blip."""
        document = await self._document(name, blip)
        size = items(document)
        return await self.submit(
            name, author, MutateDocument(blip, DocOp([Retain(size - 1), Characters(text), Retain(1)]))
        )

    async def add_blip(self, name: WaveletName, author: WaveAddress, blip: str, *texts: str) -> int:
        """Add a blip at the end of the root thread."""
        size = items(await self._document(name, MANIFEST))
        into = [ElementStart("blip", (("id", blip),)), ElementEnd()]
        placed = MutateDocument(MANIFEST, DocOp([Retain(size - 1), *into, Retain(1)]))
        return await self.submit(name, author, MutateDocument(blip, lines(*texts)), placed)

    async def tag(self, name: WaveletName, author: WaveAddress, tag: str) -> int:
        size = items(await self._document(name, "tags"))
        kept = [Retain(size)] if size else []
        return await self.submit(
            name, author, MutateDocument("tags", DocOp([*kept, ElementStart("tag", ()), Characters(tag), ElementEnd()]))
        )

    async def erase(self, name: WaveletName, author: WaveAddress, document: str, content: DocOp) -> int:
        """Delete a document's whole content."""
        return await self.submit(name, author, MutateDocument(document, invert(content)))

    async def replace(self, name: WaveletName, author: WaveAddress, document: str, content: DocOp) -> int:
        """Put another content in the place of a document's."""
        old = invert(await self._document(name, document))
        return await self.submit(name, author, MutateDocument(document, old), MutateDocument(document, content))

    async def note(self, address: WaveAddress, wave_id: WaveId, **note: object) -> Digest:
        return await self.inbox.note(address, wave_id, Note(**note))  # type: ignore[arg-type]

    async def _document(self, name: WaveletName, document: str) -> DocOp:
        snapshot = await self.host.read(name)
        assert snapshot is not None
        return snapshot.documents.get(document, DocOp())

    # Reading

    async def find(self, address: WaveAddress, query: str = "in:inbox", limit: int = 50) -> list[str]:
        """The local names of the waves that a search finds."""
        await self.indexer.settle()
        page = await self.inbox.find(address, query, limit)
        return [each.wave.removeprefix(f"{DOMAIN}/w+") for each in page.waves]

    async def unread(self, address: WaveAddress, name: str = "a") -> int:
        return (await self.inbox.digest(address, wave(name))).unread


def items(document: DocOp) -> int:
    return sum(
        len(each.text) if isinstance(each, Characters) else isinstance(each, ElementStart | ElementEnd)
        for each in document.components
    )
