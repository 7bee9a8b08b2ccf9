"""Every recorded attempt as a row of one Parquet file, `records.parquet`.

The columns are those of `evalsuite.records.Record`, in its order, with these differences: `run_folder` comes first;
what is a mapping there is a column a key here, such as `view.manhattan_m`, `seconds.step` and
`prediction.visible_correct`; `started` and `finished` are timestamps in UTC; what a later version may add is JSON in
`extra`. A retried attempt has a row of its own: `final` tells which one settles its episode, which an error that was
tried again with `--retry-errors` does no longer. Whether the rows are
rehearsed stands in each of them and in the file's metadata, under `evalsuite`, with the headers of the runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from evalsuite.errors import UsageError
from evalsuite.exports.options import ExportOptions, check_not_mixed
from evalsuite.records.reading import read_header, read_records, settled
from evalsuite.records.record import Record

FILE_NAME = "records.parquet"
METADATA_KEY = b"evalsuite"
MAPPINGS = ("view", "prediction", "seconds")
MOMENTS = ("started", "finished")
KINDS: Mapping[str, Any] = {
    "schema": pyarrow.int32(),
    "seed": pyarrow.int64(),
    "attempt": pyarrow.int32(),
    "final": pyarrow.bool_(),
    "excused": pyarrow.bool_(),
    "steps": pyarrow.int64(),
    "score": pyarrow.float64(),
    "goals": pyarrow.int32(),
    "success_at_reset": pyarrow.bool_(),
    "wrong_targets": pyarrow.int32(),
    "nearest_m": pyarrow.float64(),
    "path_m": pyarrow.float64(),
    "first_seen_step": pyarrow.int64(),
    "sight_unknown_steps": pyarrow.int64(),
    "masked_actions": pyarrow.int32(),
    "goal_mask_pixels": pyarrow.int64(),
    "rehearsal": pyarrow.bool_(),
    **dict.fromkeys(MOMENTS, pyarrow.timestamp("ms", tz="UTC")),
}
"""Of columns that are no text."""


def write(runs: Sequence[Path], out: Path, options: ExportOptions) -> list[Path]:
    """Write `records.parquet`."""
    rehearsal = check_not_mixed(runs)
    records = [(run, record) for run in runs for record in _attempts(run) if options.includes(record)]
    if not records:
        raise UsageError(f"{', '.join(map(str, runs))}: no record is of what was asked for; nothing to export")
    headers = [json.loads(read_header(run).model_dump_json(by_alias=True)) for run in runs]
    metadata = {METADATA_KEY: json.dumps({"rehearsal": rehearsal, "runs": headers}).encode()}
    path = out / FILE_NAME
    try:
        out.mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(table(records).replace_schema_metadata(metadata), path, compression="zstd")
    except OSError as error:
        raise UsageError(f"can't write {path}: {error.strerror or error}; choose another --out") from error
    return [path]


def _attempts(run: Path) -> Iterator[Record]:
    """The records of `run`, of which one an episode is final."""
    records = read_records(run)
    settling = settled(records)
    for record in records:
        superseded = record.final and settling[record.key] is not record
        yield record.model_copy(update={"final": False}) if superseded else record


def table(records: Iterable[tuple[Path, Record]]) -> pyarrow.Table:
    """The rows of `records`, each with the folder of its run."""
    rows = [_row(run, record) for run, record in records]
    names = dict.fromkeys(name for row in rows for name in row)
    fields = list(Record.model_fields)
    order = {_outer(field): place for place, field in enumerate(fields)}
    columns = sorted(names, key=lambda name: (order.get(name.partition(".")[0], len(fields)), name))
    columns.insert(0, columns.pop(columns.index("run_folder")))
    return pyarrow.table({name: _column(name, [row.get(name) for row in rows]) for name in columns})


def _outer(field: str) -> str:
    return Record.model_fields[field].alias or field


def _row(run: Path, record: Record) -> dict[str, Any]:
    content = record.model_dump(mode="json", by_alias=True, exclude=set(record.model_extra or {}))
    row: dict[str, Any] = {"run_folder": str(run)}
    for name, value in content.items():
        if name in MAPPINGS:
            row.update({f"{name}.{key}": each for key, each in (value or {}).items()})
        elif name in MOMENTS:
            row[name] = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        else:
            row[name] = value
    row["extra"] = json.dumps(record.model_extra) if record.model_extra else None
    return row


def _column(name: str, values: list[Any]) -> pyarrow.Array:
    if name in KINDS:
        return pyarrow.array(values, KINDS[name])
    if name.partition(".")[0] in MAPPINGS:
        known = [value for value in values if value is not None]
        if all(isinstance(value, bool) for value in known):
            return pyarrow.array(values, pyarrow.bool_())
        if all(isinstance(value, int | float) for value in known):
            return pyarrow.array(values, pyarrow.float64())
        return pyarrow.array([None if value is None else json.dumps(value) for value in values], pyarrow.string())
    return pyarrow.array(values, pyarrow.string())
