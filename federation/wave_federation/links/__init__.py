"""Links to other domains: finding their servers, keeping streams to them, and whom policy lets us speak to."""
