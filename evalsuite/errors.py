"""The three ways in which something goes wrong, kept apart because they are scored apart."""

from __future__ import annotations


class UsageError(Exception):
    """The person can mend it: shown as one line that says what is wrong and what to do; exit code 2."""


class PolicyRefused(UsageError):
    """A policy can't be loaded: nothing is wrong with the others, or with where it was to play."""


class GoalHidden(UsageError):
    """A scenario whose goal view does not show its target: nobody can be asked that."""


class MissingHere(UsageError):
    """A scenario needs something that this machine lacks: nothing is wrong with the scenario."""

    BEGINNING = "missing here: "

    def __init__(self, what: str) -> None:
        super().__init__(self.BEGINNING + what)


class SimulatorFault(Exception):
    """The simulator failed: the attempt is an error, never a failure of the policy, and is tried again."""


class PolicyFault(Exception):
    """The policy broke its contract (NaN, wrong shape, unknown key, an exception): the attempt is an error."""


class PolicyServerLost(Exception):
    """The server that a policy runs on is gone, and the memory of its episodes with it: their attempts are void."""
