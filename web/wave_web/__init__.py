"""The web edge on aiohttp: sessions, the WebSocket protocol ``wave.v1``, and the Python client that speaks it."""
