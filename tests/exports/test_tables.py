"""The exports that are made of records alone."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import yaml

from evalsuite.commands.export import export
from evalsuite.commands.main import main
from evalsuite.errors import UsageError
from evalsuite.exports.options import ExportOptions
from evalsuite.records.reading import SUITE_FILE, episode_files, read_records, settled
from evalsuite.records.record import Record
from evalsuite.statistics.intervals import wilson
from evalsuite.suite.files import save_suite
from tests.reports.run_folders import make_run, plausible
from tests.worlds.grid_world import grid_scenario, grid_suite


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run", plausible)


def with_suite(run: Path) -> Path:
    """`run` with a suite file that has its scenarios."""
    names = dict.fromkeys(record.scenario for record in read_records(run))
    save_suite(grid_suite(*(grid_scenario(name) for name in names), name="small-suite"), run / SUITE_FILE)
    return run


def scored_episodes(run: Path, policy: str) -> list[Record]:
    records = settled(read_records(run)).values()
    return [record for record in records if record.policy == policy and record.outcome != "error"]


def test_parquet_has_a_row_for_every_attempt_with_the_types_of_the_schema(recorded: Path, tmp_path: Path) -> None:
    (path,) = export([recorded], ["parquet"], tmp_path / "out", ExportOptions())
    table = pyarrow.parquet.read_table(path)
    records = read_records(recorded)
    assert table.num_rows == len(records)
    assert table.column_names[:3] == ["run_folder", "schema", "run"]
    assert table["outcome"].to_pylist() == [record.outcome for record in records]
    assert table["view.manhattan_m"].to_pylist() == [20.0] * len(records)
    assert str(table.schema.field("started").type) == "timestamp[ms, tz=UTC]"
    assert table["started"][0].as_py() == datetime(2030, 1, 1, tzinfo=timezone.utc)
    assert set(table["rehearsal"].to_pylist()) == {False}
    metadata = json.loads(table.schema.metadata[b"evalsuite"])
    assert metadata["rehearsal"] is False
    assert metadata["runs"][0]["suite"] == "small-suite"


def test_an_error_that_was_tried_again_is_not_final_any_more(recorded: Path, tmp_path: Path) -> None:
    (file,) = episode_files(recorded)
    first, *others = read_records(recorded)
    error = first.model_copy(update={"outcome": "error"})
    again = first.model_copy(update={"outcome": "failure", "attempt": 2})
    file.write_bytes(b"".join(each.line() for each in (error, *others, again)))
    (path,) = export([recorded], ["parquet"], tmp_path / "out", ExportOptions())
    table = pyarrow.parquet.read_table(path)
    final = table["final"].to_pylist()
    assert (final[0], final[-1], final.count(True)) == (False, True, len(others) + 1)
    assert set(table["excused"].to_pylist()) == {False}


def test_only_what_is_asked_for_is_exported(recorded: Path, tmp_path: Path) -> None:
    options = ExportOptions(policies=("agent",), outcomes=("success",))
    (path,) = export([recorded], ["parquet"], tmp_path / "out", options)
    table = pyarrow.parquet.read_table(path)
    assert set(zip(table["policy"].to_pylist(), table["outcome"].to_pylist(), strict=True)) == {("agent", "success")}
    with pytest.raises(UsageError, match="nothing to export"):
        export([recorded], ["parquet"], tmp_path / "none", ExportOptions(policies=("nobody",)))


def test_a_rehearsal_is_marked_in_every_format(tmp_path: Path) -> None:
    run = with_suite(make_run(tmp_path / "run", plausible, rehearsal=True))
    written = export([run], ["parquet", "hf", "lerobot-eval"], tmp_path / "out", ExportOptions(policies=("agent",)))
    parquet, card, info = written
    assert set(pyarrow.parquet.read_table(parquet)["rehearsal"].to_pylist()) == {True}
    assert "REHEARSAL" in card.read_text()
    assert yaml.safe_load(card.read_text().split("---")[1])["model-index"][0]["results"][0]["dataset"]["type"] == (
        "small-suite-rehearsal"
    )
    assert json.loads(info.read_text())["evalsuite"]["rehearsal"] is True


def test_the_card_of_a_run_that_is_not_complete_says_so(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible)
    (whole, *_) = export([run], ["hf"], tmp_path / "whole", ExportOptions())
    assert "Not every episode" not in whole.read_text()
    (episodes,) = episode_files(run)
    episodes.write_text("".join(episodes.read_text().splitlines(keepends=True)[:-1]))
    (part, *_) = export([run], ["hf"], tmp_path / "part", ExportOptions())
    assert "Not every episode of the run is in it: small-suite 1.0." in part.read_text()


@pytest.mark.parametrize("format_name", ["parquet", "hf", "lerobot-eval", "lerobot"])
def test_rehearsals_and_real_runs_are_never_mixed(tmp_path: Path, format_name: str) -> None:
    runs = [make_run(tmp_path / "real", plausible), make_run(tmp_path / "rehearsed", plausible, rehearsal=True)]
    with pytest.raises(UsageError, match="rehearsed is a rehearsal and others are not"):
        export(runs, [format_name], tmp_path / "out", ExportOptions())
    assert not (tmp_path / "out").exists()


def test_the_model_index_has_the_rates_of_the_records_with_counts_and_intervals(recorded: Path, tmp_path: Path) -> None:
    written = export([recorded], ["hf"], tmp_path / "out", ExportOptions())
    assert [path.name for path in written] == ["agent.md", "oracle.md", "random.md"]
    _, head, _ = written[0].read_text().split("---\n")
    assert "&id" not in head
    (index,) = yaml.safe_load(head)["model-index"]
    scored = [
        each for each in settled(read_records(recorded)).values() if each.policy == "agent" and each.outcome != "error"
    ]
    assert [result["dataset"]["config"] for result in index["results"]] == [
        "all",
        *("approach", "break", "interact", "melee_hunt", "archery"),
    ]
    for result in index["results"]:
        config, (metric,) = result["dataset"]["config"], result["metrics"]
        mine = [each for each in scored if config in ("all", each.interaction)]
        successes = sum(each.outcome == "success" for each in mine)
        assert metric["value"] == pytest.approx(successes / len(mine), abs=1e-6)
        assert (metric["args"]["successes"], metric["args"]["episodes"]) == (successes, len(mine))
        interval = wilson(successes, len(mine))
        assert metric["args"]["interval_95"] == pytest.approx([interval.low, interval.high], abs=1e-6)


def test_eval_info_has_the_shape_of_lerobots_and_the_sums_of_the_records(recorded: Path, tmp_path: Path) -> None:
    written = export([with_suite(recorded)], ["lerobot-eval"], tmp_path / "out", ExportOptions())
    assert sorted(path.parent.name for path in written) == ["agent", "oracle", "random"]
    info: dict[str, Any] = json.loads((tmp_path / "out" / "agent" / "eval_info.json").read_text())
    scored = [
        each for each in settled(read_records(recorded)).values() if each.policy == "agent" and each.outcome != "error"
    ]
    overall = info["overall"]
    assert overall["n_episodes"] == len(scored)
    assert overall["pc_success"] == pytest.approx(100 * sum(each.outcome == "success" for each in scored) / len(scored))
    assert set(overall) == {
        *("avg_sum_reward", "avg_max_reward", "pc_success", "n_episodes", "video_paths"),
        *("eval_s", "eval_ep_s"),
    }
    assert len(info["per_task"]) == 15
    assert sum(len(task["metrics"]["successes"]) for task in info["per_task"]) == len(scored)
    groups = info["per_group"]
    assert sum(group["n_episodes"] for group in groups.values()) == len(scored)
    assert set(info["per_task"][0]["metrics"]) == {"sum_rewards", "max_rewards", "successes", "video_paths"}


def test_an_unknown_format_is_refused_before_anything_is_written(recorded: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no export format 'xlsx'; known: hf, lerobot"):
        export([recorded], ["parquet", "xlsx"], tmp_path / "out", ExportOptions())
    assert not (tmp_path / "out").exists()


def test_json_names_the_runs_and_the_files(recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["export", str(recorded), "--to", "parquet", "--out", str(out), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["runs"] == [str(recorded)]
    assert all(Path(path).is_file() and Path(path).parent == out for path in content["files"])


def test_where_nothing_can_be_written_one_line_says_so_without_a_number(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("av", reason="needs PyAV")
    assert main(["export", str(recorded), "--to", "lerobot", "--out", "/proc/self/out"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("evalsuite: error: can't write /proc/self/out/lerobot: ")
    assert "Errno" not in said
    assert len(said.splitlines()) == 1
