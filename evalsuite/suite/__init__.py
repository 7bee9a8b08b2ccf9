"""Scenarios and the hash-locked suites that hold them."""

from __future__ import annotations

from evalsuite.suite.catalogue import find_suite, shipped_suites
from evalsuite.suite.files import load_suite, lock_file, save_suite, write_lock
from evalsuite.suite.scenario import Scenario, Suite

__all__ = [
    "Scenario",
    "Suite",
    "find_suite",
    "load_suite",
    "lock_file",
    "save_suite",
    "shipped_suites",
    "write_lock",
]
