"""Serving history and signers to the domains that may see them.

A domain may see what was there while it had a participant: everything up to the head while it has one, and up to the
delta that removed its last one afterwards. Boundaries must lie between deltas and come with the right hashes.

Source: FEDERATION.md, sections 3 to 5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, final

from wave_federation.domains import canonical_domain
from wave_federation.errors import StanzaRefused
from wave_federation.hosting.refusals import refusal, unseen
from wave_federation.persistence import FederationStore
from wave_federation.protocol.messages import HistoryPage, HistoryRequest
from wave_federation.protocol.reading import read_history_request, read_signer_request
from wave_federation.protocol.writing import history_page_payload, signer_response_payload
from wave_federation.services import Spokesmen
from wave_federation.signers.registry import Signers
from wave_federation.stanzas import Element, Stanza
from wave_ot.deltas import HashedVersion
from wave_ot.history import version_zero
from wave_server.errors import WaveError
from wave_server.host import WaveHost
from wave_server.names import WaveletName
from wave_server.store.follower_rows import Follower

PAGE_BYTES: Final = 200_000  # of applied deltas in one answer; one delta is always given
WHOLE_BYTES: Final = 300_000  # of one that cannot be a page, because the asker takes pages for the whole
_READ: Final = 200  # deltas read at once


class _Sight(NamedTuple):
    """What a domain may see of a wavelet: its follower's row, and the last version."""

    follower: Follower
    end: HashedVersion


@final
class HistoryService:
    """Serves the histories of the wavelets of ``domain``. ``heard`` is told whose domain spoke."""

    def __init__(
        self,
        *,
        domain: str,
        host: WaveHost,
        store: FederationStore,
        signers: Signers,
        spokesmen: Spokesmen,
        heard: Callable[[str], None],
    ) -> None:
        self._domain: Final = domain
        self._host: Final = host
        self._store: Final = store
        self._signers: Final = signers
        self._spokesmen: Final = spokesmen
        self._heard: Final = heard

    async def history(self, stanza: Stanza) -> Element:
        """A stretch of history; with equal boundaries, the version up to which the asking domain sees it."""
        request = read_history_request(stanza)
        try:
            sight = await self._sight(stanza, request.wavelet)
            await self._check_boundary(request.wavelet, request.start, sight)
            if request.start == request.end:
                return history_page_payload(HistoryPage((), sight.end.version, None, sight.end))
            if request.end.version <= request.start.version:
                raise StanzaRefused("a history ends after its start", condition="bad-request", type="modify")
            await self._check_boundary(request.wavelet, request.end, sight)
            return history_page_payload(await self._page(request, sight))
        except WaveError as error:
            raise refusal(error) from error

    async def signer(self, stanza: Stanza) -> Element:
        """The certificates of a signer, to those who may see a delta that it has signed."""
        request = read_signer_request(stanza)
        try:
            sight = await self._sight(stanza, request.wavelet)
            await self._check_boundary(request.wavelet, request.at, sight)
            known = await self._signers.find(request.signer_id)
        except WaveError as error:
            raise refusal(error) from error
        if known is None:
            raise StanzaRefused("there is no such signer here", condition="item-not-found")
        return signer_response_payload(known.chain.info)

    async def _sight(self, stanza: Stanza, name: WaveletName) -> _Sight:
        """What the asking domain may see of the wavelet. Raises StanzaRefused when that is nothing."""
        service = canonical_domain(stanza.sender.domain)
        if name.host != self._domain:
            raise unseen()
        for follower in await self._store.followers_of(name):
            if service.endswith(follower.domain) and await self._spokesmen.speaks_for(service, follower.domain):
                self._heard(follower.domain)
                return _Sight(follower, await self._end(name, follower))
        raise unseen()

    async def _end(self, name: WaveletName, follower: Follower) -> HashedVersion:
        if follower.until is None:
            return await self._host.head(name)
        history_hash = await self._store.hash_at(name, follower.until)
        assert history_hash is not None, "a domain is removed by a delta, which is in the history"
        return HashedVersion(follower.until, history_hash)

    async def _check_boundary(self, name: WaveletName, version: HashedVersion, sight: _Sight) -> None:
        """Raise StanzaRefused unless the version, with its hash, lies between deltas that the domain may see."""
        if version.version == 0:
            known: bytes | None = version_zero(name.uri).history_hash
        elif version.version > sight.end.version:
            known = None
        else:
            known = await self._store.hash_at(name, version.version)
        if known is None:
            raise StanzaRefused(
                f"version {version.version} is not one that you can ask for", condition="item-not-found"
            )
        if known != version.history_hash:
            raise StanzaRefused(f"version {version.version} has another hash", condition="conflict")

    async def _page(self, request: HistoryRequest, sight: _Sight) -> HistoryPage:
        """Ours are answered in pages; who does not ask for them gets the whole, and is told so as the original does."""
        pages = request.limit is not None
        most = min(request.limit or 0, PAGE_BYTES) if pages else WHOLE_BYTES
        applied: list[bytes] = []
        size, version = 0, request.start.version
        while version < request.end.version:
            rows = await self._store.deltas(request.wavelet, version, request.end.version, _READ)
            for row in rows:
                size += len(row.applied)
                if size > most and (applied or not pages):
                    if pages:
                        return HistoryPage(tuple(applied), sight.end.version, version)
                    raise StanzaRefused(
                        "the history is too long for one answer: ask for shorter stretches",
                        condition="policy-violation",
                        type="modify",
                    )
                applied.append(row.applied)
                version = row.version
            if not rows:
                break
        truncated = None if pages else request.end.version
        return HistoryPage(tuple(applied), sight.end.version, truncated)
