"""Is this delta its author's provider's? Checked wholly before anything is done with it.

Source: DESIGN.md, section 9; FEDERATION.md, sections 1 and 4 (what the original does not check).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias, final

from wave_federation.domains import canonical_domain
from wave_federation.errors import FederationError, InvalidDomain, InvalidSignature, UnknownSigner
from wave_federation.signers.registry import KnownSigner, Signers
from wave_federation.signing import verify_delta
from wave_ot.deltas import SignedDelta, WaveletDelta
from wave_ot.errors import OperationError
from wave_ot.protobuf import decode_delta
from wave_server.names import InvalidName, WaveAddress

MAX_SIGNATURES: Final = 10

Fetch: TypeAlias = Callable[[bytes], Awaitable[KnownSigner]]
"""Gets a signer that is not known yet from another provider, by its id. Raises FederationError."""


@final
class VerifiedDelta:
    """A delta that its author's provider has signed, decoded."""

    __slots__ = ("author", "delta", "signer")

    def __init__(self, delta: WaveletDelta, author: WaveAddress, signer: KnownSigner) -> None:
        self.delta: Final = delta
        self.author: Final = author
        self.signer: Final = signer


async def verify_signed(signers: Signers, signed: SignedDelta, at: int, fetch: Fetch | None = None) -> VerifiedDelta:
    """Check that the provider of the delta's author has signed exactly these bytes, ``at`` ms since 1970.

    One valid signature of that domain is enough; signatures of others count nothing. Signers that are not known are
    fetched, without ``fetch`` they are missing.

    Raises InvalidSignature for a delta that cannot be read, whose author is none, or without a valid signature;
    UntrustedSigner when the signer may not speak for the domain; UnknownSigner.
    """
    try:
        delta = decode_delta(signed.delta)
        author = WaveAddress.parse(delta.author)
        domain = canonical_domain(author.domain)
    except (OperationError, InvalidName, InvalidDomain) as error:
        raise InvalidSignature(f"a delta without a readable author proves nothing: {error}") from error
    if domain != author.domain or str(author) != delta.author:
        raise InvalidSignature(f"{delta.author!r} is not how the address {author} is written")
    if not signed.signatures:
        raise InvalidSignature(f"the delta of {author} is not signed")
    if len(signed.signatures) > MAX_SIGNATURES:
        raise InvalidSignature(f"the delta of {author} has more than {MAX_SIGNATURES} signatures")
    legacy = domain in signers.legacy
    failure: FederationError | None = None
    for signature in signed.signatures:
        try:
            signer = await _signer(signers, signature.signer_id, fetch)
            verify_delta(signed.delta, signature, signer.chain, domain, legacy=legacy)
            signer.check_time(at)
        except FederationError as error:
            failure = failure or error
        else:
            return VerifiedDelta(delta, author, signer)
    assert failure is not None
    raise failure


async def _signer(signers: Signers, signer_id: bytes, fetch: Fetch | None) -> KnownSigner:
    known = await signers.find(signer_id)
    if known is not None:
        return known
    if fetch is None:
        raise UnknownSigner("Unknown signer: post its certificates first")  # the original's word
    return await fetch(signer_id)
