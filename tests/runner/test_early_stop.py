"""A run that stops when its comparison is decided, played for real."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalsuite.commands.main import main
from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_header, read_records, settled
from evalsuite.runner.early_stop import EarlyStopper
from evalsuite.runner.plan import in_random_order
from evalsuite.runner.run import RunResult, run_suite
from evalsuite.statistics.early_stopping import RuleName
from evalsuite.statistics.results import read_results
from evalsuite.suite.scenario import Suite
from tests.worlds.grid_world import grid_scenario, grid_suite

pytestmark = pytest.mark.usefixtures("playground")

SUITE = grid_suite(*(grid_scenario(f"s{number}", max_steps=4, seed=number) for number in range(40)))
ALL_SOLVED = {(scenario.id, 0): True for scenario in SUITE.scenarios}


def run(
    out: Path,
    *policies: str,
    rule: RuleName | None = "evalue",
    workers: int = 2,
    base: dict[tuple[str, int], bool] = ALL_SOLVED,
    suite: Suite = SUITE,
) -> RunResult:
    """Compared with a base that solved everything: `noop` loses every pair."""
    stopper = None if rule is None else EarlyStopper(suite, [0], "base", {"noop": base}, rule)
    references = [parse_reference(policy) for policy in policies]
    return run_suite(suite, references, out=out, workers=workers, stopper=stopper)


def test_a_proven_regression_ends_the_run_and_the_header_says_so(tmp_path: Path) -> None:
    result = run(tmp_path / "run", "noop", workers=1)
    assert not result.interrupted
    (stop,) = result.stops
    assert (stop.reason, stop.rule, stop.lost, stop.gained) == ("regression", "evalue", stop.pairs, 0)
    assert stop.pairs <= result.episodes == result.total < 15
    assert read_header(tmp_path / "run").stops == (stop,)
    (results,) = read_results([tmp_path / "run"])
    assert any(f"stopped early after {stop.pairs} of 40 pairs" in note for note in results.notes)
    assert not any("not complete" in note for note in results.notes)


@pytest.mark.parametrize("workers", [1, 4])
def test_what_was_played_is_the_beginning_of_the_fixed_random_order(tmp_path: Path, workers: int) -> None:
    run(tmp_path / "run", "noop", workers=workers)
    played = {record.scenario for record in read_records(tmp_path / "run")}
    order = [scenario.id for scenario in in_random_order(SUITE)]
    assert played == set(order[: len(played)])


def test_the_number_of_workers_decides_nothing(tmp_path: Path) -> None:
    stops = [run(tmp_path / str(workers), "noop", workers=workers).stops for workers in (1, 4)]
    assert stops[0] == stops[1]


def test_o_brien_and_fleming_look_four_times_only(tmp_path: Path) -> None:
    (stop,) = run(tmp_path / "run", "noop", rule="obf").stops
    assert (stop.pairs, stop.reason) == (20, "regression")


def test_a_hopeless_comparison_is_given_up(tmp_path: Path) -> None:
    never = dict.fromkeys(ALL_SOLVED, False)
    (stop,) = run(tmp_path / "run", "noop", rule="obf", base=never).stops
    assert (stop.reason, stop.lost, stop.gained) == ("futility", 0, 0)


def test_the_controls_beside_it_stop_with_it(tmp_path: Path) -> None:
    result = run(tmp_path / "run", "noop", "random", workers=1)
    assert sum(result.policies["random"].values()) < 15


def test_a_stopped_run_stays_stopped_until_it_is_run_without_the_rule(tmp_path: Path) -> None:
    first = run(tmp_path / "run", "noop")
    again = run(tmp_path / "run", "noop")
    assert (again.stops, again.episodes, again.steps) == (first.stops, first.episodes, 0)
    rest = run(tmp_path / "run", "noop", rule=None)
    assert rest.episodes == len(settled(read_records(tmp_path / "run"))) == 40
    (results,) = read_results([tmp_path / "run"])
    assert results.notes == ()


def test_the_command_pairs_with_a_folder_stops_and_prints_the_comparison(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from evalsuite.suite.files import save_suite

    monkeypatch.chdir(tmp_path)
    suite = grid_suite(
        *(grid_scenario(f"s{number}", seed=number, max_steps=40, target=(4.0, 7.0)) for number in range(24))
    )
    save_suite(suite, Path("grid.yaml"))
    assert main(["run", "grid.yaml", "--policy", "agent=oracle", "--out", "base", "--json"]) == 0
    capsys.readouterr()
    asked = ["run", "grid.yaml", "--policy", "agent=noop", "--out", "new", "--compare-to", "base", "--stop", "evalue"]
    assert main([*asked, "--controls", "--json"]) == 2
    assert "no policy of the candidate" in capsys.readouterr().err
    base = Path("base/run.json")
    header = json.loads(base.read_text())
    header["policies"][0]["reference"] = "noop"
    base.write_text(json.dumps(header))
    assert main(asked) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "agent (new) against agent (base), grid-test 1" in said
    assert "stopped early after" in said
    assert main(["run", "grid.yaml", "--policy", "noop", "--stop", "obf"]) == 2
    assert "--compare-to" in capsys.readouterr().err


def test_controls_are_added_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from evalsuite.suite.files import save_suite

    monkeypatch.chdir(tmp_path)
    save_suite(grid_suite(), Path("grid.yaml"))
    asked = ["run", "grid.yaml", "--policy", "oracle", "--policy", "still=noop", "--controls", "--out", "run", "--json"]
    assert main(asked) == 0
    assert list(json.loads(capsys.readouterr().out)["policies"]) == ["oracle", "still", "random"]
