"""From a suite and policies to episodes: planning, worker processes, retries, resume."""
