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


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of one action. DONE only means that it returned: whether it helped is for verification.

    Attributes:
        reason: why it failed or was skipped, a sentence with no secret in it.
        hopeless: doing the same again cannot help (a bad command, nothing to recreate from).
        evidence: lines kept for people (log tails, an engine's answer), already redacted.
    """

    result: Result
    reason: str = ""
    hopeless: bool = False
    evidence: tuple[str, ...] = ()
