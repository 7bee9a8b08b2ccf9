"""`python -m evalsuite.adapters.robot.verdicts DIR`: where tags and operator disagree about the end of an episode."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.records.reading import read_records, settled
from evalsuite.records.record import Record


@dataclass(frozen=True)
class Agreement:
    """Two judges of the same moment, the end of an episode.

    Args:
        both: episodes that both have judged.
        only_tags, only_operator: those that only the one called a success.
        untold: episodes in which the operator could not tell.
    """

    both: int
    only_tags: tuple[str, ...]
    only_operator: tuple[str, ...]
    untold: int

    @property
    def differ(self) -> int:
        return len(self.only_tags) + len(self.only_operator)


def agreement(records: Sequence[Record]) -> Agreement:
    """Of the settled attempts that were judged by tags. No policy is named: it may be read during a session."""
    judged, only_tags, only_operator, untold = 0, [], [], 0
    for record in settled(records).values():
        report = (record.model_extra or {}).get("report", {})
        if "tags_verdict" not in report:
            continue
        said, measured = report.get("operator_verdict"), report["tags_verdict"]
        if said is None:
            untold += 1
            continue
        judged += 1
        if measured and not said:
            only_tags.append(record.scenario)
        elif said and not measured:
            only_operator.append(record.scenario)
    return Agreement(judged, tuple(only_tags), tuple(only_operator), untold)


def lines(found: Agreement) -> list[str]:
    """What to tell a person."""
    if not found.both and not found.untold:
        return ["no episode was judged by both tags and operator"]
    same = found.both - found.differ
    told = [f"tags and operator agree on {same} of {found.both} episodes"]
    if found.untold:
        told.append(f"the operator could not tell in {found.untold} more")
    for who, scenarios in (("the tags", found.only_tags), ("the operator", found.only_operator)):
        if scenarios:
            told.append(f"a success to {who} alone: {', '.join(scenarios)}")
    return told


def main(words: list[str] | None = None) -> int:
    """Print it; exit code 1 when they differ, 2 for a mistake."""
    parser = argparse.ArgumentParser(prog="python -m evalsuite.adapters.robot.verdicts", description=__doc__)
    parser.add_argument("folder", metavar="DIR", type=Path, help="a run folder")
    folder = parser.parse_args(words).folder
    try:
        records = read_records(folder)
        if not records:
            raise UsageError(f"{folder} holds no records; name a run folder")
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    found = agreement(records)
    print("\n".join(lines(found)))
    return int(bool(found.differ))


if __name__ == "__main__":
    sys.exit(main())
