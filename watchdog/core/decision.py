"""The vocabulary of a decision: what can happen, what can follow from it, and what config says about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from watchdog.core.budget import BudgetLimits
from watchdog.core.flapping import FlapLimits
from watchdog.core.guardrail import Limits
from watchdog.core.incident import Case
from watchdog.core.notification import Notification, Severity
from watchdog.core.observation import Observation
from watchdog.core.playbook import Autonomy, Playbook, Rung
from watchdog.core.run import Outcome
from watchdog.core.surroundings import Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a decision on one target goes by: what config says of it, and how the stack around it stands. Seconds.

    Attributes:
        boot_grace: after the machine booted, how long nothing is judged: everything is still starting.
        tell_hold_after: how long a person's stop must last before it is told (a restart is no news).
        tell_warning_after: how long a warning must last before it is told.
        verify_every: between two looks while a step is verified.
        proposal_lasts: how long a proposal waits for a human yes.
        repeat: after how long people are reminded of an incident that was escalated.
        quiet: it is a quiet hour: only what is critical is repeated.
        cause_grace: a target that is up and still sick so long after its cause is gone has a trouble of its own.
        flaps, budget: as their modules say.
        around: the rest of the stack.
        impossible: rungs whose action can do nothing for this target; they are passed over.
        next_id: the id that a new incident would get.
        standing_hold: config or a label keeps hands off for good.
    """

    playbook: Playbook
    limits: Limits = Limits()
    severity: Severity = Severity.HIGH
    autonomy: Autonomy = Autonomy.ACT
    boot_grace: float = 60.0
    tell_hold_after: float = 5.0
    tell_warning_after: float = 60.0
    verify_every: float = 2.0
    proposal_lasts: float = 3600.0
    repeat: float = 14400.0
    quiet: bool = False
    cause_grace: float = 60.0
    flaps: FlapLimits = field(default_factory=FlapLimits)
    budget: BudgetLimits = field(default_factory=BudgetLimits)
    around: Surroundings = field(default_factory=Surroundings)
    impossible: frozenset[int] = frozenset()
    next_id: str = "0"
    standing_hold: bool = False


def limits_of(policy: Policy) -> Limits:
    """How much the target may be touched: as its playbook says, or else as all others."""
    return policy.playbook.limits or policy.limits


class Order(StrEnum):
    """What a person can order for a target."""

    HOLD = "hold"
    RELEASE = "release"
    RETRY = "retry"
    HEAL = "heal"


@dataclass(frozen=True, slots=True)
class Ordered:
    """A person's order."""

    order: Order
    by: str


@dataclass(frozen=True, slots=True)
class StepEnded:
    """The step of this incident's run ended so."""

    incident: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class DaemonReturned:
    """The daemon started and found this incident in the middle of a step."""


@dataclass(frozen=True, slots=True)
class Approved:
    """A person said yes to a proposal, whose plan is still the one that was shown."""

    proposal: str
    by: str


@dataclass(frozen=True, slots=True)
class Declined:
    """A person said no to a proposal."""

    proposal: str
    by: str


@dataclass(frozen=True, slots=True)
class Stale:
    """What a proposal was made of has changed since: it has to be made anew."""

    proposal: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The exact plan of a proposal is made, and is no refusal: people can be asked. `does`: the plan in one line."""

    proposal: str
    does: str


Answer = Approved | Declined | Stale | Shown
Event = Observation | Ordered | StepEnded | DaemonReturned | Answer


@dataclass(frozen=True, slots=True)
class Perform:
    """Carry out this rung for this incident.

    Attributes:
        attempt: which of the attempts that count against the target, from 1.
        again: it repeats an interrupted one.
        undo: take back what the rung's action did.
        counts: against the budget of the stack; planned work does not.
        decides: its step only finds out whether the rung of this number is to be begun.
    """

    incident: str
    target: str
    playbook: str
    rung: Rung
    index: int
    attempt: int
    again: bool = False
    undo: bool = False
    counts: bool = True
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Propose:
    """Make the exact plan of this rung, keep it under this id, and wait for a human yes."""

    proposal: str
    incident: str
    target: str
    playbook: str
    rung: Rung
    index: int


@dataclass(frozen=True, slots=True)
class Look:
    """Ask the check again after so many seconds; `slot`: sooner, if an action ends and makes room for another."""

    after: float
    slot: bool = False


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell people."""

    notification: Notification


@dataclass(frozen=True, slots=True)
class Abort:
    """End the running step: the target is a person's now."""

    reason: str


Effect = Perform | Propose | Look | Tell | Abort


@dataclass(frozen=True, slots=True)
class Decision:
    """What is remembered from now on, what is to be done, and why."""

    case: Case
    effects: tuple[Effect, ...]
    reason: str
