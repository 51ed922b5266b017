"""Deltas and hashed versions: what authors submit, providers sign and hosts apply.

All are values. A delta carries operations of one author and the hashed version that they apply to;
signed and applied deltas hold the bytes of what they wrap, because signatures and history hashes
cover exact bytes.

Source: FEDERATION.md, section 1; OT.md, H1.
"""

from __future__ import annotations

import binascii
from typing import ClassVar, Final, final

from wave_ot.errors import MalformedOperation
from wave_ot.wavelet_operations import WaveletOperation

SHA1_RSA: Final = 1
SHA256_RSA: Final = 2
ECDSA_P256_SHA256: Final = 3
ED25519: Final = 4
"""Signature algorithms. The original knows the first; the others are ours (FEDERATION.md, section 5)."""

SHA256: Final = 1
SHA512: Final = 2
"""Hash algorithms of signer ids."""

MAX_VERSION: Final = 2**63 - 1


@final
class HashedVersion:
    """A point in a wavelet's history: ``version`` counts operations, ``history_hash`` all that led there."""

    __slots__ = ("history_hash", "version")
    __match_args__: ClassVar = ("version", "history_hash")

    def __init__(self, version: int, history_hash: bytes) -> None:
        self.version: Final = version
        self.history_hash: Final = history_hash

    @staticmethod
    def parse(text: str) -> HashedVersion:
        """Read what ``serialise`` writes. Raises MalformedOperation."""
        version, separator, encoded = text.partition(":")
        if not separator or not version.isascii() or not version.isdigit() or len(version) > 19:
            raise MalformedOperation(f"{text!r} is not a hashed version: write VERSION:BASE64")
        try:
            history_hash = binascii.a2b_base64(encoded, strict_mode=True)
        except ValueError as error:
            raise MalformedOperation(f"the hash in {text!r} is not base64") from error
        if int(version) > MAX_VERSION:
            raise MalformedOperation(f"the version in {text!r} is above {MAX_VERSION}")
        return HashedVersion(int(version), history_hash)

    def serialise(self) -> str:
        """``VERSION:BASE64``, base64 with ``+`` and ``/`` and padding, as the original writes it."""
        return f"{self.version}:{binascii.b2a_base64(self.history_hash, newline=False).decode('ascii')}"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, HashedVersion)
            and self.version == other.version
            and self.history_hash == other.history_hash
        )

    def __hash__(self) -> int:
        return hash((self.version, self.history_hash))

    def __repr__(self) -> str:
        return f"HashedVersion({self.version!r}, {self.history_hash!r})"


@final
class WaveletDelta:
    """Operations of one author, made at ``target``. ``address_path``: groups through which the author takes part."""

    __slots__ = ("address_path", "author", "operations", "target")
    __match_args__: ClassVar = ("target", "author", "operations", "address_path")

    def __init__(
        self,
        target: HashedVersion,
        author: str,
        operations: tuple[WaveletOperation, ...],
        address_path: tuple[str, ...] = (),
    ) -> None:
        self.target: Final = target
        self.author: Final = author
        self.operations: Final = operations
        self.address_path: Final = address_path

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, WaveletDelta)
            and self.target == other.target
            and self.author == other.author
            and self.operations == other.operations
            and self.address_path == other.address_path
        )

    def __hash__(self) -> int:
        return hash((self.target, self.author, self.operations, self.address_path))

    def __repr__(self) -> str:
        return f"WaveletDelta({self.target!r}, {self.author!r}, {self.operations!r}, {self.address_path!r})"


@final
class Signature:
    """A provider's signature over the bytes of a delta. ``signer_id`` names the certificate chain by its hash."""

    __slots__ = ("algorithm", "signer_id", "value")
    __match_args__: ClassVar = ("value", "signer_id", "algorithm")

    def __init__(self, value: bytes, signer_id: bytes, algorithm: int) -> None:
        self.value: Final = value
        self.signer_id: Final = signer_id
        self.algorithm: Final = algorithm

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Signature)
            and self.value == other.value
            and self.signer_id == other.signer_id
            and self.algorithm == other.algorithm
        )

    def __hash__(self) -> int:
        return hash((self.value, self.signer_id, self.algorithm))

    def __repr__(self) -> str:
        return f"Signature({self.value!r}, {self.signer_id!r}, {self.algorithm!r})"


@final
class SignedDelta:
    """The bytes of a WaveletDelta, and the signatures over exactly these bytes."""

    __slots__ = ("delta", "signatures")
    __match_args__: ClassVar = ("delta", "signatures")

    def __init__(self, delta: bytes, signatures: tuple[Signature, ...] = ()) -> None:
        self.delta: Final = delta
        self.signatures: Final = signatures

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SignedDelta) and self.delta == other.delta and self.signatures == other.signatures

    def __hash__(self) -> int:
        return hash((self.delta, self.signatures))

    def __repr__(self) -> str:
        return f"SignedDelta({self.delta!r}, {self.signatures!r})"


@final
class AppliedDelta:
    """A signed delta as its host applied it, at ``applied_at``, or, when that is None, at the delta's own target.

    ``timestamp`` is milliseconds since 1970, UTC. ``signed`` holds the original delta, before transformation.
    """

    __slots__ = ("applied_at", "operations_applied", "signed", "timestamp")
    __match_args__: ClassVar = ("signed", "applied_at", "operations_applied", "timestamp")

    def __init__(
        self, signed: SignedDelta, applied_at: HashedVersion | None, operations_applied: int, timestamp: int
    ) -> None:
        self.signed: Final = signed
        self.applied_at: Final = applied_at
        self.operations_applied: Final = operations_applied
        self.timestamp: Final = timestamp

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, AppliedDelta)
            and self.signed == other.signed
            and self.applied_at == other.applied_at
            and self.operations_applied == other.operations_applied
            and self.timestamp == other.timestamp
        )

    def __hash__(self) -> int:
        return hash((self.signed, self.applied_at, self.operations_applied, self.timestamp))

    def __repr__(self) -> str:
        return f"AppliedDelta({self.signed!r}, {self.applied_at!r}, {self.operations_applied!r}, {self.timestamp!r})"


@final
class SignerInfo:
    """Who signs: the domain, and its certificate chain in DER, the domain's own certificate first."""

    __slots__ = ("certificates", "domain", "hash_algorithm")
    __match_args__: ClassVar = ("hash_algorithm", "domain", "certificates")

    def __init__(self, hash_algorithm: int, domain: str, certificates: tuple[bytes, ...]) -> None:
        self.hash_algorithm: Final = hash_algorithm
        self.domain: Final = domain
        self.certificates: Final = certificates

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SignerInfo)
            and self.hash_algorithm == other.hash_algorithm
            and self.domain == other.domain
            and self.certificates == other.certificates
        )

    def __hash__(self) -> int:
        return hash((self.hash_algorithm, self.domain, self.certificates))

    def __repr__(self) -> str:
        return f"SignerInfo({self.hash_algorithm!r}, {self.domain!r}, {self.certificates!r})"
