from __future__ import annotations

from evalsuite.adapters.robot.verdicts import agreement, lines
from evalsuite.records.record import Record


def record(scenario: str, **changed: object) -> Record:
    fixed = dict.fromkeys(("run", "suite", "suite_sha256", "policy_sha256", "reason", "started", "finished"), "x")
    told = {"world": "robot", "interaction": "approach", "difficulty": "easy", "view": {}, "policy": "p", "seed": 0}
    content = {**fixed, **told, "scenario": scenario, "attempt": 1, "final": True, "outcome": "success", **changed}
    return Record.model_validate(content)


def judged(scenario: str, tags: bool, operator: bool | None, **changed: object) -> Record:
    return record(scenario, report={"tags_verdict": tags, "operator_verdict": operator}, **changed)


def test_agreement_is_counted_over_what_both_have_judged() -> None:
    records = [
        judged("both", True, True),
        judged("neither", False, False),
        judged("tags alone", True, False),
        judged("operator alone", False, True),
        judged("untold", True, None),
        judged("tried again", True, False, final=False),
        judged("played after an error", True, False, outcome="error"),
        judged("played after an error", True, True, attempt=2),
        record("by the operator", report={"operator_verdict": True}),
        record("elsewhere"),
    ]
    found = agreement(records)
    assert (found.both, found.differ, found.untold) == (5, 2, 1)
    assert (found.only_tags, found.only_operator) == (("tags alone",), ("operator alone",))
    assert lines(found)[0] == "tags and operator agree on 3 of 5 episodes"
    assert lines(agreement([])) == ["no episode was judged by both tags and operator"]
