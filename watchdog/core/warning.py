"""A warning is told once, when it has lasted, and once when it is over: one rule for all that is no trouble yet.

Nothing is done about it. It is remembered beside the case, so that neither a restart of the daemon nor an incident
in between has it told again. What becomes an incident is told there, from its beginning to its end; what is left of it
then is said with that end.
"""

from __future__ import annotations

from dataclasses import replace

from watchdog.core.decision import Effect, Look, Policy, Tell
from watchdog.core.incident import Case
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Fact, Finding, Observation, Status
from watchdog.core.warned import Warned

# A look that fails may not fail the next time. From this long on nobody watches over the target. Seconds.
BLIND_AFTER = 600.0
# What a check found out beside the finding itself, for who is told.
_MORE = ("full_at", "biggest", "contact")


def consider_warning(
    case: Case, seen: Observation, policy: Policy, now: Moment
) -> tuple[Case, tuple[Effect, ...], str]:
    """What a look means for the warning of a target without an incident: the case, what follows, and why ("": nothing)."""
    warned = case.warned
    if _is_others_matter(case, policy, now):
        kept = replace(warned, better_since=None) if warned is not None and warned.told else None
        return replace(case, warned=kept), (), ""
    if seen.warns:
        return _warn(case, seen, policy, now)
    if warned is None:
        return case, (), ""
    if seen.status is Status.UNKNOWN:
        # Nothing follows from that; but an end has to be seen without a break.
        return replace(case, warned=replace(warned, better_since=None)), (), ""
    if not warned.told:
        return replace(case, warned=None), (), ""
    return _end(case, warned, seen, policy, now)


def warned_before(case: Case, now: Moment) -> dict[str, float]:
    """How long ago people were warned of what is an incident now, as a fact; none if they were not."""
    if case.warned is None or case.warned.at is None:
        return {}
    return {"warned": round(now.seconds_since(case.warned.at))}


def left_of(case: Case, seen: Observation, now: Moment, *, told: bool) -> tuple[Case, Finding | None]:
    """At the end of an incident: what is still not as it should be, and the case that remembers it.

    `told`: people are told of the end, and with it of what is left.
    """
    warned = case.warned
    if seen.warns:
        kind = seen.finding.kind
        warned = warned or Warned(since=now, kind=kind, kind_since=now)
        if told:
            warned = replace(warned, told=_with(warned.told, kind), at=warned.at or now)
        return replace(case, warned=replace(warned, better_since=None)), seen.finding if told else None
    if seen.near and warned is not None and warned.told:
        return replace(case, warned=replace(warned, better_since=None)), None
    return replace(case, warned=None), None


def _is_others_matter(case: Case, policy: Policy, now: Moment) -> bool:
    """Whether something else is the matter, or a person wants to hear nothing: then a warning neither begins nor ends."""
    around = policy.around
    held = policy.standing_hold or (case.hold is not None and not case.hold.released)
    elsewhere = around.maintenance or around.root is not None or around.storm is not None
    return held or elsewhere or now.boot < policy.boot_grace


def _warn(case: Case, seen: Observation, policy: Policy, now: Moment) -> tuple[Case, tuple[Effect, ...], str]:
    kind = seen.finding.kind
    warned = case.warned or Warned(since=now, kind=kind, kind_since=now)
    if warned.kind != kind:
        warned = replace(warned, kind=kind, kind_since=now)
    warned = replace(warned, better_since=None)
    if kind in warned.told:
        return replace(case, warned=warned), (), "a warning: people were told of it"
    # Two kinds by turns are one warning, as long as nothing was told.
    since = warned.kind_since if warned.told else warned.since
    lasts = max(policy.tell_warning_after, seen.tell_after or 0.0, BLIND_AFTER if seen.blind else 0.0)
    left = lasts - now.seconds_since(since)
    if left > 0:
        return replace(case, warned=warned), (Look(left),), "a warning: told once it has lasted"
    warned = replace(warned, told=_with(warned.told, kind), at=warned.at or now)
    facts: dict[str, Fact] = {
        name: fact for name, fact in seen.finding.facts.items() if name in _MORE and fact
    }
    facts["seconds"] = round(now.seconds_since(since))
    told = Notification(
        telling=Telling.WARNED,
        target=case.target,
        at=now,
        finding=seen.finding,
        severity=Severity.WARNING,
        facts=facts,
    )
    return replace(case, warned=warned), (Tell(told),), "a warning: people were told of it"


def _end(
    case: Case, warned: Warned, seen: Observation, policy: Policy, now: Moment
) -> tuple[Case, tuple[Effect, ...], str]:
    if seen.near:
        return (
            replace(case, warned=replace(warned, better_since=None)),
            (),
            "better, and close to a warning still",
        )
    since = warned.better_since or now
    left = policy.flaps.steady - seen.at.seconds_since(since)
    if left > 0:
        return (
            replace(case, warned=replace(warned, better_since=since)),
            (Look(left),),
            "better: it has to stay so",
        )
    told = Notification(
        telling=Telling.WARNING_OVER,
        target=case.target,
        at=now,
        finding=seen.finding,
        severity=Severity.WARNING,
        facts={
            "seconds": round(now.seconds_since(warned.since)),
            "stable": round(seen.at.seconds_since(since)),
        },
    )
    return replace(case, warned=None), (Tell(told),), "the warning is over"


def _with(told: tuple[str, ...], kind: str) -> tuple[str, ...]:
    return told if kind in told else (*told, kind)
