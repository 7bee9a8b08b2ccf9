"""Policies: the protocol, the controls, the oracle, and checkpoints by reference."""
