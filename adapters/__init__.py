"""The worlds, one folder each. Each implements the Simulator protocol and registers by entry point."""
