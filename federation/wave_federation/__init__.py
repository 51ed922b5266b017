"""The federation edge. So far: who signs deltas for a domain, and how the signatures of others are verified."""
