"""The unfinished suite beside the file that it will become: what has been made survives any death of the process.

One line tells what is being made. Then, for each shard in order, comes a line that tells what became of its draws, and
a line for each scenario made, as it will stand in the suite. What a death cut off is cut away, and work goes on with
the shard after the last whole one.
"""

from __future__ import annotations

import fcntl
import json
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError

from evalsuite.errors import UsageError
from evalsuite.suite.scenario import Scenario, canonical_json
from evalsuite.synthesis.plan import Made, Plan, Shard

NOWHERE = -1


def journal_file(out: Path) -> Path:
    """Where the unfinished suite of `out` lies."""
    return out.with_name(out.name + ".partial")


class Journal:
    """Opened at `path` for the suite that `head` describes; a context. Raises `UsageError` when it is of another.

    Args:
        plan: is brought to where the file ends.
        discard_other: begin anew in a file of another suite.
    """

    def __init__(self, path: Path, head: Mapping[str, Any], plan: Plan, *, discard_other: bool = False) -> None:
        self.path = path
        self.found = 0
        self._plan = plan
        self._places = array("q", [NOWHERE]) * plan.count
        first_line = canonical_json(dict(head)) + b"\n"
        self._file: BinaryIO = open(path, "r+b" if path.exists() else "w+b")  # noqa: SIM115 - closed by `close`
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise UsageError(
                f"{path} is being written by another command; wait for it, or name another --out"
            ) from error
        begun = self._file.readline()
        if not first_line.startswith(begun) and not discard_other:
            self._file.close()
            raise UsageError(
                f"{path} is part of another suite than the one asked for now{_differences(begun, head)}; "
                "ask for the same again to finish it, or delete it"
            )
        if begun != first_line:
            self._cut(0)
            self._file.write(first_line)
            self._file.flush()
        else:
            self._replay()

    def append(self, shard: Shard, report: Mapping[str, Any], lines: Sequence[bytes]) -> None:
        """Take into the plan what a worker made of the next shard, and write it down.

        Args:
            report: `drafts`, and `refused` by reason.
            lines: for each of the shard's numbers the scenario as canonical JSON; empty where there is none.
        """
        head = {"shard": shard.index, **report, "made": [bool(line) for line in lines]}
        at = self._file.tell()
        parts = [canonical_json(head) + b"\n", *(line + b"\n" for line in lines if line)]
        self._file.write(b"".join(parts))
        self._file.flush()
        self._take(shard, head, at + len(parts[0]), lines)

    def lines(self, numbers: Sequence[int]) -> Iterator[bytes]:
        """The scenarios of those numbers, as canonical JSON, after all have been made."""
        for number in numbers:
            self._file.seek(self._places[number])
            yield self._file.readline().rstrip(b"\n")

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _replay(self) -> None:
        while True:
            end = self._file.tell()
            head = self._file.readline()
            try:
                report = json.loads(head) if head.endswith(b"\n") else {}
                lines = [self._file.readline() if there else b"\n" for there in report.get("made", ())]
                if not report or not all(line.endswith(b"\n") for line in lines):
                    break
                shard = self._plan.next_shard()
                if shard is None and self._plan.begin_next_round():
                    shard = self._plan.next_shard()
                if shard is None or shard.index != report["shard"]:
                    raise ValueError(f"shard {report['shard']} stands where another should")
                self._take(shard, report, end + len(head), [line[:-1] for line in lines])
            except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
                self._file.close()
                raise UsageError(f"{self.path} is damaged at byte {end}; delete it to begin anew") from error
        self._cut(end)

    def _take(self, shard: Shard, report: Mapping[str, Any], at: int, lines: Sequence[bytes]) -> None:
        scenarios = [Scenario.model_validate_json(line) if line else None for line in lines]
        kept = self._plan.take(shard, Made(scenarios, report["drafts"], Counter(report["refused"])))
        for number, line in zip(shard.numbers, lines, strict=True):
            if number in kept:
                self._places[number] = at
                self.found += 1
            at += len(line) + 1 if line else 0

    def _cut(self, end: int) -> None:
        self._file.seek(end)
        self._file.truncate()


def _differences(begun: bytes, head: Mapping[str, Any]) -> str:
    """Such as " (seed 3, not 4)"; empty where the file does not tell."""
    try:
        there = json.loads(begun)
    except ValueError:
        return ""
    if not isinstance(there, dict):
        return ""
    found = [f"{key} {there[key]}, not {head[key]}" for key in head if key in there and there[key] != head[key]]
    return f" ({'; '.join(found)})" if found else ""
