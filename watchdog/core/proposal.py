"""A proposal as it is written down: the exact plan that was shown, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from watchdog.core.moment import Moment


class ProposalState(StrEnum):
    """OPEN waits for an answer; APPROVED waits for its step; the others are over."""

    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"
    EXPIRED = "expired"
    STALE = "stale"
    USED = "used"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRecord:
    """One rung that waits, or waited, for a human yes.

    Attributes:
        rung: its place on the ladder, from 0.
        text: what it would do, in one line.
        pins: what exactly that would be made of, by name.
        hash: of the whole plan; a yes is a yes to this one only.
        lasts: seconds after which no answer is a no.
        by: who answered. reason: why it is over, in a sentence.
    """

    id: str
    incident: str
    target: str
    playbook: str
    rung: int
    action: str
    text: str
    hash: str
    made: Moment
    lasts: float
    pins: Mapping[str, str] = field(default_factory=dict)
    state: ProposalState = ProposalState.OPEN
    by: str = ""
    reason: str = ""
    answered: Moment | None = None

    def left(self, now: Moment) -> float:
        """Seconds until it expires, 0 when it has or is over."""
        if self.state is not ProposalState.OPEN:
            return 0.0
        return max(0.0, self.lasts - now.seconds_since(self.made))


def name_differences(shown: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """What is another one now, by name."""
    return tuple(sorted(name for name in {*shown, *now} if shown.get(name) != now.get(name)))
