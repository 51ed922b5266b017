"""The API's part about signatures: which domain signed a contribution, and since when that is verified here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Final, Protocol

import msgspec
from aiohttp import web

from wave_server.errors import InvalidRequest
from wave_server.names import InvalidName, WaveAddress, WaveletName
from wave_server.signatures import Signature
from wave_web.api import ApiRoutes, Call
from wave_web.authentication import READ_SCOPE
from wave_web.history_api import Version, WaveletPath

MOST_VERSIONS: Final = 20

routes: Final = ApiRoutes("history")


class SignaturesPort(Protocol):
    """What these routes ask of the core; ``wave_server.signatures.Signatures`` is it."""

    async def of(
        self, name: WaveletName, author: str, versions: Collection[int], reader: WaveAddress
    ) -> Sequence[Signature]:
        """Who signed the author's deltas that lead to these versions or come next, in order. Raises WaveErrors."""


SIGNATURES: Final = web.AppKey("signatures", SignaturesPort)


class SignaturesQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Whose contributions to which wavelet, by the versions that their deltas led to."""

    wavelet: WaveletPath
    author: Annotated[str, msgspec.Meta(max_length=1300, description="The address of who wrote them.")]
    version: Annotated[list[Version], msgspec.Meta(min_length=1, max_length=MOST_VERSIONS)]


class SignatureAnswer(msgspec.Struct):
    """Who signed the author's delta that led to a version."""

    version: int
    signed_by: Annotated[
        str | None, msgspec.Meta(description="The domain whose signature is on it; null: it is not signed.")
    ]
    verified_at: Annotated[
        int | None,
        msgspec.Meta(
            description="When the wavelet's host applied the delta, or, if that was later, when this server admitted "
            "the certificates that it is signed by; ms since 1970."
        ),
    ]


class SignaturesAnswer(msgspec.Struct):
    """In the order of the versions, each once; those are missing that no delta of the author's led to."""

    signatures: list[SignatureAnswer]


@routes.route(
    "GET",
    "/wavelets/signatures",
    summary="Which domain signed what",
    scope=READ_SCOPE,
    errors=("not-found",),
)
async def show_signatures(call: Call[SignaturesQuery, None]) -> SignaturesAnswer:
    """Of up to 20 deltas of one author; repeat `version`, with versions as the attribution has them.

    Where none of the author's deltas led to a version, their next one counts, among the next 1,000 versions. Another
    domain's signature was verified before the delta was taken in here; this server's own users' are signed by it.
    """
    try:
        name = WaveletName.parse_path(call.query.wavelet)
    except InvalidName as error:
        raise InvalidRequest(f"the query: {error}, at wavelet") from error
    found = await call.port(SIGNATURES).of(name, call.query.author, call.query.version, call.account)
    return SignaturesAnswer([SignatureAnswer(each.version, each.domain, each.verified_at) for each in found])
