"""What an interpreter knows of a world: `python -m evalsuite.runner.world_survey`, asked on standard input.

Reads one JSON object, `{"world": ..., "rehearse": ..., "scenarios": [...]}`, and answers with another, the last line of
its standard output.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from evalsuite.errors import UsageError
from evalsuite.suite.scenario import Scenario
from evalsuite.video import missing_for_videos
from evalsuite.worlds import AttendedWorld, CappedWorld, ConfiguredWorld, World, find_world


def survey(name: str, scenarios: Sequence[Scenario], *, rehearse: bool) -> dict[str, Any]:
    """Whether `scenarios` of the world `name` can be played here, and what else the driver has to know of it.

    `complaint` is empty or says why not, and `place` is then the place of the scenario it is about, if it is of one.
    """
    try:
        world = find_world(name)
        complaint = readiness_complaint(name, world, rehearse=rehearse)
    except UsageError as error:
        return {"complaint": str(error), "place": None}
    if complaint:
        return {"complaint": complaint, "place": None}
    for place, scenario in enumerate(scenarios):
        try:
            world.check(scenario)
        except UsageError as error:
            return {"complaint": str(error), "place": place}
    return {
        "complaint": "",
        "place": None,
        "attended": isinstance(world, AttendedWorld),
        "most_workers": most_workers(world, rehearse=rehearse),
        "missing_for_videos": missing_for_videos(),
    }


def readiness_complaint(name: str, world: World, *, rehearse: bool) -> str:
    """Why the world `name` can't be played; empty when it can."""
    readiness = world.readiness()
    if readiness.state == "missing":
        return f"the world {name!r} can't run here: {readiness.detail}; {readiness.advice}".rstrip("; ")
    if readiness.state == "rehearsal only" and not rehearse:
        return f"the world {name!r} can only be rehearsed here ({readiness.detail}): add --rehearse" + (
            f", or {readiness.advice}" if readiness.remedy else ""
        )
    if isinstance(world, ConfiguredWorld):
        try:
            world.check_configuration(rehearse=rehearse)
        except UsageError as error:
            return str(error)
    return ""


def most_workers(world: World, *, rehearse: bool) -> int | None:
    """How many simulators of `world` can be up at once; None for as many as one likes."""
    return world.most_workers(rehearse=rehearse) if isinstance(world, CappedWorld) else None


def main() -> None:
    request = json.load(sys.stdin)
    scenarios = [Scenario.model_validate(each) for each in request["scenarios"]]
    print()
    print(json.dumps(survey(request["world"], scenarios, rehearse=request["rehearse"])))


if __name__ == "__main__":
    main()
