"""Whether watchdog itself makes progress, and what the world outside is therefore told.

Belongs here: the judgement over one round through all parts. Does not: making the round (`engine.heartbeat`),
and how a ping is spelled (`core.ping`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from watchdog.core.moment import Moment
from watchdog.core.observation import Finding

# What the usual receivers take of one sender.
MOST_PINGS_A_MINUTE = 5
# Seconds between the deadline of a look and that of the round that it is part of.
SLACK = 1.0


class Part(StrEnum):
    """What has to make progress before anybody outside is told that watchdog lives."""

    MONITOR = "monitor"
    RESPONDER = "responder"
    DISPATCHER = "dispatcher"
    JOURNAL = "journal"


class Ping(StrEnum):
    """What is said to the outside: a round begins, it went well, or it did not."""

    START = "start"
    SUCCESS = "success"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How the heart beats. Seconds.

    Attributes:
        every: from the beginning of one beat to that of the next.
        within: what has made no progress after so long is told as stuck.
    """

    every: float = 60.0
    within: float = 10.0

    def fitting(self, longest_look: float) -> Pace:
        """The same pace with enough patience for the slowest look: that is no sign of standing still."""
        return replace(self, within=max(self.within, longest_look + SLACK))

    @property
    def tells_starts(self) -> bool:
        """Whether the beginning of each beat is told too: only if no minute then has too many pings."""
        beats = 60.0 // self.every + 1
        return 2 * beats <= MOST_PINGS_A_MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round through all parts, as far as it got.

    Attributes:
        reached: when each part last made progress; one that never did is missing.
        said_no: why a part could not do its work although it made its way, by part.
        late: which of the dispatcher's notifiers did not come round.
        engine: why the Docker engine cannot be asked, "" while it can.
        checks: how many checks there are to look with.
    """

    begun: Moment
    reached: Mapping[Part, Moment] = field(default_factory=dict)
    said_no: Mapping[Part, str] = field(default_factory=dict)
    late: tuple[str, ...] = ()
    engine: str = ""
    checks: int = 1


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is not well, and of what: a part, `engine` or `checks`."""

    about: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Beat:
    """What is to be told, and why it is no success."""

    ping: Ping
    complaints: tuple[Complaint, ...] = ()


def judge(made: Round, pace: Pace) -> Beat:
    """Success only if every part made progress in this very round, by the clock that no one can set."""
    complaints = []
    if made.engine:
        complaints.append(Complaint("engine", Finding("cannot_be_asked", {"reason": made.engine})))
    if not made.checks:
        complaints.append(Complaint("checks", Finding("all_switched_off")))
    for part in Part:
        if part in made.said_no:
            complaints.append(Complaint(part, Finding("said_no", {"reason": made.said_no[part]})))
        elif not _came_round(made, part):
            facts = {"within": f"{pace.within:g}", "names": ", ".join(made.late) or None}
            kind = "some_stood_still" if part is Part.DISPATCHER and made.late else "stood_still"
            complaints.append(Complaint(part, Finding(kind, facts)))
    return Beat(Ping.FAIL if complaints else Ping.SUCCESS, tuple(complaints))


def _came_round(made: Round, part: Part) -> bool:
    moment = made.reached.get(part)
    if moment is None or (part is Part.DISPATCHER and made.late):
        return False
    return moment.boot_id == made.begun.boot_id and moment.boot >= made.begun.boot
