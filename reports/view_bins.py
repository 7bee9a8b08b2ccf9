"""The bins of measured view difficulty, as data: what a table's rows and a figure's points are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from evalsuite.crossview.difficulty import ViewDifficulty
from evalsuite.errors import UsageError
from evalsuite.records.reading import first_complaint
from evalsuite.statistics.measurements import Measurements

Floats: TypeAlias = NDArray[np.float64]
Measured: TypeAlias = Callable[[str], Floats]
"""From a field of `ViewDifficulty` to its values, NaN where they are not known, a truth as 0 or 1."""

SHIPPED = Path(__file__).with_name("bins")
STANDARD = "standard.1"
MEASURES: tuple[str, ...] = tuple(ViewDifficulty.model_fields)
UNKNOWN = -1
GREATEST = {"view_angle_deg": 180.0, "covisibility": 1.0}
"""Values that a bin which ends at them holds too."""

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*\.[0-9]+$", max_length=60)]
_Words = Annotated[str, StringConstraints(min_length=1, max_length=80)]


@dataclass(frozen=True)
class Condition:
    """low <= value < high, of one measure; with `closed`, high is within. An open end is infinite."""

    measure: str
    low: float
    high: float
    closed: bool = False

    def holds(self, values: Floats) -> NDArray[np.bool_]:
        """Never for a NaN."""
        below = values <= self.high if self.closed else values < self.high
        return np.asarray((values >= self.low) & below)


@dataclass(frozen=True)
class ViewBin:
    """What holds of the episodes in it.

    Args:
        name: such as `10–20 m`, unique in its binning.
        short: the name for where there is little room: `10–20`.
    """

    name: str
    short: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class ViewBinning:
    """One way to tell how different the views are.

    Args:
        name: of its bins, with their version: other bins have another name.
        heading: what a person calls it.
        about: what else there is to say of it.
        unit: of the short names of its bins.
        measure: that the bins cut; empty where they follow from several.
        bins: an episode is in the first that holds it.
    """

    name: str
    heading: str
    about: str
    unit: str
    measure: str
    bins: tuple[ViewBin, ...]

    @property
    def column(self) -> str:
        """What its bin is called in `episodes.csv`."""
        return f"{self.measure or self.name.partition('.')[0].replace('-', '_')}_bin"

    @property
    def title(self) -> str:
        """`view gap (view-gap.1)`."""
        return f"{self.heading} ({self.name})"

    def places(self, measured: Measured) -> NDArray[np.int64]:
        """The place among `bins` of each episode; `UNKNOWN` where it hangs on what is not known, or in none."""
        values = {each.measure: measured(each.measure) for view_bin in self.bins for each in view_bin.conditions}
        count = len(next(iter(values.values())))
        places, decided = np.full(count, UNKNOWN, np.int64), np.zeros(count, np.bool_)
        for place, view_bin in enumerate(self.bins):
            held, unsure = np.ones(count, np.bool_), np.zeros(count, np.bool_)
            for each in view_bin.conditions:
                unknown = np.isnan(values[each.measure])
                unsure |= unknown
                held &= unknown | each.holds(values[each.measure])
            places[held & ~unsure & ~decided] = place
            decided |= held
        return places

    def bin_names(self, measured: Measured) -> list[str]:
        """The name of each episode's bin; empty where it is not known."""
        names = [*(each.name for each in self.bins), ""]
        return [names[place] for place in self.places(measured)]


@dataclass(frozen=True)
class ViewBins:
    """The binnings of a report, under one name."""

    name: str
    binnings: tuple[ViewBinning, ...]


def measured_in(measurements: Measurements, rows: NDArray[np.int64]) -> Measured:
    """The measures of the episodes in the given rows."""

    def measured(name: str) -> Floats:
        values = measurements.view.get(name)
        return np.full(len(rows), np.nan) if values is None else values[rows]

    return measured


def find_view_bins(named: str | None) -> ViewBins:
    """The bins that a person means: the name of some that are shipped, or a file like those; None for the standard.

    Raises `UsageError`.
    """
    shipped = SHIPPED / f"{named or STANDARD}.yaml"
    if named is None or (shipped.is_file() and shipped.parent == SHIPPED):
        return _shipped(shipped)
    path = Path(named)
    if not path.is_file():
        names = ", ".join(sorted(each.stem for each in SHIPPED.glob("*.yaml")))
        raise UsageError(f"there are no view bins {named!r}; shipped: {names}; or name a file like them")
    return read_view_bins(path)


