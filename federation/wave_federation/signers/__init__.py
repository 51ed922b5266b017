"""Whose signature is whose: the signers of all domains, ours among them, and checking deltas against them."""
