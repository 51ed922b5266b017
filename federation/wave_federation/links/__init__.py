"""Links to other domains: finding their servers, keeping streams to them, and what waits for one."""
