"""The run folder: one header, one fsynced line an attempt, and how both are read."""

from __future__ import annotations

from evalsuite.records.header import PolicyEntry, Provenance, RunHeader
from evalsuite.records.reading import Tries, read_header, read_records, settled, tries_made
from evalsuite.records.record import EpisodeKey, Outcome, Record

__all__ = [
    "EpisodeKey",
    "Outcome",
    "PolicyEntry",
    "Provenance",
    "Record",
    "RunHeader",
    "Tries",
    "read_header",
    "read_records",
    "settled",
    "tries_made",
]
