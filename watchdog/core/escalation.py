"""Handing over to a human: calling one, and calling again while nothing has changed."""

from __future__ import annotations

from dataclasses import replace

from watchdog.core.decision import Decision, Look, Policy, Tell
from watchdog.core.incident import Case, Incident, Phase
from watchdog.core.moment import Moment
from watchdog.core.notification import Severity, Telling
from watchdog.core.tellings import tell_of

# How soon after the end of the quiet hours people are reminded, at the latest. Seconds.
QUIET_LOOK = 300.0


def escalate(
    case: Case, incident: Incident, policy: Policy, now: Moment, reason: str, **more: str | float
) -> Decision:
    """A human is called: watchdog does no more. `reason`: why, in its word; `more`: what else there is to tell."""
    escalated = replace(
        incident,
        phase=Phase.ESCALATED,
        reason=reason,
        well_since=None,
        interrupted=False,
        proposal=None,
        called=now,
        part_of="",  # who is called is told how it ends
    )
    facts: dict[str, str | float] = {"reason": reason, "attempts": len(case.ledger.attempts), **more}
    if incident.hindrance:
        facts["hindrance"] = incident.hindrance
    if incident.denied:
        facts["denied"] = incident.denied
    known = incident.finding.facts
    facts |= {name: str(known[name]) for name in ("biggest", "contact") if known.get(name)}
    if reason == "doomed":
        # What is wrong, what shows it, and what a human has to do.
        facts |= {name: str(known[name]) for name in ("doom", "advice", "shown_by") if known.get(name)}
    told = Tell(tell_of(Telling.ESCALATED, escalated, now, **facts))
    return Decision(replace(case, incident=escalated), (told, Look(policy.repeat)), f"escalated: {reason}")


def remind(case: Case, incident: Incident, policy: Policy, now: Moment) -> Decision:
    """An escalated incident is as it was: people are called again once that is due."""
    left = policy.repeat - now.seconds_since(incident.called or incident.opened)
    if left > 0:
        return Decision(case, (Look(left),), "escalated: a human has been told")
    if policy.quiet and incident.severity is not Severity.CRITICAL:
        return Decision(case, (Look(QUIET_LOOK),), "escalated: it is not repeated in quiet hours")
    told = tell_of(
        Telling.REMINDED,
        incident,
        now,
        reason=incident.reason,
        attempts=len(case.ledger.attempts),
        seconds=round(now.seconds_since(incident.opened)),
    )
    again = replace(case, incident=replace(incident, called=now))
    return Decision(again, (Tell(told), Look(policy.repeat)), "escalated: a human was reminded")
