"""A load test with real clients: many people type into many wavelets, and in the end all must see the same.

Each edit inserts a token that occurs nowhere else, at the edge between two others. So every client can tell
when it got which edit, and the final text shows whether any was lost or doubled.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final, final

from wave_ot.components import Characters
from wave_ot.wavelet_operations import MutateDocument, WaveletOperation
from wave_server.identifiers import new_identifier
from wave_server.names import WaveId, WaveletId, WaveletName
from wave_web.client import BlipText, ClientError, WaveClient, Wavelet, blip_of

BLIP: Final = "b+1"
TOKEN_WIDTH: Final = 10
SETTLING_TIME: Final = 30.0  # seconds that clients have to agree once the typing has ended


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What to do. ``token`` is a bearer token; all clients are that one account."""

    url: str
    token: str
    clients: int = 10
    wavelets: int = 1
    rate: float = 2.0  # edits per second and client
    seconds: float = 10.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class PlannedEdit:
    """Client number ``client`` inserts at ``place`` (0 to 1 of its text), ``at`` seconds after the start."""

    at: float
    client: int
    place: float


@dataclass(slots=True)
class Result:
    """What came out. Latencies are in seconds; ``problems`` is empty when all clients agree and nothing is lost."""

    edits: int = 0
    deliveries: int = 0
    seconds: float = 0.0
    submissions: int = 0
    ack_latencies: list[float] = field(default_factory=list)
    delivery_latencies: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def converged(self) -> bool:
        """Whether all clients agree, and every edit is there exactly once."""
        return not self.problems

    def lines(self) -> list[str]:
        """The result for people."""
        rate = self.edits / self.seconds if self.seconds else 0.0
        return [
            f"edits       {self.edits} in {self.seconds:.1f} s: {rate:.1f}/s, {self.submissions} submissions",
            f"deliveries  {self.deliveries}",
            f"ack         {latency_line(self.ack_latencies)}",
            f"delivery    {latency_line(self.delivery_latencies)}",
            *(f"PROBLEM     {problem}" for problem in self.problems),
            "all clients agree; every edit is there exactly once" if self.converged else "clients DO NOT agree",
        ]


def plan(options: LoadOptions) -> Iterator[PlannedEdit]:
    """The edits in order of time: each client edits at its rate, the clients spread evenly over the period."""
    dice = random.Random(options.seed)  # noqa: S311 - a plan that can be repeated
    period = 1 / options.rate
    starts = sorted((dice.random() * period, client) for client in range(options.clients))
    for round_number in range(int(options.seconds * options.rate)):
        for start, client in starts:
            yield PlannedEdit(start + round_number * period, client, dice.random())


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of the values do not exceed; 0 when there are none."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, round(share * len(ordered)) - 1))] if ordered else 0.0


def latency_line(values: Sequence[float]) -> str:
    """Percentiles, in milliseconds."""
    shares = ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"), (1.0, "max"))
    return "  ".join(f"{name} {percentile(values, share) * 1000:.1f}" for share, name in shares) + " ms"


async def run_loadtest(options: LoadOptions, report: Callable[[str], None]) -> Result:
    """Run it, with a line to ``report`` each second. Raises ClientError or OSError when clients cannot connect."""
    result = Result()
    async with AsyncExitStack() as stack:
        typists = await _typists(options, stack, result)
        report(f"{options.clients} clients on {options.wavelets} wavelets are connected")
        progress = asyncio.create_task(_report_progress(result, report))
        try:
            await _type(options, typists, result)
        finally:
            progress.cancel()
        await _check(typists, result)
    return result


@final
class _Typist:
    """One client: it types tokens into its wavelet, and times acknowledgements and deliveries."""

    def __init__(self, number: int, wavelet: Wavelet, sent_at: dict[str, float], result: Result) -> None:
        self.wavelet: Final = wavelet
        self.text: Final = BlipText(wavelet.replica, BLIP)
        self.tokens = 0  # in the text as this client sees it
        self.typed: Final[list[str]] = []
        self._number: Final = number
        self._sent_at: Final = sent_at  # of the wavelet's tokens
        self._result: Final = result
        self._in_flight: tuple[str, list[float]] | None = None  # a submission's key, and when its edits were made
        self._buffered: list[float] = []
        wavelet.replica.watchers.append(self)
        wavelet.on_progress = self._progressed

    def type(self, place: float) -> None:
        """Insert one token."""
        token = f"{self._number:04x}{len(self.typed):06x}"
        now = perf_counter()
        self._sent_at[token] = now
        self.typed.append(token)
        self._buffered.append(now)
        self._result.edits += 1
        position = int(place * (self.tokens + 1)) * TOKEN_WIDTH
        self.wavelet.apply(self.text.edit(min(position, self.tokens * TOKEN_WIDTH), 0, token))
        self._progressed()

    def _progressed(self) -> None:
        """See whether the submission in flight is another one now: then the last one has been acknowledged."""
        current = self.wavelet.replica.in_flight
        if self._in_flight is not None and (current is None or current.key != self._in_flight[0]):
            now = perf_counter()
            self._result.ack_latencies += [now - made for made in self._in_flight[1]]
            self._result.submissions += 1
            self._in_flight = None
        if self._in_flight is None and current is not None:
            self._in_flight = (current.key, self._buffered)
            self._buffered = []

    # ---- Watcher ----

    def changed(self, operation: WaveletOperation, *, local: bool) -> None:
        """Count tokens, and time those of others."""
        if not isinstance(operation, MutateDocument):
            return
        for component in operation.op.components:
            if isinstance(component, Characters):
                self.tokens += len(component.text) // TOKEN_WIDTH
                if not local:
                    self._delivered(component.text)

    def _delivered(self, text: str) -> None:
        now = perf_counter()
        for start in range(0, len(text), TOKEN_WIDTH):
            sent = self._sent_at.get(text[start : start + TOKEN_WIDTH])
            if sent is not None:
                self._result.deliveries += 1
                self._result.delivery_latencies.append(now - sent)

    def replaced(self) -> None:
        """The state is new, from a snapshot."""
        self.tokens = len(self.text.text) // TOKEN_WIDTH


