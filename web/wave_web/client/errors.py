"""What can go wrong for users of the client."""

from __future__ import annotations

from wave_web.client.replica import RefusedEdit


class ClientError(Exception):
    """Base of the client's errors."""


class ConnectionRefused(ClientError):
    """The server does not let this client in: trying again will not help. ``str()`` has its reason."""


class WaveRefused(ClientError):
    """The server refused to open a wave; ``code`` is its error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class EditRefused(ClientError):
    """The server refused an edit, which has been undone here; ``edit`` holds it."""

    def __init__(self, edit: RefusedEdit) -> None:
        super().__init__(f"{edit.wavelet.path}: {edit.message} ({edit.code})")
        self.edit = edit


class WaveletEnded(ClientError):
    """The wavelet can no longer be read; ``code`` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ClientClosed(ClientError):
    """The client has been closed."""
