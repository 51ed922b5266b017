"""The API's part about the past: a wavelet's timeline, past states, deltas, and who wrote what."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final, Protocol

import msgspec
from aiohttp import web

from wave_ot.wavelet_json import operations_to_json
from wave_server.attribution import Attribution
from wave_server.errors import InvalidRequest
from wave_server.history_reading import DeltaPage, PastState, Timeline
from wave_server.names import InvalidName, WaveAddress, WaveletName
from wave_server.submission import Delta
from wave_web.api import ApiRoutes, Call
from wave_web.authentication import READ_SCOPE
from wave_web.socket_protocol import Components, OperationJson, encode_hash

_OFF_LOOP: Final = 5_000  # runs, or documents' components, from which making JSON of them is worth a thread
_WORTH_PACKING: Final = 1_024  # runs or deltas from which compression pays

WaveletPath = Annotated[
    str, msgspec.Meta(max_length=2_000, description="A wavelet's path, such as `example.com/w+abc/~/conv+root`.")
]
Version = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class HistoryPort(Protocol):
    """What these routes ask of the core; ``wave_server.history_reading.History`` is it. Methods raise WaveErrors."""

    async def timeline(self, name: WaveletName, reader: WaveAddress) -> Timeline:
        """Who changed the wavelet when."""

    async def state(self, name: WaveletName, version: int, reader: WaveAddress) -> PastState:
        """What it was at a version."""

    async def deltas(self, name: WaveletName, start: int, end: int, reader: WaveAddress) -> DeltaPage:
        """Deltas from one version on, to another or before."""


class AttributionPort(Protocol):
    """Who wrote what; ``wave_server.attribution.Attributions`` is it."""

    async def at(self, name: WaveletName, version: int | None, reader: WaveAddress) -> Attribution:
        """Who wrote what at a version, or at the head. Raises WaveErrors."""


class HistoryPorts(msgspec.Struct, frozen=True):
    """Both, as one port of the routes."""

    history: HistoryPort
    attributions: AttributionPort


HISTORY: Final = web.AppKey("history", HistoryPorts)
routes: Final = ApiRoutes("history")


class WaveletQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which wavelet."""

    wavelet: WaveletPath


class StateQuery(WaveletQuery, forbid_unknown_fields=True, kw_only=True):
    """Which wavelet, and when."""

    version: Version


class AttributionQuery(WaveletQuery, forbid_unknown_fields=True, kw_only=True):
    """Which wavelet, and when: now, without a version."""

    version: Version | None = None


class DeltasQuery(WaveletQuery, forbid_unknown_fields=True, kw_only=True):
    """Which wavelet, and which part of its history."""

    start: Version = msgspec.field(name="from")
    end: Version = msgspec.field(name="to")


class TimelineAnswer(msgspec.Struct):
    """The whole history in at most 2000 points: version, time in ms since 1970, index of the author."""

    version: int
    created: int
    authors: list[str]
    points: list[tuple[int, int, int]]


class StateAnswer(msgspec.Struct):
    """A wavelet at a version. Documents as in the WebSocket protocol's `snapshot`; empty ones are left out."""

    version: int
    hash: str
    timestamp: int  # ms since 1970, of the delta that led to the version; 0 at version 0
    participants: list[str]
    documents: dict[str, Components]


class DeltaAnswer(msgspec.Struct):
    """One delta, as in the WebSocket protocol."""

    at: int
    version: int
    author: str
    timestamp: int
    ops: list[OperationJson]


class DeltasAnswer(msgspec.Struct):
    """Deltas in order, and the `from` of the next request, if there is more."""

    deltas: list[DeltaAnswer]
    next: int | None


class AttributionAnswer(msgspec.Struct):
    """By document, runs: number of items, index of the author, version that the inserting delta led to."""

    version: int
    authors: list[str]
    documents: dict[str, list[tuple[int, int, int]]]


