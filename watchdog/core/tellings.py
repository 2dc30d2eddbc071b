"""What people are told of an incident or a hold: the facts of it, put together."""

from __future__ import annotations

from dataclasses import replace

from watchdog.core.incident import Act, Incident
from watchdog.core.moment import Moment
from watchdog.core.notification import ASKING, Notification, Severity, Telling
from watchdog.core.observation import Finding


def tell_of(telling: Telling, incident: Incident, now: Moment, **facts: str | float) -> Notification:
    """Something about an incident."""
    return Notification(
        telling=telling,
        target=incident.target,
        at=now,
        finding=incident.finding,
        severity=incident.severity,
        incident=incident.id,
        facts=facts,
    )


def tell_in(
    other: str, telling: Telling, incident: Incident, now: Moment, **facts: str | float
) -> Notification:
    """Something about an incident that is told in the message of another one."""
    return replace(tell_of(telling, incident, now, **facts), incident=other)


def is_told(incident: Incident, telling: Telling) -> bool:
    """Whether people are told this of it: what is part of another trouble speaks up only when a human is needed."""
    return not incident.part_of or telling in ASKING


def tell_hold(target: str, act: Act, by: str, finding: Finding, now: Moment) -> Notification:
    """A person's doing, or what looks like it: hands off. Asked when nobody knows whose it was."""
    return Notification(
        telling=Telling.ASKED if act is Act.UNCLEAR else Telling.HELD,
        target=target,
        at=now,
        finding=finding,
        severity=Severity.WARNING,
        facts={"act": act.value, "by": by},
    )


def tell_release(target: str, finding: Finding, now: Moment, by: str) -> Notification:
    """A target is ours to look after again."""
    return Notification(
        telling=Telling.RELEASED,
        target=target,
        at=now,
        finding=finding,
        severity=Severity.WARNING,
        facts={"by": by},
    )
