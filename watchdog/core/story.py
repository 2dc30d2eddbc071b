"""What the journal tells: the lines, runs, steps and notifications of the past, as they were written down."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from watchdog.core.incident import Incident
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification
from watchdog.core.run import Outcome


class Trigger(StrEnum):
    """What set a run going."""

    INCIDENT = "incident"
    SCHEDULE = "schedule"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the story.

    Attributes:
        kind: "decision" for what was decided; else a dotted fact ("daemon.started", "engine.lost", "order").
        text: one sentence with no secret in it.
    """

    id: int
    at: Moment
    kind: str
    text: str
    target: str | None = None
    incident: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One execution of a playbook. `result` is empty while it runs."""

    incident: str
    playbook: str
    target: str
    trigger: Trigger
    begun: Moment
    ended: Moment | None = None
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """One step of a run: the intent, and how it ended once that is known.

    Attributes:
        rung: which rung of the ladder it belongs to.
        attempt: which of the attempts that counted against the target then, from 1.
        container_id: the container that it was going to act on.
        text: what it was going to do, in one line.
        settled: its end was not witnessed but found out by looking, after a crash of the daemon.
    """

    id: int
    incident: str
    playbook: str
    target: str
    trigger: Trigger
    action: str
    rung: int
    attempt: int
    container_id: str | None
    text: str
    begun: Moment
    ended: Moment | None = None
    outcome: Outcome | None = None
    settled: bool = False


class Delivery(StrEnum):
    """How far one notification got with one notifier.

    REFUSED: trying again is useless. SILENCED: kept back. MERGED: too many waited, it is only counted (see `surplus`).
    """

    PENDING = "pending"
    DELIVERED = "delivered"
    REFUSED = "refused"
    SILENCED = "silenced"
    MERGED = "merged"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """One notification on its way to one notifier.

    Attributes:
        attempts: how often handing it over was tried.
        tried: when that was last, None if never; the next try is the dispatcher's to choose.
        error: why the last try failed.
        receipt: what the notifier returned for the message that told it.
    """

    id: int
    notification: Notification
    notifier: str
    state: Delivery = Delivery.PENDING
    attempts: int = 0
    tried: Moment | None = None
    error: str = ""
    receipt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One notification with what became of it at each notifier that tried it."""

    id: int
    notification: Notification
    deliveries: tuple[OutboxEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything written down of one incident, each part oldest first."""

    incident: Incident
    entries: tuple[Entry, ...] = ()
    run: RunRecord | None = None
    steps: tuple[StepRecord, ...] = ()
    told: tuple[Told, ...] = ()
