"""What a state machine wants said, as bytes."""

from __future__ import annotations

import base64
from typing import Final, TypeAlias
from xml.sax.saxutils import escape

from wave_federation.namespaces import SASL, STARTTLS
from wave_federation.streams.effects import (
    CloseStream,
    OpenStream,
    SendAuth,
    SendChallenge,
    SendFeatures,
    SendProceed,
    SendSaslFailure,
    SendStartTls,
    SendSuccess,
)
from wave_federation.xml.writing import stream_end, stream_error, stream_header

Said: TypeAlias = (
    OpenStream
    | SendFeatures
    | SendStartTls
    | SendProceed
    | SendAuth
    | SendChallenge
    | SendSuccess
    | SendSaslFailure
    | CloseStream
)

_OFFER_TLS: Final = f"<starttls xmlns='{STARTTLS}'><required/></starttls>"
_OFFER_EXTERNAL: Final = f"<mechanisms xmlns='{SASL}'><mechanism>EXTERNAL</mechanism></mechanisms>"


def encode(effect: Said, stream_id: str) -> bytes:
    """The bytes of one effect. ``stream_id`` is the id of a stream that is opened now, RFC 6120 §4.7.3."""
    match effect:
        case OpenStream(sender, recipient, with_id):
            return stream_header(sender, recipient, stream_id=stream_id if with_id else None)
        case CloseStream(None):
            return stream_end()
        case CloseStream(error):
            assert error is not None
            return stream_error(error) + stream_end()
        case _:
            return _negotiation(effect).encode()


def _negotiation(
    effect: SendFeatures | SendStartTls | SendProceed | SendAuth | SendChallenge | SendSuccess | SendSaslFailure,
) -> str:
    match effect:
        case SendFeatures(starttls, external):
            return f"<stream:features>{_OFFER_TLS * starttls}{_OFFER_EXTERNAL * external}</stream:features>"
        case SendStartTls():
            return f"<starttls xmlns='{STARTTLS}'/>"
        case SendProceed():
            return f"<proceed xmlns='{STARTTLS}'/>"
        case SendAuth(domain):
            authzid = base64.b64encode(domain.encode("ascii")).decode("ascii")
            return f"<auth xmlns='{SASL}' mechanism='EXTERNAL'>{authzid}</auth>"
        case SendChallenge():
            return f"<challenge xmlns='{SASL}'/>"
        case SendSuccess():
            return f"<success xmlns='{SASL}'/>"
        case SendSaslFailure(condition, text):
            said = f"<text xml:lang='en'>{escape(text)}</text>"
            return f"<failure xmlns='{SASL}'><{condition}/>{said}</failure>"
