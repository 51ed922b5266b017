"""The streams that other domains have opened to us: which there are, and how many one domain may keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol, final

from wave_federation.errors import RemoteProtocolError
from wave_federation.links.transport import Direction, LinkState, LinkStatus
from wave_federation.streams.connection import StreamFacts


class IncomingStream(Protocol):
    """An authenticated stream that a peer opened."""

    @property
    def local(self) -> str:
        """Our domain."""

    @property
    def remote(self) -> str:
        """The domain that the peer has proved."""

    @property
    def facts(self) -> StreamFacts:
        """See there."""

    def close(self, reason: str, error: RemoteProtocolError | None = None) -> None:
        """Close it without waiting, with the stream error if there is one."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Incoming:
    """One of them, since when, on the loop's clock."""

    stream: IncomingStream
    since: float

    def status(self, epoch: float) -> LinkStatus:
        """Its state for administrators. ``epoch`` is when the loop's clock was 0, in seconds since 1970."""
        facts = self.stream.facts
        return LinkStatus(
            self.stream.local,
            self.stream.remote,
            Direction.INCOMING,
            LinkState.READY,
            since=epoch + self.since,
            address=facts.address,
            tls_version=facts.tls_version,
            certificate_expires=facts.certificate_expires,
        )


@final
class IncomingStreams:
    """All of them, by pair of domains, oldest first.

    One pair needs one stream. A peer that lost the connection opens a new one before the old one is known to be dead,
    so a few are let be; whoever opens more loses the oldest (``conflict``, RFC 6120 §4.9.3.3).
    """

    def __init__(self, per_pair: int) -> None:
        self._per_pair: Final = per_pair
        self._streams: Final[dict[tuple[str, str], list[Incoming]]] = {}

    def __iter__(self) -> Iterator[Incoming]:
        return (incoming for streams in self._streams.values() for incoming in streams)

    def add(self, stream: IncomingStream, now: float) -> bool:
        """Note a new one. Whether it is the first of its pair."""
        streams = self._streams.setdefault((stream.local, stream.remote), [])
        streams.append(Incoming(stream, now))
        first = len(streams) == 1
        for superfluous in streams[: -self._per_pair]:
            error = RemoteProtocolError(f"{stream.remote} has opened newer streams to here", condition="conflict")
            superfluous.stream.close(str(error), error)
        return first

    def remove(self, stream: IncomingStream) -> bool:
        """Forget one that has ended. Whether it was the last of its pair."""
        pair = (stream.local, stream.remote)
        streams = [incoming for incoming in self._streams.get(pair, ()) if incoming.stream is not stream]
        if streams:
            self._streams[pair] = streams
            return False
        return self._streams.pop(pair, None) is not None
