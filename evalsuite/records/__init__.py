"""The run folder: one header, one fsynced line an attempt, and how both are read."""

from __future__ import annotations

from evalsuite.records.header import PolicyEntry, Provenance, RunHeader
from evalsuite.records.reading import attempts_made, read_header, read_records, settled
from evalsuite.records.record import EpisodeKey, Outcome, Record

__all__ = [
    "EpisodeKey",
    "Outcome",
    "PolicyEntry",
    "Provenance",
    "Record",
    "RunHeader",
    "attempts_made",
    "read_header",
    "read_records",
    "settled",
]
