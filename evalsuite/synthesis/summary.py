"""What became of the draws: which were refused and why, and which strata could not be filled."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from evalsuite.crossview.difficulty import DIFFICULTY_NAME
from evalsuite.crossview.view_gap import VIEW_GAPS_NAME
from evalsuite.synthesis.plan import Plan

SCHEMA = 1


def summary(plan: Plan, *, seed: int) -> dict[str, Any]:
    """As plain data: the file beside the suite."""
    tally = plan.tally
    asked: dict[tuple[str, str], int] = {}
    for number in range(plan.count):
        ask = plan.ask(number)
        key = ask.cell.name, ask.gap.name if ask.gap else ""
        asked[key] = asked.get(key, 0) + 1
    return {
        "schema": SCHEMA,
        "world": plan.rules.world,
        "seed": seed,
        "scenarios": plan.count,
        "drafts": tally.drafts,
        "refused": dict(tally.refused.most_common()),
        "bins": {"difficulty": DIFFICULTY_NAME, "view_gap": VIEW_GAPS_NAME},
        "strata": [
            {"cell": cell, "view_gap": gap, "asked": asked.get((cell, gap), 0), "made": tally.made.get((cell, gap), 0)}
            for cell, gap in sorted({*asked, *tally.made})
        ],
    }


def refusal_table(content: dict[str, Any]) -> Table:
    """The refusals, commonest first."""
    table = Table(title=f"{content['drafts']} draws for {content['scenarios']} scenarios", title_justify="left")
    table.add_column("refused because")
    table.add_column("draws", justify="right")
    table.add_column("share", justify="right")
    for reason, count in content["refused"].items():
        table.add_row(reason, str(count), f"{count / max(1, content['drafts']):.1%}")
    return table


def unfilled(content: dict[str, Any]) -> list[str]:
    """A line for each stratum of which fewer were found than asked for."""
    return [
        f"{each['cell']}, view gap {each['view_gap']}: {each['made']} of {each['asked']} found, others instead"
        for each in content["strata"]
        if each["made"] < each["asked"] and each["view_gap"]
    ]
