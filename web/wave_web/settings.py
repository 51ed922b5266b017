"""What the web edge is told by the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field

from wave_web.rate_limits import Rate


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """Limits of WebSocket connections. Rates hold for one connection and, apart, for all of an account's."""

    message_bytes: int = 1_048_576  # of one message from a client; a longer one is skipped and answered too-large
    skipped_bytes: int = 16_777_216  # a message longer than this is not even skipped: close 1009
    unsent_bytes: int = 4_194_304  # that a reader may be behind, not counting the snapshots it asked for
    open_waves: int = 200  # of one connection
    connections_per_account: int = 500
    connections: int = 20_000

    connection_messages: Rate = field(default=Rate(per_second=200, burst=1_000))
    connection_bytes: Rate = field(default=Rate(per_second=1_048_576, burst=8_388_608))
    connection_operations: Rate = field(default=Rate(per_second=200, burst=2_000))
    account_messages: Rate = field(default=Rate(per_second=1_000, burst=5_000))
    account_bytes: Rate = field(default=Rate(per_second=4_194_304, burst=33_554_432))
    account_operations: Rate = field(default=Rate(per_second=1_000, burst=10_000))

    ping_after: float = 25.0  # seconds of silence
    dead_after: float = 60.0  # seconds of silence; at least one ping has gone unanswered then
    grace: float = 5.0  # seconds that a peer has to take what is unsent when its connection is closed
    recheck_after: float = 30.0  # seconds until a session or token, ended elsewhere, ends its connections


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Settings of the web edge."""

    public_url: str = ""  # as browsers see it, such as https://wave.example.com; "" = whatever Host they ask for
    domain: str = "localhost"  # a sign-in without @ means a user of this domain
    request_bytes: int = 1_048_576  # of the body of an HTTP request
    requests: Rate = field(default=Rate(per_second=50, burst=250))  # to the API, of one account; or peer, unidentified
    session_lifetime: int = 30 * 86_400  # seconds that a browser keeps the session cookie
    sign_ins_per_address: Rate = field(default=Rate(per_second=1 / 12, burst=10))
    sign_ins_per_peer: Rate = field(default=Rate(per_second=1 / 3, burst=30))
    registrations_per_peer: Rate = field(default=Rate(per_second=20 / 3600, burst=30))
    uploads: Rate = field(default=Rate(per_second=1, burst=60))  # of one account
    attachment_bytes: int = 20_000_000  # of one upload
    socket: SocketLimits = field(default_factory=SocketLimits)

    @property
    def secure(self) -> bool:
        """Whether browsers come by https, so that cookies must too."""
        return self.public_url.startswith("https:")
