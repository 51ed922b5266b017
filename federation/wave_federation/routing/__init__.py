"""Stanzas between the links and those who serve them: requests and answers, handlers, discovery, ping, version."""
