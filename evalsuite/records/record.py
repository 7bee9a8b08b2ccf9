"""One line of the run folder: what came of one attempt at one episode."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt

RECORD_SCHEMA = 1

Outcome = Literal["success", "failure", "error"]
EpisodeKey = tuple[str, str, int]
"""(scenario id, policy label, seed): within one run, whose header fixes suite and checkpoints by hash."""


class Record(BaseModel):
    """An attempt. An error is an outcome of its own and never counts as a failure of the policy.

    Args:
        run: identity of the run folder, from its header.
        view: the measured view difficulty, as in the scenario, with what was measured after its suite was locked.
        policy: the label under which the policy is reported; policy_sha256 is the checkpoint's, or of its
            reference when there is no file.
        attempt: 1 for the first try.
        final: whether this attempt settles the episode: a success, a failure, or the last error.
        excused: whether the fault was no doing of the episode's, so that the attempt does not count against it.
        reason: why it ended, in one line.
        score: share of goals reached, in [0, 1]; 0 for an error.
        goals: how many the scenario has; None in a record of a version that did not say.
        sight_unknown_steps: how often up to `first_seen_step`, or the end, the world could not tell whether the target
            was in view; None in a record of a version that did not say.
        goal_mask_pixels: area of the first goal's mask.
        seconds: wall time by phase: start, reset, goal_view, step, policy.
        final_frame_sha256: of the last picture's bytes (height, width, 3); empty for an error.
        rehearsal: whether a stand-in played the simulator's part.
        log: of what was said during an attempt that broke down, the path in the run folder; a log may be deleted.
        video: its path in the run folder, if the attempt was to have one; there whole or not at all
            (`evalsuite.records.videos`).
        started, finished: UTC, ISO 8601.
    """

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)

    record_schema: int = Field(default=RECORD_SCHEMA, alias="schema")
    run: str
    suite: str
    suite_sha256: str
    scenario: str
    world: str
    interaction: str
    difficulty: str
    view: dict[str, Any]
    policy: str
    policy_sha256: str
    seed: int
    attempt: int = Field(ge=1)
    final: bool
    excused: bool = False
    outcome: Outcome
    reason: str
    steps: NonNegativeInt = 0
    score: float = Field(default=0.0, ge=0.0, le=1.0)
    goals: int | None = Field(default=None, ge=1)
    success_at_reset: bool = False
    wrong_targets: NonNegativeInt = 0
    nearest_m: NonNegativeFloat | None = None
    path_m: NonNegativeFloat = 0.0
    first_seen_step: NonNegativeInt | None = None
    sight_unknown_steps: NonNegativeInt | None = None
    masked_actions: NonNegativeInt = 0
    goal_mask_pixels: NonNegativeInt | None = None
    prediction: dict[str, float] | None = None
    seconds: dict[str, float] = Field(default_factory=dict)
    final_frame_sha256: str = ""
    rehearsal: bool = False
    log: str = ""
    video: str | None = None
    started: str
    finished: str

    @property
    def key(self) -> EpisodeKey:
        return (self.scenario, self.policy, self.seed)

    def line(self) -> bytes:
        """The record as one line of JSON with its newline."""
        return self.model_dump_json(by_alias=True).encode() + b"\n"
