"""XML as streams carry it: parsed strictly and within limits, written, and checked against the stanzas' schemas."""