def read_view_bins(path: Path) -> ViewBins:
    """The bins in a file. Raises `UsageError` with what is wrong in it."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return _BinsFile.model_validate(content).bins
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not YAML: {' '.join(str(error).split())[:200]}") from error
    except ValidationError as error:
        raise UsageError(f"{path} holds no view bins: {first_complaint(error)}") from error


@cache
def _shipped(path: Path) -> ViewBins:
    return read_view_bins(path)


class _BinningEntry(BaseModel):
    """A binning as a file has it: a measure and edges, or rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Name
    heading: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    about: str = ""
    measure: str = ""
    unit: str = ""
    percent: bool = False
    edges: tuple[float, ...] = ()
    names: tuple[_Words, ...] = ()
    first_of: tuple[dict[str, Any], ...] = ()

    @model_validator(mode="after")
    def _is_one_of_two_kinds(self) -> _BinningEntry:
        if bool(self.measure) == bool(self.first_of):
            raise ValueError(f"{self.name} has either a `measure` with `edges`, or `first_of`")
        if self.measure:
            _check_measure(self.name, self.measure)
            if len(self.edges) < 3 or any(low >= high for low, high in pairwise(self.edges)):
                raise ValueError(f"{self.name}: `edges` ascend, and are three at least")
            if self.names and len(self.names) != len(self.edges) - 1:
                raise ValueError(f"{self.name}: {len(self.edges) - 1} bins have {len(self.names)} names")
        names = [each.name for each in self.binning.bins]
        if len(set(names)) < len(names):
            raise ValueError(f"{self.name}: two bins have one name")
        return self

    @property
    def binning(self) -> ViewBinning:
        unit = "%" if self.percent else self.unit
        bins = tuple(self._cut(unit)) if self.measure else tuple(map(_ruled, self.first_of))
        return ViewBinning(self.name, self.heading, self.about, unit.strip(), self.measure, bins)

    def _cut(self, unit: str) -> Iterable[ViewBin]:
        for place, (low, high) in enumerate(pairwise(self.edges)):
            name, short = _range_names(low, high, unit, 100.0 if self.percent else 1.0)
            if self.names:
                name = short = self.names[place]
            condition = Condition(self.measure, low, high, closed=place == len(self.edges) - 2)
            yield ViewBin(name, short, (condition,))


class _BinsFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Name
    binnings: Annotated[tuple[_BinningEntry, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _columns_are_unique(self) -> _BinsFile:
        columns = [each.binning.column for each in self.binnings]
        for column in columns:
            if columns.count(column) > 1:
                raise ValueError(f"two binnings would be the column {column!r}: each measure is cut once")
        return self

    @property
    def bins(self) -> ViewBins:
        return ViewBins(self.name, tuple(each.binning for each in self.binnings))


def _ruled(rule: Mapping[str, Any]) -> ViewBin:
    """A bin as `first_of` has it. Raises `ValueError`."""
    name = rule.get("name")
    if not isinstance(name, str) or not name:
        raise ValueError("a bin of `first_of` has a name")
    conditions = []
    for measure, value in rule.items():
        if measure == "name":
            continue
        _check_measure(f"the bin {name!r}", measure)
        if isinstance(value, bool):
            conditions.append(Condition(measure, float(value), float(value), closed=True))
        elif isinstance(value, list) and len(value) == 2 and all(isinstance(each, int | float) for each in value):
            low, high = map(float, value)
            conditions.append(Condition(measure, low, high, closed=high == GREATEST.get(measure)))
        else:
            raise ValueError(f"the bin {name!r} has {value!r} for {measure}; write [low, high], true or false")
    if not conditions:
        raise ValueError(f"the bin {name!r} has no condition")
    return ViewBin(name, name, tuple(conditions))


def _check_measure(whose: str, measure: str) -> None:
    if measure not in MEASURES:
        raise ValueError(f"{whose} is of {measure!r}, which is not measured; known: {', '.join(MEASURES)}")


def _range_names(low: float, high: float, unit: str, scale: float) -> tuple[str, str]:
    """`10–20 m` and `10–20`; of an open end, `from 50 m` and `≥50`."""
    ends = [f"{scale * end:.4g}" for end in (low, high)]
    shorter = [_in_thousands(scale * end) for end in (low, high)]
    if math.isinf(high):
        return f"from {ends[0]}{unit}", f"≥{shorter[0]}"
    if math.isinf(low):
        return f"below {ends[1]}{unit}", f"<{shorter[1]}"
    return f"{ends[0]}–{ends[1]}{unit}", f"{shorter[0]}–{shorter[1]}"


def _in_thousands(value: float) -> str:
    return f"{value / 1000:.4g}k" if abs(value) >= 1000 and not math.isinf(value) else f"{value:.4g}"
