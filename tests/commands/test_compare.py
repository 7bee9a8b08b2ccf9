from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalsuite.commands.main import main
from evalsuite.records.record import Outcome
from tests.reports.run_folders import make_run, plausible

Capture = pytest.CaptureFixture[str]


def worse_at_archery(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
    return "failure" if interaction == "archery" else plausible(policy, interaction, difficulty, number)


@pytest.fixture
def runs(tmp_path: Path) -> tuple[str, str]:
    base = make_run(tmp_path / "base", plausible, policies=["agent", "random"], per_cell=16)
    candidate = make_run(tmp_path / "new", worse_at_archery, policies=["agent", "random"], per_cell=16, checkpoint="2")
    return str(base), str(candidate)


def test_the_tables_have_every_tier_and_what_changed_stands_out(runs: tuple[str, str], capsys: Capture) -> None:
    assert main(["compare", *runs]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "agent (new) against agent (base), small-suite 1.0" in said
    assert any(line.startswith("archery ") and "0.0%" in line and "<.0001" in line for line in said)
    assert any(line.startswith("break ") and "+0.0" in line and "1.00" in line for line in said)
    order = [line.split("  ")[0] for line in said if line.startswith("archery ")]
    assert order == ["archery", "archery easy", "archery medium", "archery hard"]
    assert max(map(len, said)) <= 100
    assert not any("random" in line for line in said)


def test_json_gives_every_number(runs: tuple[str, str], capsys: Capture) -> None:
    assert main(["compare", *runs, "--json"]) == 0
    (comparison,) = json.loads(capsys.readouterr().out)
    assert comparison["paired"] is True
    (pooled,) = comparison["tiers"]["pooled"]
    assert pooled["pairs"] == 240
    assert pooled["change"] == pytest.approx((pooled["gained"] - pooled["lost"]) / 240)
    assert pooled["low"] < pooled["change"] < pooled["high"] < 0
    archery = next(each for each in comparison["tiers"]["interaction"] if each["interaction"] == "archery")
    assert archery["p"] <= archery["p_holm"] < 0.001


def test_policies_are_matched_by_label_or_as_told(runs: tuple[str, str], capsys: Capture) -> None:
    assert main(["compare", *runs, "--policy", "random"]) == 0
    assert "random (new) against random (base)" in capsys.readouterr().out
    assert main(["compare", *runs, "--policy", "agent", "--base-policy", "random"]) == 0
    assert "agent (new) against random (base)" in capsys.readouterr().out
    assert main(["compare", *runs, "--base-policy", "nobody"]) == 2
    assert "the base has no policy 'nobody'; it has agent, random" in capsys.readouterr().err


def test_runs_without_a_pair_are_compared_with_a_loud_note(tmp_path: Path, capsys: Capture) -> None:
    one = make_run(tmp_path / "one", plausible, policies=["agent"], seeds=(0,))
    two = make_run(tmp_path / "two", plausible, policies=["agent"], seeds=(1,))
    other = make_run(tmp_path / "other", plausible, policies=["agent"], suite="other")
    for candidate, why in [(two, "no (scenario, seed) in common"), (other, "the base is of small-suite")]:
        assert main(["compare", str(one), str(candidate)]) == 0
        said = capsys.readouterr().out
        assert f"NOT PAIRED: {why}" in said or ("NOT PAIRED" in said and why in said)
        assert "Newcombe" in said


def test_a_rehearsal_is_not_compared_with_the_real_thing(tmp_path: Path, capsys: Capture) -> None:
    real = make_run(tmp_path / "real", plausible, policies=["agent"])
    rehearsed = make_run(tmp_path / "rehearsed", plausible, policies=["agent"], rehearsal=True)
    assert main(["compare", str(real), str(rehearsed)]) == 2
    assert "rehearsal" in capsys.readouterr().err


def test_several_seeds_are_compared_as_clusters(tmp_path: Path, capsys: Capture) -> None:
    runs = [
        make_run(tmp_path / name, judge, policies=["agent"], seeds=(0, 1, 2))
        for name, judge in (("base", plausible), ("new", worse_at_archery))
    ]
    assert main(["compare", *map(str, runs)]) == 0
    assert "clustered McNemar (Durkalski)" in capsys.readouterr().out


def test_what_is_only_in_one_run_is_said(runs: tuple[str, str], tmp_path: Path, capsys: Capture) -> None:
    smaller = make_run(tmp_path / "smaller", plausible, policies=["agent"], per_cell=4)
    assert main(["compare", runs[0], str(smaller)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "60 pairs on the same scenarios and seeds" in said
    assert "180 episodes of the base, 0 of the candidate" in said


def test_a_policy_that_only_one_side_has_is_named(runs: tuple[str, str], tmp_path: Path, capsys: Capture) -> None:
    more = make_run(tmp_path / "more", plausible, policies=["agent", "newcomer", "random"], per_cell=16)
    assert main(["compare", runs[0], str(more)]) == 0
    assert "note: only in the candidate, and not compared: newcomer\n" in capsys.readouterr().out
    assert main(["compare", str(more), runs[0], "--policy", "agent"]) == 0
    assert "newcomer" not in capsys.readouterr().out


def test_an_error_on_either_side_is_no_pair(tmp_path: Path, capsys: Capture) -> None:
    def erring(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
        return "error" if number == 0 else "success"

    runs = [
        make_run(tmp_path / "a", erring, policies=["agent"]),
        make_run(tmp_path / "b", plausible, policies=["agent"]),
    ]
    assert main(["compare", *map(str, runs)]) == 0
    assert "15 pairs left out because" in capsys.readouterr().out
