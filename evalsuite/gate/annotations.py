"""The verdict as GitHub annotations: workflow commands on standard output."""

from __future__ import annotations

from evalsuite.gate.verdict import Verdict

MOST = 10
"""GitHub shows at most ten annotations of a kind a step."""


def annotation_lines(verdict: Verdict) -> list[str]:
    """One line each: errors for what regressed, warnings for what is open, a notice for a pass."""
    warnings = [_command("warning", verdict.headline, text) for text in verdict.warnings]
    if verdict.decision == "PASS":
        return [_command("notice", verdict.headline, verdict.headline), *warnings]
    blocking = verdict.exit_code != 0
    kind = "error" if blocking else "warning"
    return [*(_command(kind, verdict.headline, each.sentence) for each in verdict.deciding[:MOST]), *warnings]


def _command(kind: str, title: str, message: str) -> str:
    named = title.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={named}::{message.replace('%', '%25').replace(chr(13), '%0D').replace(chr(10), '%0A')}"
