"""References to a wave, a wavelet or a document, as they stand in links: ``example.com/w+a/~/conv+root/b+1``."""

from __future__ import annotations

from dataclasses import dataclass

from wave_server import uri_escaping
from wave_server.identifiers import InvalidName
from wave_server.names import PATH_SEPARATOR, SAME_DOMAIN, WaveId, WaveletId


@dataclass(frozen=True, slots=True)
class WaveReference:
    """A place in a wave. ``document`` is given only with ``wavelet``."""

    wave: WaveId
    wavelet: WaveletId | None = None
    document: str | None = None

    @staticmethod
    def parse(text: str) -> WaveReference:
        """Read ``waveDomain/waveId[/waveletDomain/waveletId[/documentId]]``. Raises InvalidName.

        As in the original, domains are lower-cased, a space is taken for ``+``, and more after the document is ignored.
        """
        parts = text.rstrip(PATH_SEPARATOR).split(PATH_SEPARATOR)
        if len(parts) < 2 or len(parts) == 3:
            raise InvalidName(f"{text!r} is not a wave reference: write domain/id, or domain/id/~/conv+root")
        wave = WaveId(parts[0].lower(), _unescape(parts[1]))
        if len(parts) == 2:
            return WaveReference(wave)
        domain = wave.domain if parts[2] == SAME_DOMAIN else parts[2].lower()
        wavelet = WaveletId(domain, _unescape(parts[3]))
        return WaveReference(wave, wavelet, _unescape(parts[4]) if len(parts) > 4 else None)

    def __str__(self) -> str:
        """The reference as it stands in a link, percent-escaped."""
        parts = [self.wave.domain, self.wave.id]
        if self.wavelet is not None:
            parts += [SAME_DOMAIN if self.wavelet.domain == self.wave.domain else self.wavelet.domain, self.wavelet.id]
            if self.document is not None:
                parts.append(self.document)
        return PATH_SEPARATOR.join(uri_escaping.escape(part) for part in parts)


def _unescape(text: str) -> str:
    return uri_escaping.unescape(text).replace(" ", "+")
