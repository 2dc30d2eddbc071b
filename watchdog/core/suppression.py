"""A target whose trouble is explained by another's waits for that one: it is measured, not touched.

When the cause is well again, what is up gets a while to come back by itself; what is down, or is sick even then,
has a trouble of its own.
"""

from __future__ import annotations

from dataclasses import replace

from watchdog.core.climb import consider
from watchdog.core.decision import Decision, Effect, Look, Policy, Tell
from watchdog.core.incident import Case, Incident, Phase
from watchdog.core.moment import Moment
from watchdog.core.notification import Telling
from watchdog.core.observation import Observation
from watchdog.core.restraint import is_wanted
from watchdog.core.run import Way
from watchdog.core.storm import Move
from watchdog.core.tellings import tell_in, tell_of

# What ends a wait is heard of at once; this is for what nobody tells. Seconds.
WAIT_LOOK = 15.0
# In place of a target's name: the trouble is everybody's.
STACK = "the stack"


def explained(incident: Incident, policy: Policy, now: Moment) -> tuple[str, str] | None:
    """The cause of this trouble and the incident in which that is told; None when it is its own.

    A person's order to heal, or yes to a step, means this one. Who was called for it has to be told how it ends.
    """
    if is_wanted(incident) or incident.phase is Phase.ESCALATED:
        return None
    around = policy.around
    if around.root is not None:
        return around.root.target, around.root.incident
    found = incident.found
    if found is not None and found.then.way is Way.STAND_BY and found.left(now) > 0:
        return found.then.target, ""
    if around.storm is not None and around.storm.move is Move.ASK:
        return STACK, around.storm_incident
    if around.storm is not None and around.storm.move is Move.WAIT_FOR:
        return around.storm.cause, around.storm_incident
    return None


def may_come_back(seen: Observation) -> bool:
    """Whether it may be well again by itself: not what is down, nor what has lost its network or asks an old address."""
    return seen.stopped_by is None and seen.finding.kind not in ("stranded", "web_upstream_stale")


def suppress(
    case: Case, incident: Incident, policy: Policy, now: Moment, *, fresh: bool = False
) -> Decision | None:
    """The decision to wait for the cause, None when nothing explains the trouble. `fresh`: nobody was told of it."""
    found = explained(incident, policy, now)
    if found is None:
        return None
    cause, told_in = found
    # Found out once more, it is no news.
    began = incident.phase is not Phase.SUPPRESSED and incident.cause != cause
    waiting = replace(
        incident,
        phase=Phase.SUPPRESSED,
        cause=cause,
        part_of=told_in if fresh else incident.part_of,
        well_since=None,
        free_since=None,
        proposal=None,
    )
    effects: list[Effect] = []
    if began and told_in and cause != STACK:
        # The message about the cause says who waits for it.
        effects.append(Tell(tell_in(told_in, Telling.AFFECTED, waiting, now, cause=cause)))
    if began and not waiting.part_of:
        effects.append(Tell(tell_of(Telling.SUPPRESSED, waiting, now, cause=cause)))
    effects.append(Look(WAIT_LOOK))
    reason = "many are sick at once: a human was asked" if cause == STACK else f"waits for {cause}"
    return Decision(replace(case, incident=waiting), tuple(effects), reason)


def seen_sick_while_waiting(
    case: Case, incident: Incident, seen: Observation, policy: Policy, now: Moment
) -> Decision:
    """It is still sick: it waits on, or has a trouble of its own by now."""
    fallen = seen.fallen or incident.fallen
    incident = replace(incident, finding=seen.finding, well_since=None, fallen=fallen)
    still = suppress(case, incident, policy, now)
    if still is not None:
        return still
    free_since = incident.free_since or now
    left = policy.cause_grace - now.seconds_since(free_since)
    stood_by = incident.found is not None and incident.found.then.way is Way.STAND_BY
    hopeless = stood_by or policy.around.given_up
    if may_come_back(seen) and not hopeless and not incident.ordered and left > 0:
        waiting = replace(incident, free_since=free_since)
        return Decision(
            replace(case, incident=waiting),
            (Look(min(WAIT_LOOK, left)),),
            "its cause is gone: it gets a while",
        )
    # In a storm one message tells of all of them.
    storms = policy.around.storm_incident if incident.part_of and policy.around.storm is not None else ""
    own = replace(
        incident, phase=Phase.OPEN, cause=incident.cause if stood_by else "", part_of=storms, free_since=None
    )
    speaks_up = incident.part_of and not storms
    told: tuple[Effect, ...] = (Tell(tell_of(Telling.OPENED, own, now)),) if speaks_up else ()
    decision = consider(replace(case, incident=own), own, policy, now)
    return replace(decision, effects=(*told, *decision.effects))


def follow(incident: Incident, now: Moment) -> tuple[Effect, ...]:
    """Told in the cause's message: one that waited for it is well again."""
    if not incident.part_of or incident.cause in ("", STACK):
        return ()
    return (Tell(tell_in(incident.part_of, Telling.FOLLOWED, incident, now, cause=incident.cause)),)