@routes.route(
    "GET", "/wavelets/timeline", summary="Who changed a wavelet when", scope=READ_SCOPE, errors=("not-found",)
)
async def show_timeline(call: Call[WaveletQuery, None]) -> TimelineAnswer:
    """The whole history, however long, in at most 2000 points, spread evenly over its versions; the last is the head.

    Each stands for the deltas between it and the one before, and names a version that there is a state of.
    """
    found = await call.port(HISTORY).history.timeline(_wavelet(call.query.wavelet), call.account)
    authors: dict[str, int] = {}
    points = [
        (point.version, point.timestamp, authors.setdefault(point.author, len(authors))) for point in found.points
    ]
    _compress(call.response, len(points))
    return TimelineAnswer(found.version, found.created, list(authors), points)


@routes.route(
    "GET",
    "/wavelets/state",
    summary="A wavelet as it was",
    scope=READ_SCOPE,
    errors=("not-found", "bad-version"),
)
async def show_state(call: Call[StateQuery, None]) -> StateAnswer:
    """The state at a version; at one inside a delta, the state before that delta: see `version` of the answer.

    A version beyond the newest is `bad-version`.
    """
    past = await call.port(HISTORY).history.state(_wavelet(call.query.wavelet), call.query.version, call.account)
    snapshot = past.snapshot
    components = sum(len(op.components) for op in snapshot.documents.values())
    documents = _documents(past) if components < _OFF_LOOP else await asyncio.to_thread(_documents, past)
    call.response.enable_compression()
    return StateAnswer(
        snapshot.version,
        encode_hash(snapshot.history_hash),
        past.timestamp,
        list(snapshot.participants),
        documents,
    )


@routes.route(
    "GET",
    "/wavelets/deltas",
    summary="A part of a wavelet's history",
    scope=READ_SCOPE,
    errors=("not-found", "bad-version"),
)
async def list_deltas(call: Call[DeltasQuery, None]) -> DeltasAnswer:
    """The deltas from version `from` on that lead to version `to` or before, as many as fit a page.

    `from` must be 0 or a version that a delta led to; when `next` is not null, ask again from there.
    """
    query = call.query
    page = await call.port(HISTORY).history.deltas(_wavelet(query.wavelet), query.start, query.end, call.account)
    call.response.enable_compression()
    return DeltasAnswer([_delta(delta) for delta in page.deltas], page.next)


@routes.route(
    "GET",
    "/wavelets/attribution",
    summary="Who wrote what in a wavelet",
    scope=READ_SCOPE,
    errors=("not-found", "bad-version"),
)
async def show_attribution(call: Call[AttributionQuery, None]) -> AttributionAnswer:
    """Who inserted each item of each document, at a version or now, as runs; items count as in operations.

    At a version inside a delta, as it was before that delta: see `version` of the answer.
    """
    name = _wavelet(call.query.wavelet)
    found = await call.port(HISTORY).attributions.at(name, call.query.version, call.account)
    runs = sum(len(each) for each in found.documents.values())
    documents = _runs(found) if runs < _OFF_LOOP else await asyncio.to_thread(_runs, found)
    _compress(call.response, runs)
    return AttributionAnswer(found.version, list(found.authors), documents)


def _wavelet(path: str) -> WaveletName:
    try:
        return WaveletName.parse_path(path)
    except InvalidName as error:
        raise InvalidRequest(f"the query: {error}, at wavelet") from error


def _documents(past: PastState) -> dict[str, Components]:
    return {document_id: op.to_json() for document_id, op in past.snapshot.documents.items()}


def _delta(delta: Delta) -> DeltaAnswer:
    return DeltaAnswer(delta.at, delta.version, delta.author, delta.timestamp, operations_to_json(delta.operations))


def _runs(found: Attribution) -> dict[str, list[tuple[int, int, int]]]:
    return {document_id: [(*run,) for run in found.runs(document_id)] for document_id in found.documents}


def _compress(response: web.Response, entries: int) -> None:
    if entries >= _WORTH_PACKING:
        response.enable_compression()
