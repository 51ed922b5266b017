"""The signers of all domains: admitted once, when their chain is trusted, and kept for ever.

Trust is judged at the time of signing when a signer is admitted; afterwards its validity window alone counts, so that
old history stays verifiable whatever becomes of a certificate or its authority. An id is the hash of the chain: what it
stands for cannot change, and a domain that renews its certificate has one more signer.

Source: DESIGN.md, section 9; FEDERATION.md, section 1.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, final

from cryptography import x509

from wave_federation.errors import UntrustedSigner
from wave_federation.persistence import FederationStore
from wave_federation.signing import SignerChain
from wave_ot.deltas import SignerInfo
from wave_server.store.signer_rows import SignerRow

IN_MEMORY: Final = 10_000  # signers whose certificates are kept parsed


@final
@dataclass(frozen=True, slots=True)
class KnownSigner:
    """A signer that has been admitted. Times are ms since 1970; the window is that of the whole chain."""

    chain: SignerChain
    not_before: int
    not_after: int
    stored_at: int

    def check_time(self, at: int) -> None:
        """Raise UntrustedSigner unless every certificate of the chain was valid at ``at``, ms since 1970."""
        if not self.not_before <= at <= self.not_after:
            domain = self.chain.info.domain
            word = "not valid yet" if at < self.not_before else "out of date"
            raise UntrustedSigner(f"the certificates of the signer of {domain} were {word} when the delta was signed")


@final
class Signers:
    """All signers. ``roots`` gives the authorities trusted now; ``clock`` ms since 1970.

    Domains in ``legacy`` may do what only the original server needs: see ``verify_delta``.
    """

    def __init__(
        self,
        store: FederationStore,
        roots: Callable[[], Sequence[x509.Certificate]],
        *,
        clock: Callable[[], int],
        legacy: frozenset[str] = frozenset(),
    ) -> None:
        self.legacy: Final = legacy
        self._store: Final = store
        self._roots: Final = roots
        self._clock: Final = clock
        self._recent: Final[OrderedDict[bytes, KnownSigner]] = OrderedDict()

    async def find(self, signer_id: bytes) -> KnownSigner | None:
        """The signer with that id, if it has been admitted. Raises StoreUnavailable."""
        known = self._recent.get(signer_id)
        if known is not None:
            self._recent.move_to_end(signer_id)
            return known
        row = await self._store.find_signer(signer_id)
        return None if row is None else self._remember(_known(row))

    async def admit(self, info: SignerInfo, *, at: int | None = None) -> KnownSigner:
        """Admit the signer that a domain names, and store it; the same again is no fault.

        ``at`` is when the delta was signed that it is needed for, ms since 1970; None: now. Raises UnusableSigner for
        certificates that cannot be read, UntrustedSigner when they do not lead to an authority that we trust, were
        not valid then, or do not name the domain. StoreUnavailable when it could not be kept.
        """
        chain = SignerChain(info)
        known = await self.find(chain.id)
        if known is not None and known.chain.info.domain == info.domain:
            return known
        now = self._clock()
        chain.check_authority(info.domain, common_name=info.domain in self.legacy)
        chain.check_trust(self._roots(), now=(now if at is None else at) / 1000)
        row = SignerRow(chain.id, info.domain, info.hash_algorithm, info.certificates, *_window(chain), now)
        await self._store.add_signer(row)
        return self._remember(KnownSigner(chain, row.not_before, row.not_after, row.stored_at))

    async def keep_own(self, info: SignerInfo) -> KnownSigner:
        """Admit our own signer, whose authority need not be one that we trust others by."""
        chain = SignerChain(info)
        row = SignerRow(chain.id, info.domain, info.hash_algorithm, info.certificates, *_window(chain), self._clock())
        await self._store.add_signer(row)
        return self._remember(_known(row))

    def _remember(self, known: KnownSigner) -> KnownSigner:
        self._recent[known.chain.id] = known
        if len(self._recent) > IN_MEMORY:
            self._recent.popitem(last=False)
        return known


def _known(row: SignerRow) -> KnownSigner:
    chain = SignerChain(SignerInfo(row.hash_algorithm, row.domain, row.certificates))
    return KnownSigner(chain, row.not_before, row.not_after, row.stored_at)


def _window(chain: SignerChain) -> tuple[int, int]:
    """From when to when all certificates of the chain are valid, in ms since 1970."""
    begins = max(_ms(certificate.not_valid_before_utc) for certificate in chain.certificates)
    ends = min(_ms(certificate.not_valid_after_utc) for certificate in chain.certificates)
    return begins, ends


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
