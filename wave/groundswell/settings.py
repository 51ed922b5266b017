"""From the configuration to the settings of the packages: the one place that knows both."""

from __future__ import annotations

from groundswell.config import Config
from wave_server.attachments import AttachmentLimits
from wave_server.limits import HostLimits
from wave_web.rate_limits import UNLIMITED, Rate
from wave_web.settings import SocketLimits, WebSettings

# How far above its average rate somebody may go for a moment: pasting, catching up, many tabs.
BURST_SECONDS = 5
ACCOUNT_MESSAGES = 5  # times a connection's rate
ACCOUNT_BYTES = 4


def host_limits(config: Config) -> HostLimits:
    """The core's limits."""
    limits = config.limits
    return HostLimits(
        participants=limits.participants,
        documents=limits.documents,
        document_items=limits.document_items,
        operations_per_delta=limits.operations_per_delta,
        delta_bytes=limits.message_bytes,
        idle_wavelets=limits.idle_wavelets,
    )


def attachment_limits(config: Config) -> AttachmentLimits:
    """What uploads may cost."""
    limits = config.limits
    return AttachmentLimits(size=limits.attachment_bytes, per_account=limits.attachment_bytes_per_account)


def web_settings(config: Config) -> WebSettings:
    """The web edge's settings."""
    limits = config.limits
    socket = SocketLimits(
        message_bytes=limits.message_bytes,
        unsent_bytes=limits.unsent_bytes,
        connections=limits.connections,
        connections_per_account=limits.connections_per_account,
        connection_messages=_rate(limits.messages_per_second),
        connection_operations=_rate(limits.messages_per_second),
        connection_bytes=_rate(limits.bytes_per_second),
        account_messages=_rate(limits.messages_per_second * ACCOUNT_MESSAGES),
        account_operations=_rate(limits.messages_per_second * ACCOUNT_MESSAGES),
        account_bytes=_rate(limits.bytes_per_second * ACCOUNT_BYTES),
    )
    sign_ins = limits.sign_ins_per_minute
    return WebSettings(
        public_url=config.http.public_url.rstrip("/"),
        domain=config.domain,
        request_bytes=limits.message_bytes,
        attachment_bytes=limits.attachment_bytes,
        requests=_rate(limits.requests_per_second),
        uploads=Rate(limits.uploads_per_minute / 60, limits.uploads_per_minute),
        registrations_per_peer=Rate(limits.registrations_per_hour / 3600, limits.registrations_per_hour),
        sign_ins_per_address=Rate(sign_ins / 60, 2 * sign_ins) if sign_ins else UNLIMITED,
        # Many people may share a network address.
        sign_ins_per_peer=Rate(sign_ins / 15, 6 * sign_ins) if sign_ins else UNLIMITED,
        socket=socket,
    )


def _rate(per_second: float) -> Rate:
    return Rate(per_second, per_second * BURST_SECONDS) if per_second else UNLIMITED
