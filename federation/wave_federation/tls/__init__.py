"""TLS of server-to-server streams: sessions without I/O, our credentials, the judgement of a peer's certificates."""
