"""Conformance kits: an adapter's and a policy's tests inherit from these. They need pytest (the `test` extra)."""

from __future__ import annotations

from evalsuite.testing.policy_conformance import PolicyConformance
from evalsuite.testing.simulator_conformance import SimulatorConformance

__all__ = ["PolicyConformance", "SimulatorConformance"]
