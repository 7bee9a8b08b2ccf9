"""How a person names one episode of a run: `policy/scenario/seed`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from evalsuite.errors import UsageError
from evalsuite.records.record import EpisodeKey, Record

CLOSE_MATCHES = 3


def episode_name(record: Record) -> str:
    """Such as `oracle/doom-quick/approach-easy-0000/0`: a label holds no slash, a seed is the last part."""
    return name_of(record.key)


def name_of(key: EpisodeKey) -> str:
    scenario, policy, seed = key
    return f"{policy}/{scenario}/{seed}"


def find_episode(keys: Iterable[EpisodeKey], name: str) -> EpisodeKey:
    """The episode that `name` means: its whole name, or consecutive parts of it that are of no other.

    Raises `UsageError` with the closest names when it means none, or several.
    """
    names = {name_of(key): key for key in keys}
    if name in names:
        return names[name]
    wanted = f"/{name.strip('/')}/"
    meant = [each for each in names if wanted in f"/{each}/"]
    if len(meant) == 1:
        return names[meant[0]]
    if meant:
        raise UsageError(f"{name!r} means {len(meant)} episodes, such as {_listed(meant)}; name one of them")
    near = difflib.get_close_matches(name, names, CLOSE_MATCHES, 0.5)
    near = near or difflib.get_close_matches(name.rpartition("/")[2], names, CLOSE_MATCHES, 0.2) or sorted(names)
    if not near:
        raise UsageError("the run has no settled episode yet")
    raise UsageError(f"the run has no episode {name!r}; close: {_listed(near)}")


def _listed(names: list[str]) -> str:
    return ", ".join(names[:CLOSE_MATCHES])
