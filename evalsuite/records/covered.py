"""How far a budget went, in words for whoever reads the numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evalsuite.records.header import BudgetCut


def covered(cuts: Sequence[BudgetCut]) -> str:
    """Such as "covered 120 of 480 episodes by budget (30m), a fair sample: evenly over 15 cells (8 each)".

    Args:
        cuts: of one run.
    """
    episodes, total = sum(cut.episodes for cut in cuts), sum(cut.total for cut in cuts)
    fair = all(cut.fair for cut in cuts)
    how = f"{', a fair sample: evenly' if fair else ', unevenly'} over {_spread(cuts)}"
    return f"covered {episodes:,} of {total:,} episodes by budget ({cuts[0].budget}){how}"


def cut_sentences(cuts: Iterable[BudgetCut]) -> list[str]:
    """A sentence for all policies that were cut alike."""
    alike: dict[BudgetCut, list[BudgetCut]] = {}
    for cut in cuts:
        alike.setdefault(cut.model_copy(update={"policy": ""}), []).append(cut)
    return [
        f"{', '.join(cut.policy for cut in group)}: {covered(group)}"
        + (", in a fixed random order" if like.fair else "")
        for like, group in alike.items()
    ]


def _spread(cuts: Sequence[BudgetCut]) -> str:
    cells = sum(cut.cells for cut in cuts)
    least, most = min(cut.least for cut in cuts), max(cut.most for cut in cuts)
    each = f"{least} each" if least == most else f"{least} to {most} each"
    whole = sum(cut.small for cut in cuts)
    each += f", {whole} smaller {'one' if whole == 1 else 'ones'} whole" if whole else ""
    return f"{cells} cell{'s' * (cells != 1)} ({each})"
