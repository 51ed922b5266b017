"""Streams between servers, RFC 6120: a state machine per role, one session around it, and asyncio around that."""
