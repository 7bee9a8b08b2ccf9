"""One policy call, with everything that a policy may do wrong turned into a `PolicyFault`."""

from __future__ import annotations

import sys
import sysconfig
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from evalsuite.crossview.spaces import Action, Observation, checked_action
from evalsuite.errors import PolicyFault, PolicyServerLost, SimulatorFault, UsageError
from evalsuite.policies.policy import Policy, State, initial_state

Answer = tuple[Action, State] | PolicyFault

_OURS = Path(__file__).parent.parent
_LIBRARIES = tuple(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def begin(policy: Policy, seed: int) -> State:
    """The state of a new episode. Raises `PolicyFault`."""
    with policy_faults("initial_state"):
        return initial_state(policy, seed)


def answer(policy: Policy, observations: Sequence[Observation], states: Sequence[State]) -> list[Answer]:
    """A checked action and the next state for each observation, or the fault of that episode.

    When a call for several episodes fails, each is asked for alone: whether an episode is at fault must
    not depend on which others happened to be in its batch.
    """
    try:
        with policy_faults("act"):
            result: object = policy.act(observations, states)
            if not isinstance(result, (tuple, list)) or len(result) != 2:
                raise PolicyFault(f"act: returned {_in_words(result)}, not (actions, states)")
            actions, after = result
            counts = (len(actions), len(after))
        if counts != (len(observations), len(observations)):
            raise PolicyFault(f"act: {counts[0]} actions and {counts[1]} states for {len(observations)} observations")
    except PolicyFault as fault:
        if len(observations) == 1:
            return [fault]
        return [answer(policy, [each], [state])[0] for each, state in zip(observations, states, strict=True)]
    return [_checked(action, state) for action, state in zip(actions, after, strict=True)]


def _in_words(result: object) -> str:
    """Such as "a tuple of 3" or "a str"."""
    kind = type(result).__name__
    return f"a {kind} of {len(result)}" if isinstance(result, (tuple, list)) else f"a {kind}"


def _checked(action: object, state: State) -> Answer:
    try:
        return checked_action(action), state
    except PolicyFault as fault:
        return fault


@contextmanager
def policy_faults(call: str) -> Iterator[None]:
    """Turn what a policy raises in `call` into a `PolicyFault`; the traceback goes to the process's log."""
    try:
        yield
    except (PolicyFault, PolicyServerLost, SimulatorFault, UsageError):
        raise
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        raise PolicyFault(f"{call}: {type(error).__name__}: {error}{_place(error.__traceback__)}") from error


def _place(trace: TracebackType | None) -> str:
    """Such as " (agent.py:38)": the innermost line of the person's own code, or of an installed policy's."""
    frames = [(Path(each.filename), each.lineno) for each in traceback.extract_tb(trace) if each.filename[0] != "<"]
    theirs = [frame for frame in frames if _OURS not in frame[0].parents]
    own = [frame for frame in theirs if not any(library in frame[0].parents for library in _LIBRARIES)]
    if not theirs:
        return ""
    file, line = own[-1] if own else theirs[0]
    return f" ({file.name}:{line})"
