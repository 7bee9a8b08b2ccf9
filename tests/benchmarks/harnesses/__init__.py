"""The same episodes and the same network under several harnesses, each a program of its own that prints its times."""
