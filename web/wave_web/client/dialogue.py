"""What a client says to a server and hears from it, about all its open waves. No socket, no tasks.

The connection's shell tells it when there is a connection, and feeds it what the server sends; it hands out
messages and asks to be called again later. What follows from a message is decided here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, final

from msgspec import UnsetType

from wave_ot.deltas import HashedVersion
from wave_ot.docop import DocOp
from wave_ot.errors import InvalidOperation, MalformedOperation
from wave_ot.wavelet_json import operations_to_json
from wave_server.errors import InvalidRequest
from wave_server.names import WaveId, WaveletName
from wave_web import socket_protocol as protocol
from wave_web.client.concurrency import Committed, OutOfStep, Submission
from wave_web.client.errors import ClientClosed, ClientError, WaveletEnded, WaveRefused
from wave_web.client.replica import Replica
from wave_web.client.wavelet import Wavelet, WaveView

_log: Final = logging.getLogger(__name__)

PASSING_TROUBLES: Final = frozenset({"rate-limited", "unavailable"})
"""Error codes after which the same message may succeed."""
FAULTS_BORNE: Final = 5  # faults of the server's in a row, until an edit counts as refused


@dataclass(frozen=True, slots=True)
class _OpenRequest:
    view: WaveView


@dataclass(frozen=True, slots=True)
class _SubmitRequest:
    wavelet: Wavelet
    key: str


@final
class Dialogue:
    """The open waves of ``author``, over one connection after the other.

    ``send`` takes a message for the server, and is called only while there is a connection. ``later(failures,
    least, action)`` is to call ``action`` after a while that grows with the failures in a row, and after
    ``least`` ms at the least. When ``out_of_step`` is set, the connection has to be made anew.
    """

    def __init__(
        self,
        author: str,
        new_key: Callable[[], str],
        send: Callable[[protocol.ClientMessage], None],
        later: Callable[[int, int, Callable[[], None]], None],
    ) -> None:
        self.failures = 0  # in a row
        self.out_of_step = False
        self._author: Final = author
        self._new_key: Final = new_key
        self._to_server: Final = send
        self._later: Final = later
        self._views: Final[dict[WaveId, WaveView]] = {}
        self._requests: dict[int, _OpenRequest | _SubmitRequest] = {}
        self._last_id = 0
        self._connected = False

    # ---- the connection ----

    def connected(self) -> None:
        """There is a new connection: open everything again on it."""
        self._connected = True
        self._requests = {}
        self.out_of_step = False
        for view in self._views.values():
            self._send_open(view)

    def disconnected(self) -> None:
        """There is none any more."""
        self._connected = False
        for view in self._views.values():
            view.requested = False

    def end(self, error: ClientError) -> None:
        """There will be none any more."""
        self._connected = False
        for view in self._views.values():
            view.fail(error)

    # ---- waves ----

    def open_wave(self, wave: WaveId) -> WaveView:
        """The view of a wave; it is opened at the server unless it is open already."""
        view = self._views.get(wave)
        if view is None:
            view = self._views[wave] = WaveView(wave)
            self._send_open(view)
        return view

    def close_wave(self, view: WaveView) -> None:
        """Close a wave."""
        if self._views.pop(view.wave, None) is not None:
            self._send(protocol.Close(str(view.wave)))
            view.fail(ClientClosed("the wave has been closed"))

    def new_wavelet(self, view: WaveView, name: WaveletName) -> Wavelet:
        """A wavelet without a state yet, in an open wave."""
        replica = Replica(name, self._author, self._new_key)
        wavelet = view.wavelets[name] = Wavelet(replica, self._submit, self._send_cursor)
        return wavelet

    # ---- sending ----

    def _send(self, message: protocol.ClientMessage) -> None:
        if self._connected:
            self._to_server(message)

    def _request(self, request: _OpenRequest | _SubmitRequest) -> int:
        self._last_id += 1
        self._requests[self._last_id] = request
        return self._last_id

    def _send_open(self, view: WaveView) -> None:
        known = {}
        for name, wavelet in view.wavelets.items():
            if wavelet.replica.loaded:
                version = wavelet.replica.version
                known[name.path] = (version.version, protocol.encode_hash(version.history_hash))
        if self._connected:
            view.requested = True
            self._send(protocol.Open(self._request(_OpenRequest(view)), str(view.wave), known))

    def _submit(self, wavelet: Wavelet, submission: Submission) -> None:
        """Send it, if there is a connection that the wave is open on; ``_opened`` sends it otherwise.

        It waits for the answer to the wavelet's submission before, which is still to come where that one was sent
        again after a cut and what was missed meanwhile has told that it had landed: the answer then sends it.
        """
        view = self._views.get(wavelet.name.wave)
        if self._connected and view is not None and view.requested and not self._awaits_answer(wavelet):
            message = protocol.Submit(
                self._request(_SubmitRequest(wavelet, submission.key)),
                wavelet.name.path,
                submission.key,
                submission.target.version,
                protocol.encode_hash(submission.target.history_hash),
                operations_to_json(submission.operations),
            )
            self._send(message)

    def _send_cursor(self, wavelet: Wavelet, document_id: str, anchor: int, head: int) -> None:
        self._send(protocol.PlaceCursor(wavelet.name.path, document_id, anchor, head))

    # ---- receiving ----

    def receive(self, text: str) -> None:
        """Take in a message of the server's. Raises nothing: what cannot be is noted as ``out_of_step``."""
        try:
            message = protocol.decode_server_message(text)
            if isinstance(message, protocol.DeltaMessage):
                self._delta(message)
            elif isinstance(message, protocol.Ack):
                self._ack(message)
            elif isinstance(message, protocol.ErrorMessage):
                self._error(message)
            elif isinstance(message, protocol.Snapshot):
                self._snapshot(message)
            elif isinstance(message, protocol.Opened):
                self._opened(message)
            elif isinstance(message, protocol.CursorMessage):
                self._cursor(message)
        except (InvalidRequest, MalformedOperation, InvalidOperation) as error:
            _log.warning("the server sent what this client cannot read: %s", error)
            self.out_of_step = True

    def _opened(self, message: protocol.Opened) -> None:
        self.failures = 0
        request = self._requests.pop(message.id, None)
        if not isinstance(request, _OpenRequest):
            return
        view = request.view
        visible = set(message.wavelets)
        for name, wavelet in list(view.wavelets.items()):
            unborn = wavelet.replica.loaded and wavelet.replica.version.version == 0
            if name.path in visible or unborn:
                self._resend(wavelet)
            else:
                self._end_wavelet(view, wavelet, "forbidden", "you are no longer a participant")
        if not view.opened.done():
            view.opened.set_result(None)

    def _snapshot(self, message: protocol.Snapshot) -> None:
        name = WaveletName.parse_path(message.wavelet)
        view = self._views.get(name.wave)
        if view is None:
            return
        wavelet = view.wavelets.get(name) or self.new_wavelet(view, name)
        documents = {document_id: DocOp.from_json(op) for document_id, op in message.documents.items()}
        version = protocol.decode_hashed_version(message.version, message.hash)
        wavelet.replica.snapshot(version, message.participants, documents)
        wavelet.stir()
        view.appeared(wavelet)

    def _delta(self, message: protocol.DeltaMessage) -> None:
        wavelet = self._wavelet(message.wavelet)
        if wavelet is not None and wavelet.replica.loaded:
            committed = _committed(message)
            key = None if isinstance(message.key, UnsetType) else message.key
            operations = protocol.decode_operations(message.ops)
            self._step(wavelet, lambda: wavelet.replica.delta(operations, committed, key))

    def _ack(self, message: protocol.Ack) -> None:
        request = self._requests.pop(message.id, None)
        if isinstance(request, _SubmitRequest) and request.wavelet.replica.loaded:
            self.failures = 0
            committed = _committed(message)
            self._step(request.wavelet, lambda: request.wavelet.replica.acknowledged(request.key, committed))
            self._resend(request.wavelet)

    def _cursor(self, message: protocol.CursorMessage) -> None:
        wavelet = self._wavelet(message.wavelet)
        if wavelet is not None and wavelet.on_cursor is not None:
            wavelet.on_cursor(message.author, message.doc, message.anchor, message.head)

    def _error(self, message: protocol.ErrorMessage) -> None:
        request = None if isinstance(message.id, UnsetType) else self._requests.pop(message.id, None)
        if isinstance(request, _SubmitRequest):
            self._submission_failed(request, message)
        elif isinstance(request, _OpenRequest):
            self._open_failed(request.view, message)
        elif not isinstance(message.wavelet, UnsetType):
            self._wavelet_failed(message.wavelet, message)
        else:
            _log.warning("the server says: %s (%s)", message.message, message.code)

    def _submission_failed(self, request: _SubmitRequest, message: protocol.ErrorMessage) -> None:
        wavelet, key = request.wavelet, request.key
        if message.code in PASSING_TROUBLES or (message.code == "internal" and self.failures < FAULTS_BORNE):
            self._retry(message.retry_after, lambda: self._resend(wavelet))
        elif message.code == "not-open":  # opening the wave failed, or it has been closed: it is sent when it is open
            return
        elif message.code == "bad-version":  # what is here is not the server's history: start anew from its state
            wavelet.replica.abandon(message.code, message.message)
            self.out_of_step = True
        else:
            self._step(wavelet, lambda: wavelet.replica.refused(key, message.code, message.message))
            self._resend(wavelet)

    def _resend(self, wavelet: Wavelet) -> None:
        """Send what is in flight, perhaps again, unless an answer is still to come on this connection."""
        wavelet.submit(wavelet.replica.in_flight)

    def _awaits_answer(self, wavelet: Wavelet) -> bool:
        requests = self._requests.values()
        return any(isinstance(request, _SubmitRequest) and request.wavelet is wavelet for request in requests)

    def _open_failed(self, view: WaveView, message: protocol.ErrorMessage) -> None:
        if message.code in PASSING_TROUBLES:
            view.requested = False
            self._retry(message.retry_after, lambda: self._reopen(view))
        else:
            self._views.pop(view.wave, None)
            view.fail(WaveRefused(message.code, message.message))

    def _wavelet_failed(self, path: str, message: protocol.ErrorMessage) -> None:
        wavelet = self._wavelet(path)
        if wavelet is None:
            return
        view = self._views[wavelet.name.wave]
        if message.code in PASSING_TROUBLES:
            self._send(protocol.Close(str(view.wave)))
            view.requested = False
            self._retry(message.retry_after, lambda: self._reopen(view))
        else:
            self._end_wavelet(view, wavelet, message.code, message.message)

    def _reopen(self, view: WaveView) -> None:
        if self._views.get(view.wave) is view and not view.requested:
            self._send_open(view)

    def _end_wavelet(self, view: WaveView, wavelet: Wavelet, code: str, message: str) -> None:
        del view.wavelets[wavelet.name]
        wavelet.replica.abandon(code, message)
        wavelet.end(WaveletEnded(code, f"{wavelet.name.path}: {message}"))

    def _step(self, wavelet: Wavelet, step: Callable[[], Submission | None]) -> None:
        """Take a step of the replica's, send what follows from it, and wake who waits for it."""
        try:
            wavelet.submit(step())
        except OutOfStep as error:
            _log.warning("%s: %s", wavelet.name.path, error)
            replica = wavelet.replica
            # Connecting again fills a gap. Where it does not, only a new snapshot helps.
            if wavelet.stumbled_at == replica.version.version:
                replica.abandon("bad-version", str(error))
            else:
                wavelet.stumbled_at = replica.version.version
            self.out_of_step = True
        wavelet.stir()

    def _wavelet(self, path: str) -> Wavelet | None:
        name = WaveletName.parse_path(path)
        view = self._views.get(name.wave)
        return None if view is None else view.wavelets.get(name)

    def _retry(self, wait: int | UnsetType, action: Callable[[], None]) -> None:
        self.failures += 1
        self._later(self.failures, 0 if isinstance(wait, UnsetType) else wait, action)


def _committed(message: protocol.DeltaMessage | protocol.Ack) -> Committed:
    return Committed(message.at, HashedVersion(message.version, protocol.decode_hash(message.hash)))
