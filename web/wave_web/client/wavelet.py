"""A wave and its wavelets as a program uses them: edit, read, wait. The connection does the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeAlias, final

from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, RemoveParticipant, WaveletOperation
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_web.client.concurrency import Submission
from wave_web.client.errors import ClientError, EditRefused
from wave_web.client.replica import Replica

Send: TypeAlias = Callable[["Wavelet", Submission], None]
SendCursor: TypeAlias = Callable[["Wavelet", str, int, int], None]


@final
class Wavelet:
    """One wavelet, kept in step with the server. ``replica`` holds the state; edit through this object."""

    def __init__(self, replica: Replica, send: Send, send_cursor: SendCursor) -> None:
        self.replica: Final = replica
        self.ended: ClientError | None = None  # why nothing more comes
        self.stumbled_at: int | None = None  # the version at which the server's messages last did not fit
        self.on_cursor: Callable[[str, str, int, int], None] | None = None  # author, document, anchor, head
        self.on_progress: Callable[[], None] | None = None  # called after each message about this wavelet
        self._send: Final = send
        self._send_cursor: Final = send_cursor
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._reported = 0  # refused edits that settled() has raised

    @property
    def name(self) -> WaveletName:
        """The wavelet's name."""
        return self.replica.name

    @property
    def participants(self) -> tuple[str, ...]:
        """Who takes part, in the order of joining."""
        return tuple(self.replica.participants)

    def document(self, document_id: str) -> Document:
        """A document, to read."""
        return self.replica.document(document_id)

    # ---- editing ----

    def edit(self, document_id: str, op: DocOp) -> None:
        """Apply an operation at once; it goes to the server by itself. Raises InvalidOperation, changing nothing."""
        self.apply(MutateDocument(document_id, op))

    def apply(self, *operations: WaveletOperation) -> None:
        """Apply operations at once; they go to the server in one delta. Raises InvalidOperation, changing nothing."""
        if self.ended is not None:
            raise self.ended
        self.submit(self.replica.edit(*operations))

    def add_participant(self, address: WaveAddress | str) -> None:
        """Share the wavelet, with all its history."""
        self.apply(AddParticipant(str(address)))

    def remove_participant(self, address: WaveAddress | str) -> None:
        """Take somebody out."""
        self.apply(RemoveParticipant(str(address)))

    def place_cursor(self, document_id: str, anchor: int, head: int) -> None:
        """Show the others where the selection is, in items. Nothing happens without a connection."""
        self._send_cursor(self, document_id, anchor, head)

    # ---- waiting ----

    async def settled(self) -> None:
        """Wait until the server has everything that was typed here, durably.

        Raises EditRefused, once for each refused edit, and whatever ended the wavelet or the client.
        """
        await self.wait_for(lambda: self.replica.settled or self._reported < len(self.replica.refused_edits))
        if self._reported < len(self.replica.refused_edits):
            self._reported += 1
            raise EditRefused(self.replica.refused_edits[self._reported - 1])

    async def reached(self, version: int) -> None:
        """Wait until the history has arrived here up to ``version``."""
        await self.wait_for(lambda: self.replica.loaded and self.replica.version.version >= version)

    async def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until ``condition`` holds; it is looked at after each change. Raises what ended the wavelet."""
        while not condition():
            if self.ended is not None:
                raise self.ended
            changed = asyncio.get_running_loop().create_future()
            self._waiting.append((condition, changed))
            await changed

    # ---- what the connection does ----

    def submit(self, submission: Submission | None) -> None:
        """Send what the replica says is to be sent."""
        if submission is not None:
            self._send(self, submission)

    def end(self, error: ClientError) -> None:
        """Nothing more comes; whoever waits is told."""
        self.ended = error
        self.stir()

    def stir(self) -> None:
        """Something has changed: let those go on whose condition holds."""
        if self.on_progress is not None:
            self.on_progress()
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        for condition, changed in waiting:
            if changed.done():
                continue
            if self.ended is not None or condition():
                changed.set_result(None)
            else:
                self._waiting.append((condition, changed))


@final
class WaveView:
    """An open wave: the wavelets that the user may see, as they come and go."""

    def __init__(self, wave: WaveId) -> None:
        self.wave: Final = wave
        self.wavelets: Final[dict[WaveletName, Wavelet]] = {}
        self.on_wavelet: Callable[[Wavelet], None] | None = None  # called when one appears
        self.requested = False  # this connection has asked the server to open it
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._expected: dict[WaveletName, asyncio.Future[None]] = {}

    async def wavelet(self, name: WaveletName) -> Wavelet:
        """The wavelet, as soon as its state is here. Waits for ever for one that never becomes visible."""
        while (found := self.wavelets.get(name)) is None or not found.replica.loaded:
            expected = self._expected.get(name)
            if expected is None or expected.done():
                expected = self._expected[name] = asyncio.get_running_loop().create_future()
            await asyncio.shield(expected)
        return found

    def appeared(self, wavelet: Wavelet) -> None:
        """The state of a wavelet has come."""
        expected = self._expected.pop(wavelet.name, None)
        if expected is not None and not expected.done():
            expected.set_result(None)
        if self.on_wavelet is not None:
            self.on_wavelet(wavelet)

    def fail(self, error: ClientError) -> None:
        """The wave cannot be read any more."""
        if not self.opened.done():
            self.opened.set_exception(error)
            self.opened.exception()  # whoever waits gets it; nobody need be waiting
        for expected in self._expected.values():
            if not expected.done():
                expected.set_exception(error)
                expected.exception()
        for wavelet in self.wavelets.values():
            wavelet.end(error)
