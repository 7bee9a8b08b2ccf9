"""A run's outcomes in one small Parquet file, to be committed and gated against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from evalsuite.errors import UsageError
from evalsuite.extras import install_command
from evalsuite.records.header import RunHeader
from evalsuite.statistics.episodes import OUTCOME_NAMES, Episodes, Profile
from evalsuite.statistics.results import RunEpisodes

BASELINE_SCHEMA = 1
METADATA_KEY = b"evalsuite"
ENDING = ".parquet"
NAMED = ("world", "interaction", "difficulty", "policy", "policy_sha256")


def write_baseline(run: RunEpisodes, path: Path) -> int:
    """Write the settled episodes of `run`; returns the bytes written.

    One row an episode: scenario, seed, world, interaction, difficulty, policy, its sha256, outcome, and whether
    the scenario was solved at reset. The run's header lies in the file's metadata, without its sessions: a file to be
    committed tells nothing of the machine.

    Raises:
        UsageError: pyarrow is missing, or `path` can't be written.
    """
    arrow, parquet = _pyarrow()
    episodes = run.episodes
    header = run.header.model_copy(update={"sessions": ()})
    shared = {(each.suite_sha256, each.rehearsal) for each in episodes.profiles}
    if shared != {(header.suite_sha256, header.rehearsal)}:
        raise UsageError(
            f"{run.folder}: its episodes are not all of the suite in its header; a baseline is of one suite"
        )
    columns: dict[str, Any] = {
        "scenario": _dictionary(arrow, episodes.scenarios, episodes.scenario),
        "seed": arrow.array(episodes.seed),
        "outcome": _dictionary(arrow, OUTCOME_NAMES, episodes.outcome.astype(np.int32)),
        "solved_at_reset": arrow.array(episodes.solved_at_reset),
    }
    for name in NAMED:
        columns[name] = _dictionary(arrow, [getattr(each, name) for each in episodes.profiles], episodes.profile)
    content = {"schema": BASELINE_SCHEMA, "header": json.loads(header.model_dump_json(by_alias=True))}
    table = arrow.table(columns).replace_schema_metadata({METADATA_KEY: json.dumps(content).encode()})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(table, path, compression="zstd", write_statistics=False)
        return path.stat().st_size
    except FileExistsError as error:
        raise UsageError(f"can't write {path}: {path.parent} is a file") from error
    except OSError as error:
        raise UsageError(f"can't write {path}: {error.strerror or error}") from error


def read_baseline(path: Path) -> RunEpisodes:
    """The run that `write_baseline` wrote. Raises `UsageError`."""
    arrow, parquet = _pyarrow()
    try:
        table = parquet.read_table(path)
        content = json.loads((table.schema.metadata or {}).get(METADATA_KEY, b"null"))
        if not isinstance(content, dict) or content.get("schema") != BASELINE_SCHEMA:
            raise UsageError(f"{path} is no baseline that this version reads: make it with `evalsuite baseline`")
        header = RunHeader.model_validate(content["header"])
        return RunEpisodes(path, header, _episodes(arrow, table, header))
    except FileNotFoundError as error:
        raise UsageError(f"there is no baseline {path}: make it with `evalsuite baseline DIR --out {path}`") from error
    except (OSError, ValueError, KeyError, arrow.ArrowException, ValidationError) as error:
        raise UsageError(f"{path} is not a baseline: {str(error).partition(chr(10))[0]}") from error


def _episodes(arrow: Any, table: Any, header: RunHeader) -> Episodes:
    scenarios, scenario = _codes(arrow, table["scenario"])
    names, outcome = _codes(arrow, table["outcome"])
    codes = [_codes(arrow, table[name]) for name in NAMED]
    stacked = np.stack([code for _, code in codes], axis=1)
    kinds, profile = np.unique(stacked, axis=0, return_inverse=True)
    profiles = tuple(
        Profile(
            run=header.run,
            suite=header.suite,
            suite_sha256=header.suite_sha256,
            rehearsal=header.rehearsal,
            **{name: codes[place][0][kind[place]] for place, name in enumerate(NAMED)},
        )
        for kind in kinds
    )
    translated = np.array([OUTCOME_NAMES.index(name) for name in names], np.int8)
    return Episodes(
        profiles,
        profile.reshape(-1).astype(np.int32),
        tuple(scenarios),
        scenario,
        table["seed"].to_numpy().astype(np.int64),
        translated[outcome],
        table["solved_at_reset"].to_numpy().astype(np.bool_),
        np.full((len(scenario), 3), np.nan, np.float32),
    )


def _dictionary(arrow: Any, names: Any, codes: Any) -> Any:
    return arrow.DictionaryArray.from_arrays(
        arrow.array(codes, arrow.int32()), arrow.array(list(names), arrow.string())
    )


def _codes(arrow: Any, column: Any) -> tuple[list[str], Any]:
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(array, arrow.ChunkedArray):
        array = array.chunk(0)
    array = array if isinstance(array, arrow.DictionaryArray) else array.dictionary_encode()
    return array.dictionary.to_pylist(), array.indices.to_numpy().astype(np.int32)


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError(f"a baseline file needs pyarrow: {install_command('baseline')}") from error
    return pyarrow, pyarrow.parquet
