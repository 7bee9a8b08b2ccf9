"""A policy on another machine: the server that runs it, the client that stands in for it, and what they say."""
