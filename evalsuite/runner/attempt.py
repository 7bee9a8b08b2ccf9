"""One try at an episode, as the driver tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from evalsuite.runner.plan import Episode
from evalsuite.runner.wire import Message

Fault = Literal["start", "simulator", "policy", "lost", "void", "scenario"]
"""What a try broke down on: a simulator that did not come up, one that failed later, what the policy did, its process
that was lost while it answered this episode alone, or others with it or instead (void), or the scenario itself."""

FINAL_FAULTS: frozenset[Fault] = frozenset({"policy", "scenario"})
"""Those that settle the episode: it would come out the same."""


@dataclass(frozen=True)
class Attempt:
    """What came of one try at an episode.

    Args:
        ended: the worker's account of an episode that was played to its end; None after a fault.
        fault: what it broke down on; None for an episode that was played.
        reason: what went wrong; empty for an episode that was played.
        final: whether it settles the episode.
        excused: whether it does not count against the episode.
        footage: what the worker's recorder kept.
        report: what the simulator had to tell besides.
        log: name of the log in which the worker's part of it stands; empty where there is none.
    """

    episode: Episode
    started: str
    ended: Message | None = None
    fault: Fault | None = None
    reason: str = ""
    final: bool = True
    excused: bool = False
    steps: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    footage: Message = field(default_factory=dict)
    report: Message = field(default_factory=dict)
    log: str = ""
