"""One spell of trouble of one check's target, and what stands beside it while decisions are made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from watchdog.core.guardrail import Ledger
from watchdog.core.moment import Moment
from watchdog.core.notification import Severity
from watchdog.core.observation import Finding
from watchdog.core.run import Then, Way
from watchdog.core.warned import Warned

# What was found out is believed for so many seconds; what has to be waited for says itself for how long.
BELIEVED = 60.0


class Phase(StrEnum):
    """Where an incident stands. RESOLVED is the only end; ESCALATED waits for a human or for health.

    SUPPRESSED waits for its cause, which has an incident of its own or is in somebody's hands.
    """

    OPEN = "open"
    ACTING = "acting"
    VERIFYING = "verifying"
    ESCALATED = "escalated"
    SUPPRESSED = "suppressed"
    RESOLVED = "resolved"


class Ending(StrEnum):
    """How an incident was resolved."""

    HEALED = "healed"
    RECOVERED = "recovered"
    TAKEN_OVER = "taken_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A rung that waits for a human yes, for `lasts` seconds.

    `approved_by`: from the yes until the step begins; `told`: people were asked, which is not before its plan is made.
    """

    id: str
    rung: int
    made: Moment
    lasts: float = 3600.0
    approved_by: str = ""
    told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a step found out, and when."""

    then: Then
    at: Moment

    def left(self, now: Moment) -> float:
        """Seconds for which it still holds."""
        waits = self.then.way in (Way.WAIT, Way.STAND_BY)
        return (self.then.seconds if waits else BELIEVED) - now.seconds_since(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One spell of trouble.

    Attributes:
        opened: when it was first believed.
        finding: what is wrong, as last seen.
        attempts: changing steps begun for it.
        rung: the rung that was tried last.
        spent: rungs known not to help.
        acted: when the latest step ended; what was seen before it proves nothing.
        well_since: since when it has been well without a break, and in which incarnation.
        interrupted: the daemon died in the middle of the latest step, which was not yet settled.
        repeated: an interrupted step was already done once more.
        hindrance: why the latest step that could not help did not, for the human who is told in the end.
        denied: the action that people were asked for last, and did not allow.
        reason: why it was escalated.
        fallen: the incarnation of which we know that it fell without a person's hand. It stays at rest, so
            that is true also after a restart of the daemon, when events no longer tell.
        proposal: the rung that waits for a human yes.
        proposed: how many proposals were made for it.
        undo: the rung whose doing is to be taken back if it turns out not to have helped.
        undoing: the step that runs takes something back.
        by_itself: it came back while no step of ours was being verified.
        called: when a human was last called for it.
        on: the target that its step acts on, "" for its own.
        cause: the target whose trouble explains this one, while it is suppressed.
        part_of: the incident in whose message this one is told, "" once it is told by itself.
        free_since: since when nothing explains it any more.
        deciding: the step that runs finds out whether the next one is to be done.
        found: what such a step found out last.
        waited: the reasons for which it had to wait for long, of which people were told.
        ordered: a person ordered this incident to be healed: a yes, whatever the autonomy.
    """

    id: str
    check: str
    target: str
    playbook: str
    severity: Severity
    opened: Moment
    finding: Finding
    phase: Phase = Phase.OPEN
    attempts: int = 0
    rung: int | None = None
    spent: frozenset[int] = frozenset()
    acted: Moment | None = None
    well_since: Moment | None = None
    incarnation: str = ""
    interrupted: bool = False
    repeated: bool = False
    hindrance: str = ""
    denied: str = ""
    reason: str = ""
    resolved: Moment | None = None
    ending: Ending | None = None
    fallen: str = ""
    proposal: Proposal | None = None
    proposed: int = 0
    undo: int | None = None
    undoing: bool = False
    by_itself: bool = False
    called: Moment | None = None
    on: str = ""
    cause: str = ""
    part_of: str = ""
    free_since: Moment | None = None
    deciding: bool = False
    found: Found | None = None
    waited: frozenset[str] = frozenset()
    ordered: bool = False


class Act(StrEnum):
    """The act of a person (or what looks like one) that made a target held."""

    STOPPED = "stopped"
    PAUSED = "paused"
    REMOVED = "removed"
    UNCLEAR = "unclear"
    ORDERED = "ordered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Hands off a target: because a person took it down, because nobody knows who did, or by order.

    Attributes:
        incarnation: of the target when it was last seen down under this hold, "" if it was not.
        since: the look that showed it, or the order.
        told: people were told of it.
        released: a person gave the target back while it was still down, in this incarnation: from then on
            it counts as fallen by itself.
    """

    target: str
    act: Act
    by: str
    since: Moment
    incarnation: str = ""
    told: bool = False
    released: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that is remembered of one check's target between two looks."""

    check: str
    target: str
    ledger: Ledger
    incident: Incident | None = None
    hold: Hold | None = None
    warned: Warned | None = None
