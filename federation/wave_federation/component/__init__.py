"""Our wave service as a component of an XMPP server that has the streams to others, XEP-0114."""
