"""The Wave federation protocol as values: what its stanzas say, read from them and written into them."""
