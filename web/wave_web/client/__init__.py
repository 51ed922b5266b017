"""The Python client: it edits waves live, over the WebSocket protocol, without losing or doubling a keystroke."""

from __future__ import annotations

from wave_web.client.backoff import Backoff
from wave_web.client.blip_text import BlipText, blip_of
from wave_web.client.connection import WaveClient
from wave_web.client.errors import (
    ClientClosed,
    ClientError,
    ConnectionRefused,
    EditRefused,
    WaveletEnded,
    WaveRefused,
)
from wave_web.client.replica import RefusedEdit, Replica, Watcher
from wave_web.client.wavelet import Wavelet, WaveView

__all__ = [
    "Backoff",
    "BlipText",
    "ClientClosed",
    "ClientError",
    "ConnectionRefused",
    "EditRefused",
    "RefusedEdit",
    "Replica",
    "Watcher",
    "WaveClient",
    "WaveRefused",
    "WaveView",
    "Wavelet",
    "WaveletEnded",
    "blip_of",
]
