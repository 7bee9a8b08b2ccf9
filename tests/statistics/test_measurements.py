from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalsuite.errors import UsageError
from evalsuite.records.reading import read_records
from evalsuite.statistics.comparison import Stratum, compare
from evalsuite.statistics.measurements import read_measurements
from evalsuite.statistics.pairs import matching_pairs
from evalsuite.statistics.results import read_run
from tests.reports.detailed_runs import detailed_run


def test_every_episode_finds_what_its_record_says(tmp_path: Path) -> None:
    run = detailed_run(tmp_path / "run", {"agent": 0.5}, suite="doom-quick", seeds=(0, 1))
    records = {(record.scenario, record.seed): record for record in read_records(run)}
    measurements, episodes = read_measurements([run]), read_run(run).episodes
    for at, row in enumerate(measurements.rows(episodes)):
        record = records[episodes.scenarios[episodes.scenario[at]], int(episodes.seed[at])]
        assert measurements.steps[row] == record.steps
        assert measurements.view["view_angle_deg"][row] == record.view["view_angle_deg"]
        assert measurements.view["target_visible_at_start"][row] == record.view["target_visible_at_start"]
        assert measurements.seconds["policy"][row] == record.seconds["policy"]
        lasted = measurements.finished[row] - measurements.started[row]
        assert lasted == pytest.approx(sum(record.seconds.values()), abs=1e-5)


def test_what_a_record_lacks_is_not_a_number(tmp_path: Path) -> None:
    run = detailed_run(tmp_path / "run", {"agent": 0.5}, suite="doom-quick")
    (file,) = (run / "episodes").iterdir()
    file.write_bytes(file.read_bytes().replace(b'"view_angle_deg":', b'"view_angle_rad":', 1))
    assert np.isnan(read_measurements([run]).view["view_angle_deg"]).sum() == 1


def test_a_line_that_is_no_record_is_named(tmp_path: Path) -> None:
    run = detailed_run(tmp_path / "run", {"agent": 0.5}, suite="doom-quick")
    (file,) = (run / "episodes").iterdir()
    file.write_bytes(file.read_bytes() + b"{}\n" + b'{"half')
    with pytest.raises(UsageError, match=r":31: not a record"):
        read_measurements([run])


def test_pairs_are_those_that_compare_counts(tmp_path: Path) -> None:
    run = detailed_run(tmp_path / "run", {"one": 0.5, "two": 1.0}, suite="doom-quick", error_share=0.2)
    episodes = read_run(run).episodes
    one, two = (episodes.take(episodes.where([p.policy == name for p in episodes.profiles])) for name in ("one", "two"))
    pairs, comparison = matching_pairs(one, two), compare(one, two)
    assert len(pairs.before) == comparison.pooled.n < 30
    for difference in comparison.pairs["cell"]:
        stratum = Stratum(None, difference.stratum.interaction, difference.stratum.difficulty)
        assert len(pairs.within(stratum).before) == difference.n
