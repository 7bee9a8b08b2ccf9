"""Run folders in the formats of other tools. Each format is registered in the group `evalsuite.export_formats`."""

from __future__ import annotations
