"""How long a pulse has to be, worked out and read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalsuite.adapters.robot.pulses import Pulses, Scale, fit, load_pulses, pulse_for, save_pulses
from evalsuite.errors import UsageError


def test_a_pulse_undoes_what_the_fit_found() -> None:
    slow = Scale(gain=0.8, lost=0.1)
    measured = [(seconds, 0.2 * 0.8 * (seconds - 0.1)) for seconds in (1.0, 2.0)]
    found = fit(0.2, measured[0], measured[1])
    assert found.gain == pytest.approx(slow.gain)
    assert found.lost == pytest.approx(slow.lost)
    pulse = pulse_for(-0.5, 0.2, 0.5, found)
    assert pulse.velocity == pytest.approx(-0.2)
    assert pulse.velocity * found.gain * (pulse.seconds - found.lost) == pytest.approx(-0.5)


def test_a_short_way_is_gone_no_faster_than_its_ramps_allow() -> None:
    pulse = pulse_for(0.02, 0.2, 0.5, Scale())
    assert pulse.velocity**2 / 0.5 == pytest.approx(0.02)


def test_measurements_of_no_steady_motion_are_refused() -> None:
    with pytest.raises(UsageError, match="no steady motion"):
        fit(0.2, (1.0, 0.2), (2.0, 0.19))


def test_a_file_with_a_mistake_says_where(tmp_path: Path) -> None:
    path = tmp_path / "pulses.yaml"
    save_pulses(path, Pulses(forward=Scale(gain=0.9)))
    assert load_pulses(path).forward.gain == 0.9
    path.write_text("forward: {gain: fast}\n")
    with pytest.raises(UsageError, match=r"pulses.yaml: forward.gain"):
        load_pulses(path)