async def _typists(options: LoadOptions, stack: AsyncExitStack, result: Result) -> list[_Typist]:
    """The clients, dealt out over the wavelets; the first at each wavelet makes it."""
    typists: list[_Typist] = []
    names: list[WaveletName] = []
    sent_at: list[dict[str, float]] = []
    for number in range(options.clients):
        client = await stack.enter_async_context(await WaveClient.connect(options.url, options.token))
        place = number % options.wavelets
        if number < options.wavelets:
            domain = client.address.domain
            wave = WaveId(domain, new_identifier("w", secrets.token_bytes))
            names.append(WaveletName(wave, WaveletId(domain, "conv+root")))
            sent_at.append({})
            view = await client.open(wave)
            wavelet = await client.create(view, names[place], MutateDocument(BLIP, blip_of("")))
        else:
            view = await client.open(names[place].wave)
            wavelet = await view.wavelet(names[place])
        typists.append(_Typist(number, wavelet, sent_at[place], result))
    return typists


async def _type(options: LoadOptions, typists: Sequence[_Typist], result: Result) -> None:
    start = perf_counter()  # the loop's own clock may tick in milliseconds
    for edit in plan(options):
        wait = start + edit.at - perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        typists[edit.client].type(edit.place)
        if wait <= 0:
            await asyncio.sleep(0)  # late: still let the connections work
    result.seconds = perf_counter() - start


async def _report_progress(result: Result, report: Callable[[str], None]) -> None:
    edits = acks = deliveries = second = 0
    while True:
        await asyncio.sleep(1)
        second += 1
        report(
            f"{second:4d} s  {result.edits - edits:6d} edits/s  {result.deliveries - deliveries:7d} deliveries/s  "
            f"ack {latency_line(result.ack_latencies[acks:])}"
        )
        edits, acks, deliveries = result.edits, len(result.ack_latencies), result.deliveries


async def _check(typists: Sequence[_Typist], result: Result) -> None:
    """Wait until everybody has everything, and note in ``problems`` where they do not agree."""
    try:
        async with asyncio.timeout(SETTLING_TIME):
            for typist in typists:
                await typist.wavelet.settled()
            heads = _heads(typists)
            for typist in typists:
                await typist.wavelet.reached(heads[typist.wavelet.name])
    except TimeoutError:
        result.problems.append(f"clients had not settled after {SETTLING_TIME:.0f} s")
    except ClientError as error:
        result.problems.append(str(error))
    for name in _heads(typists):
        result.problems += _disagreements([typist for typist in typists if typist.wavelet.name == name])


def _heads(typists: Sequence[_Typist]) -> dict[WaveletName, int]:
    heads: dict[WaveletName, int] = {}
    for typist in typists:
        name = typist.wavelet.name
        heads[name] = max(heads.get(name, 0), typist.wavelet.replica.version.version)
    return heads


def _disagreements(typists: Sequence[_Typist]) -> list[str]:
    """What is wrong among the clients of one wavelet."""
    name = typists[0].wavelet.name.path
    texts = Counter(typist.text.text for typist in typists)
    problems = [f"{name}: clients see {len(texts)} different texts"] if len(texts) > 1 else []
    text = typists[0].text.text
    found = Counter(text[start : start + TOKEN_WIDTH] for start in range(0, len(text), TOKEN_WIDTH))
    typed = Counter(token for typist in typists for token in typist.typed)
    if lost := typed - found:
        problems.append(f"{name}: {lost.total()} edits are lost")
    if extra := found - typed:
        problems.append(f"{name}: {extra.total()} edits are doubled or torn")
    return problems
