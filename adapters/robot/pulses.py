"""How far timed pulses go, for robots that don't tell: measured once by `calibrate_motion`, kept in a file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from evalsuite.errors import UsageError
from evalsuite.suite.mistakes import in_words, mistakes
from evalsuite.whole_files import write_whole


class Scale(BaseModel):
    """One way of moving: distance = velocity x gain x (seconds - lost).

    Args:
        gain: how far it goes, per what it was told.
        lost: seconds of a pulse in which it does not move yet; may be negative, when it rolls on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    gain: FiniteFloat = Field(default=1.0, gt=0.1, lt=10.0)
    lost: FiniteFloat = Field(default=0.0, gt=-1.0, lt=1.0)


class Pulses(BaseModel):
    """All of them; metres and degrees."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    forward: Scale = Scale()
    right: Scale = Scale()
    turn: Scale = Scale()


@dataclass(frozen=True)
class Pulse:
    """A velocity, in metres or degrees per second, and for how long."""

    velocity: float
    seconds: float


def pulse_for(distance: float, most: float, acceleration: float, scale: Scale) -> Pulse:
    """The pulse that goes `distance` (signed; metres or degrees).

    A ramp up and the same ramp down cancel: velocity x seconds is the distance, as long as the top is reached, which
    sets how fast a short way may be gone.
    """
    if distance == 0.0:
        return Pulse(0.0, 0.0)
    told = abs(distance) / scale.gain
    velocity = min(most, math.sqrt(told * acceleration))
    return Pulse(math.copysign(velocity, distance), max(0.0, told / velocity + scale.lost))


def fit(velocity: float, shorter: tuple[float, float], longer: tuple[float, float]) -> Scale:
    """The scale behind two pulses at `velocity`, each as (seconds, measured distance).

    Raises `UsageError` when no robot moves like that.
    """
    (brief, near), (long, far) = shorter, longer
    gain = (far - near) / (velocity * (long - brief))
    if not 0.1 < gain < 10.0:
        raise UsageError(
            f"{brief:g} s went {near:g} and {long:g} s went {far:g}: no steady motion; measure again, on a floor where "
            "the wheels don't slip"
        )
    lost = brief - near / (velocity * gain)
    if not -1.0 < lost < 1.0:
        raise UsageError(f"{lost:.2f} s of each pulse were without motion: measure again, from a standstill")
    return Scale(gain=gain, lost=lost)


def load_pulses(path: Path) -> Pulses:
    """Read what `save_pulses` wrote. Raises `UsageError`."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror or error}; make it with calibrate_motion") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path} is not YAML: {str(error).splitlines()[0]}") from error
    try:
        return Pulses.model_validate(content)
    except ValidationError as error:
        said = [
            f"{path}: {'.'.join(map(str, each['loc']))}: {in_words(each, Pulses)}" for each in mistakes(error, Pulses)
        ]
        raise UsageError("\n".join(said)) from error


def save_pulses(path: Path, pulses: Pulses) -> None:
    """Write `pulses` as YAML, whole or not at all. Raises `OSError`."""
    write_whole(path, yaml.safe_dump(pulses.model_dump(), sort_keys=False).encode())
