"""How one step of a run went."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """How an action ended."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    ABORTED = "aborted"
    INTERRUPTED = "interrupted"


class Way(StrEnum):
    """How a ladder goes on after a step that found out why the target is in trouble."""

    ON = "on"  # climb
    WAIT = "wait"  # it ends by itself, and touching it would make it worse: look again later
    STAND_BY = "stand_by"  # another target is the cause: its incident comes first
    HAND_OVER = "hand_over"  # only a human can mend it


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What follows from what was found out.

    Attributes:
        cause: the word for what was found, from the rules.
        seconds: how long to wait before it is looked into again; for `ON` of no meaning.
        target: the one to stand by for.
        attempts: so many tries of the next rung are enough, then hand over; None for all that it has.
    """

    way: Way
    cause: str
    seconds: float = 0.0
    target: str = ""
    attempts: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of one action. DONE only means that it returned: whether it helped is for verification.

    Attributes:
        reason: why it failed or was skipped, a sentence with no secret in it.
        hopeless: doing the same again cannot help (a bad command, nothing to recreate from).
        evidence: lines kept for people (log tails, an engine's answer), already redacted.
        then: how the ladder goes on, if the action was one that finds out; None: as always.
    """

    result: Result
    reason: str = ""
    hopeless: bool = False
    evidence: tuple[str, ...] = ()
    then: Then | None = None
