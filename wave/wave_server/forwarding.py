"""What the core asks of whoever brings local users' edits to the hosts of wavelets that are copies here."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from wave_server.names import WaveAddress, WaveletName
from wave_server.originals import Original
from wave_server.submission import Reader, Reply, Submission


class Claimed(NamedTuple):
    """Whose a delta is that came back from its host.

    ``key`` goes into its row; ``origin``, the reader through which it was submitted, if that is still there, does
    not get it as a delta; ``reply`` is told the acknowledgement, once, when the delta is durable here.
    """

    key: str | None
    origin: Reader | None
    reply: Reply


class Forwarder(Protocol):
    """Brings submissions to other hosts, and knows them again when they come back. Neither method blocks or raises."""

    def forward(
        self, name: WaveletName, submission: Submission, author: WaveAddress, origin: Reader | None, reply: Reply
    ) -> None:
        """Bring a local user's submission to the wavelet's host.

        It has been checked against the copy and is made for the copy's head. ``reply`` is to be called exactly
        once: with the host's refusal, or, through ``claim``, with the acknowledgement. The same author and key
        may come again, from a client that has connected anew: it is the same submission, with another origin.

        A host takes equal operations of one author for a repetition, so there is one submission in flight per
        author and wavelet. One that waited for its turn is made for an old head: give it to ``WaveHost.submit`` again.
        """

    def claim(self, name: WaveletName, original: Original) -> Claimed | None:
        """Whose submission this is; None when it is none of those forwarded.

        A question that changes nothing: it is asked again when the delta could not be stored, and comes again. It may
        also be in the copy already, when the server, or its store, failed between storing and telling: what
        the host says to have applied and the copy has is then to be given to ``WaveHost.receive`` once more.
        """
