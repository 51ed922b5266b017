"""The Python client: it edits waves live, over the WebSocket protocol, without losing or doubling a keystroke."""
