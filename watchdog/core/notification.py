"""What people are told: facts, put into words only when they are sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from watchdog.core.moment import Moment
from watchdog.core.observation import Fact, Finding


class Severity(StrEnum):
    """How loud a trouble is."""

    CRITICAL = "critical"
    HIGH = "high"
    WARNING = "warning"


def rank(severity: Severity) -> int:
    """For sorting: the gravest is the greatest."""
    return _RANKS[severity]


_RANKS = {Severity.WARNING: 0, Severity.HIGH: 1, Severity.CRITICAL: 2}


class Telling(StrEnum):
    """What a notification is about.

    ACTING: a step begins. WAITING: the next one has to wait for long. REMINDED: what was escalated is still so. SUPPRESSED:
    it waits for its cause. AFFECTED, FOLLOWED: told in the cause's message, of one that waits for it, and of one that is
    well again after it. LEFT_OUT: what a channel that was away for long does not tell any more.
    WARNED, WARNING_OVER: what is no trouble yet, and that it is over.
    BYPASS_*: an emergency bypass was opened for it, has so long left, was withdrawn.
    """

    OPENED = "opened"
    ACTING = "acting"
    WAITING = "waiting"
    PROPOSED = "proposed"
    WARNED = "warned"
    WARNING_OVER = "warning_over"
    HEALED = "healed"
    RECOVERED = "recovered"
    ESCALATED = "escalated"
    REMINDED = "reminded"
    SUPPRESSED = "suppressed"
    AFFECTED = "affected"
    FOLLOWED = "followed"
    FLAPPING = "flapping"
    STORM = "storm"
    STORM_OVER = "storm_over"
    HELD = "held"
    ASKED = "asked"
    RELEASED = "released"
    SWITCHED_OFF = "switched_off"
    JOURNAL_FULL = "journal_full"
    JOURNAL_WELL = "journal_well"
    JOURNAL_DAMAGED = "journal_damaged"
    JOURNAL_GAP = "journal_gap"
    ENGINE_LOST = "engine_lost"
    ENGINE_FOUND = "engine_found"
    CONFIG_BROKEN = "config_broken"
    CONFIG_MENDED = "config_mended"
    LEFT_OUT = "left_out"
    MAINTENANCE_BEGUN = "maintenance_begun"
    MAINTENANCE_ENDED = "maintenance_ended"
    BYPASS_OPEN = "bypass_open"
    BYPASS_LEFT = "bypass_left"
    BYPASS_CLOSED = "bypass_closed"


# A human is wanted for these.
ASKING = frozenset({Telling.ESCALATED, Telling.REMINDED, Telling.PROPOSED, Telling.ASKED, Telling.STORM})
# Of an emergency bypass: beside what its incident is about, and only the latest is of interest.
BYPASS = frozenset({Telling.BYPASS_OPEN, Telling.BYPASS_LEFT, Telling.BYPASS_CLOSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One fact for people. `incident` is None for what concerns a target outside any incident (a hold).

    `still`: of an end: what is not as it should be all the same.
    """

    telling: Telling
    target: str
    at: Moment
    finding: Finding
    severity: Severity = Severity.HIGH
    incident: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    still: Finding | None = None
