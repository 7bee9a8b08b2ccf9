"""What a run came to, in words and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points

from evalsuite.records.covered import covered
from evalsuite.runner.run import RunResult
from evalsuite.runner.time_spent import in_words


def as_json(result: RunResult) -> dict[str, object]:
    """The object that `--json` prints."""
    return {
        "out": str(result.out),
        "suite": result.suite,
        "suite_sha256": result.suite_sha256,
        "episodes": result.episodes,
        "outcomes": result.outcomes,
        "policies": {label: dict(outcomes) for label, outcomes in result.policies.items()},
        "errors": {
            label: {
                "count": sum(reasons.values()),
                "most_common": _most_common(reasons),
                "log": result.logs.get(max(reasons, key=lambda reason: reasons[reason]), ""),
            }
            for label, reasons in result.errors.items()
        },
        "given_up": {
            each.world: {"reason": each.reason, "episodes_left": each.episodes_left} for each in result.given_up
        },
        "refused": dict(result.refused),
        "retried": {"count": len(result.retried), "most_common": _most_common(Counter(result.retried.values()))},
        "steps": result.steps,
        "seconds": round(result.seconds, 3),
        "worker_seconds": {part: round(seconds, 3) for part, seconds in result.time_spent.items()},
        "interrupted": result.interrupted,
        "videos": {"made": result.videos, "left": result.videos_left, "faults": dict(result.video_faults)},
        "stops": [stop.model_dump() for stop in result.stops],
        "budget": {
            "spent": bool(result.cuts),
            "words": covered(result.cuts) if result.cuts else "",
            "policies": [cut.model_dump() for cut in result.cuts],
        },
    }


def show_table(result: RunResult) -> None:
    """Print the run's table in the report format `terminal`, and where the run lies."""
    (writer,) = entry_points(group="evalsuite.report_formats", name="terminal")
    writer.load()([result.out], None)
    print(last_line(result))


def last_line(result: RunResult) -> str:
    """How much of the run there is, and where."""
    if result.cuts:
        return f"{covered(result.cuts)}, in {result.out}"
    return f"{result.episodes} of {result.total} episode{'s' * (result.total != 1)} in {result.out}"


def time_lines(result: RunResult) -> Iterator[str]:
    """One line on where this session's time went, if it played something."""
    if result.steps:
        yield f"the workers' time: {in_words(result.time_spent)}"


def retry_lines(result: RunResult) -> Iterator[str]:
    """One line if episodes took more than one attempt: how many, and mostly why."""
    if result.retried:
        count, reasons = len(result.retried), Counter(result.retried.values())
        episodes = f"{count} episode{'s' * (count != 1)}"
        yield f"{episodes} needed more than one attempt, most often: {_most_common(reasons)}"


def error_lines(result: RunResult) -> Iterator[str]:
    """One line for each policy that has errors: how many, what most of them were, and where more of that was said."""
    for label, reasons in result.errors.items():
        total, errors = sum(result.policies[label].values()), sum(reasons.values())
        episodes = f"{total} episode{'s' * (total != 1)} {'is an error' if errors == 1 else 'are errors'}"
        log = result.logs.get(max(reasons, key=lambda reason: reasons[reason]), "")
        see = f" (log: {result.out / log})" if log else ""
        yield f"{label}: {errors} of {episodes}, most often: {_most_common(reasons)}{see}"


def given_up_lines(result: RunResult) -> Iterator[str]:
    """One line for each world of which nothing more was played: why, and how much is left."""
    for each in result.given_up:
        left = f"{each.episodes_left} episode{'s' * (each.episodes_left != 1)} left"
        yield f"the world {each.world!r} was given up, {left}: its simulators kept failing, the last: {each.reason}"


def video_lines(result: RunResult) -> Iterator[str]:
    """One line for each reason why videos that were wanted are not there."""
    for reason, count in result.video_faults.items():
        yield f"{count} video{'s' * (count != 1)} could not be made: {reason}"


def _most_common(reasons: Mapping[str, int]) -> str:
    """The reason that most have; empty when there is none."""
    return max(reasons, key=lambda reason: reasons[reason], default="").removeprefix("policy fault: ")
