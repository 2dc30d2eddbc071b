"""The heart: what one more fact about a target means, as a decision with its reason.

`advance` is a pure function of what is remembered (a Case), what happened (an observation, the end of a
step, a person's order), the policy and the time. It returns the new case and the effects; the shell saves
the case and only then performs them.

What it keeps true, whatever comes:
- Nothing is done on a look that failed (UNKNOWN), nor on one made before our latest step had ended.
- Nothing is done to a held target; what a person took down is held from the first look that shows it.
- No attempt without the ledger's consent, and every attempt is counted before it is made.
- An incident is resolved only by health that was seen for as long as its verification asks.
"""

from __future__ import annotations

from dataclasses import replace

from watchdog.core.climb import answered, consider, fresh_start, step_ended, time_left, verification
from watchdog.core.decision import (
    DaemonReturned,
    Decision,
    Effect,
    Event,
    Look,
    Ordered,
    Policy,
    StepEnded,
    Tell,
    limits_of,
)
from watchdog.core.escalation import remind
from watchdog.core.finding_out import cut_short
from watchdog.core.flapping import Flaps
from watchdog.core.incident import Act, Case, Ending, Incident, Phase
from watchdog.core.moment import Moment
from watchdog.core.notification import Telling
from watchdog.core.observation import Hand, Observation, Status
from watchdog.core.people import given_back, let_go, not_asked_for, ordered, taken_down, taken_over
from watchdog.core.suppression import WAIT_LOOK, follow, seen_sick_while_waiting, suppress
from watchdog.core.tellings import is_told, tell_hold, tell_of
from watchdog.core.warning import consider_warning, left_of, warned_before

# Health that has to last for longer than this is looked at less often. Seconds.
LONG_WATCH = 120.0


def advance(case: Case, event: Event, policy: Policy, now: Moment) -> Decision:
    """What `event` means for `case`. Pure; see the module for what it keeps true."""
    if case.incident is not None and case.incident.phase is Phase.RESOLVED:
        case = replace(case, incident=None)  # over: nothing that happens now belongs to it
    match event:
        case Observation():
            return _observed(case, event, policy, now)
        case StepEnded():
            return step_ended(case, event, policy, now)
        case DaemonReturned():
            return _returned(case, now)
        case Ordered():
            return ordered(case, event, now)
        case _:
            return answered(case, event, policy, now)


def _observed(case: Case, seen: Observation, policy: Policy, now: Moment) -> Decision:
    if seen.status is Status.UNKNOWN:
        return _could_not_look(case, seen, policy, now)
    if seen.finding.kind == "undefined":
        return not_asked_for(case, seen, now)
    incident = case.incident
    if incident is not None and incident.acted is not None and seen.at.precedes(incident.acted):
        return Decision(case, (), "seen before the latest step had ended: proves nothing")
    if case.hold is not None and seen.at.precedes(case.hold.since):
        return Decision(case, (), "seen before it was held: proves nothing")
    seen = _recalled(incident, seen)
    taken = seen.stopped_by in (Hand.PERSON, Hand.UNKNOWN)
    before = case
    case = _noted(case, seen, policy, now, well=seen.well and not taken)
    acting = case.incident is not None and case.incident.phase is Phase.ACTING
    if now.boot < policy.boot_grace and not acting and (taken or not seen.well):
        return _just_booted(case, policy, now)
    if taken and not given_back(case.hold, seen):
        return taken_down(case, seen, policy, now)
    if acting:
        return Decision(case, (), "a step is running: what is seen meanwhile is its own doing")
    freed, told = let_go(case, seen, now)
    decision = _judge(freed, seen, policy, now)
    return replace(decision, effects=(*told, *decision.effects, *_began_to_flap(before, decision.case, now)))


def _began_to_flap(before: Case, after: Case, now: Moment) -> tuple[Effect, ...]:
    """People are told once that a trouble comes and goes: it is touched less, and closed later."""
    was, now_is = before.ledger.flaps, after.ledger.flaps
    if now_is is None or now_is.since is None or (was is not None and was.since is not None):
        return ()
    incident = after.incident
    if incident is None or not is_told(incident, Telling.FLAPPING):
        return ()
    return (Tell(tell_of(Telling.FLAPPING, incident, now, turns=len(now_is.fell))),)


def _recalled(incident: Incident | None, seen: Observation) -> Observation:
    """The look with what was known before the daemon restarted: what fell by itself and rests did not stop."""
    if incident is None or seen.stopped_by is not Hand.UNKNOWN:
        return seen
    if not incident.fallen or incident.fallen != seen.incarnation:
        return seen
    return replace(seen, stopped_by=Hand.ITSELF, finding=incident.finding)


def _noted(case: Case, seen: Observation, policy: Policy, now: Moment, *, well: bool) -> Case:
    """The case with what this look means for the ledger."""
    incident, ours = case.incident, _changes_version(case.incident, policy)
    ledger = case.ledger.relabelled(seen.version) if ours else case.ledger.for_version(seen.version)
    if not well:
        ledger = ledger.seen_otherwise(limits_of(policy), now)
    acting = incident is not None and incident.phase is Phase.ACTING
    if seen.settled and not acting and seen.stopped_by not in (Hand.PERSON, Hand.UNKNOWN):
        flaps = ledger.flaps or Flaps(target=case.target)
        flaps = flaps.seen(policy.flaps, now, well=seen.well, up=seen.stopped_by is None)
        ledger = replace(ledger, flaps=flaps)
    if incident is not None and not ours and case.ledger.version not in ("", ledger.version):
        incident = replace(incident, spent=frozenset())  # what could not help the old one may help this one
    return replace(case, ledger=ledger, incident=incident)


def _changes_version(incident: Incident | None, policy: Policy) -> bool:
    """Whether another version is our own doing, made or taken back: then it is no new beginning."""
    if incident is None or incident.rung is None or incident.phase is Phase.ESCALATED:
        return False
    rungs = policy.playbook.rungs
    return incident.rung < len(rungs) and rungs[incident.rung].step.undoable


def _just_booted(case: Case, policy: Policy, now: Moment) -> Decision:
    if case.incident is not None:
        case = replace(case, incident=replace(case.incident, well_since=None))
    left = policy.boot_grace - now.boot
    return Decision(case, (Look(left),), "the machine has just booted: not judged yet")


def _judge(case: Case, seen: Observation, policy: Policy, now: Moment) -> Decision:
    if policy.standing_hold and case.incident is not None:
        why = tell_hold(case.target, Act.ORDERED, "the configuration", seen.finding, now)
        closed, told = taken_over(case, case.incident, why)
        return Decision(closed, (told,), "held: the configuration says so")
    if policy.standing_hold or (case.hold is not None and not case.hold.released):
        return Decision(case, (), "held: watched, not touched")
    if policy.around.maintenance and not seen.well:
        return _maintained(case)
    if case.incident is None:
        return _judge_without_incident(case, seen, policy, now)
    if not seen.settled:
        return _unsettled(case, case.incident, seen, policy, now)
    if seen.well:
        return _seen_well(case, case.incident, seen, policy, now)
    if case.incident.phase is Phase.SUPPRESSED:
        return seen_sick_while_waiting(case, case.incident, seen, policy, now)
    return _seen_sick(case, case.incident, seen, policy, now)


def _maintained(case: Case) -> Decision:
    """Somebody works on it: what is sick is theirs, and is judged when they are done."""
    if case.incident is not None:
        case = replace(case, incident=replace(case.incident, well_since=None))
    return Decision(case, (), "under maintenance: watched, not touched")


def _could_not_look(case: Case, seen: Observation, policy: Policy, now: Moment) -> Decision:
    case = replace(case, ledger=case.ledger.seen_otherwise(limits_of(policy), now))
    incident = case.incident
    if incident is not None and incident.phase is Phase.ACTING:
        return Decision(case, (), "could not look: nothing follows from that")
    # Nothing else may announce that it can be seen again: the list shows it as it was.
    again = (Look(policy.verify_every),)
    if incident is None:
        case, told, why = consider_warning(case, seen, policy, now)
        return Decision(case, (*told, *again), why or "could not look: nothing follows from that")
    # Health must be seen without a break, so the count starts anew; nothing else changes.
    case = replace(case, incident=replace(incident, well_since=None))
    return Decision(case, again, "could not look: waiting until the target can be seen")


def _judge_without_incident(case: Case, seen: Observation, policy: Policy, now: Moment) -> Decision:
    if not seen.settled:
        again = (Look(seen.look_again),) if seen.look_again is not None else ()
        return Decision(case, again, "still moving")
    if seen.well:
        ledger = case.ledger.seen_well(now).forgiven(limits_of(policy), now)
        case, told, why = consider_warning(replace(case, ledger=ledger), seen, policy, now)
        return Decision(case, told, why or "well")
    if seen.stopped_by is Hand.WATCHDOG and any(case.target in busy for busy in policy.around.running):
        # A page's step, say, that restarts what is behind it: should it stay down, the next look shows that.
        again = (Look(policy.verify_every),)
        return Decision(
            case, again, "another one's step is running on it: what is seen meanwhile is its doing"
        )
    if policy.around.looking is not None:
        return Decision(case, (Look(policy.around.looking),), "sick: what it depends on comes first")
    incident = Incident(
        id=policy.next_id,
        check=case.check,
        target=case.target,
        playbook=policy.playbook.name,
        severity=policy.severity,
        opened=now,
        finding=seen.finding,
        fallen=seen.fallen,
    )
    waiting = suppress(case, incident, policy, now, fresh=True)
    if waiting is not None:
        return waiting
    if policy.around.storm is not None:
        # One message tells of all of them.
        incident = replace(incident, part_of=policy.around.storm_incident)
    before = warned_before(case, now)
    opened = (
        (Tell(tell_of(Telling.OPENED, incident, now, **before)),) if is_told(incident, Telling.OPENED) else ()
    )
    case = case if before else replace(case, warned=None)
    decision = consider(replace(case, incident=incident), incident, policy, now)
    return replace(decision, effects=(*opened, *decision.effects))


def _unsettled(case: Case, incident: Incident, seen: Observation, policy: Policy, now: Moment) -> Decision:
    incident = replace(incident, well_since=None)
    case = replace(case, incident=incident)
    if incident.phase is Phase.SUPPRESSED:
        return Decision(case, (Look(seen.look_again or WAIT_LOOK),), "still moving")
    if incident.phase is not Phase.VERIFYING:
        return Decision(case, (Look(seen.look_again or policy.verify_every),), "still moving")
    left = time_left(incident, seen, policy, now)
    if left > 0:
        return Decision(case, (Look(min(policy.verify_every, left)),), "not well yet: verification goes on")
    return consider(case, replace(incident, finding=seen.finding), policy, now)


def _seen_well(case: Case, incident: Incident, seen: Observation, policy: Policy, now: Moment) -> Decision:
    unbroken = incident.well_since is not None and incident.incarnation == seen.incarnation
    # Counted from the first decision to the latest look: neither a late look nor a late decision is health.
    since = incident.well_since if unbroken and incident.well_since else now
    left = verification(incident, policy).stable - seen.at.seconds_since(since)
    flaps = case.ledger.flaps
    if flaps is not None and flaps.since is not None:
        left = max(left, policy.flaps.steady - seen.at.seconds_since(since))
    if unbroken and left <= 0:
        return _resolve(case, incident, seen, now)
    if incident.phase is Phase.OPEN:
        # It came back without us; that is verified all the same.
        incident = replace(incident, phase=Phase.VERIFYING, acted=now, by_itself=True)
    incident = replace(incident, well_since=since, incarnation=seen.incarnation)
    every = policy.verify_every if left <= LONG_WATCH else WAIT_LOOK
    return Decision(replace(case, incident=incident), (Look(min(every, left)),), "well: it has to stay so")


def _seen_sick(case: Case, incident: Incident, seen: Observation, policy: Policy, now: Moment) -> Decision:
    incident = replace(incident, finding=seen.finding, well_since=None, fallen=seen.fallen or incident.fallen)
    case = replace(case, incident=incident)
    left = time_left(incident, seen, policy, now)
    if incident.phase is Phase.VERIFYING and not seen.incarnation and left > 0:
        # A page or a series needs a while after its server was helped, and no healthcheck says when that is over.
        return Decision(case, (Look(min(policy.verify_every, left)),), "not well yet: verification goes on")
    if incident.phase is Phase.ESCALATED:
        if not fresh_start(case, incident, policy):
            reminded = remind(case, incident, policy, now)
            return reminded if seen.look_again is None else _sooner(reminded, seen.look_again)
        incident = replace(incident, spent=frozenset(), reason="")
    waiting = suppress(case, incident, policy, now)
    if waiting is not None:
        return waiting
    if incident.part_of and policy.around.storm is None:
        # The storm is over, this one is not: from now on it is told by itself.
        incident = replace(incident, part_of="")
        decision = consider(replace(case, incident=incident), incident, policy, now)
        opened = Tell(tell_of(Telling.OPENED, incident, now))
        return replace(decision, effects=(opened, *decision.effects))
    return consider(case, incident, policy, now)


def _sooner(decision: Decision, seconds: float) -> Decision:
    """The same with a look after so many seconds at the latest."""
    effects = (
        replace(each, after=min(each.after, seconds)) if isinstance(each, Look) else each
        for each in decision.effects
    )
    return replace(decision, effects=tuple(effects))


def _resolve(case: Case, incident: Incident, seen: Observation, now: Moment) -> Decision:
    # What came back by a human's doing, or by itself, is no success of ours.
    ours = incident.attempts > 0 and incident.phase is Phase.VERIFYING and not incident.by_itself
    ending, telling = (Ending.HEALED, Telling.HEALED) if ours else (Ending.RECOVERED, Telling.RECOVERED)
    closed = replace(incident, phase=Phase.RESOLVED, resolved=now, ending=ending)
    told = tell_of(
        telling,
        incident,
        now,
        seconds=round(now.seconds_since(incident.opened), 1),
        attempts=incident.attempts,
        stable=round(now.seconds_since(incident.well_since or now), 1),
    )
    ledger = (
        case.ledger if incident.undo is None else case.ledger.cleared()
    )  # a new image that has proved itself
    ledger = ledger.seen_well(incident.well_since or now)
    case, still = left_of(case, seen, now, told=is_told(incident, telling))
    effects = (Tell(replace(told, still=still)),) if is_told(incident, telling) else follow(incident, now)
    return Decision(
        replace(case, incident=closed, ledger=ledger),
        effects,
        f"{ending.value}: health was seen for long enough",
    )


def _returned(case: Case, now: Moment) -> Decision:
    # Health is verified by watching, and nobody was.
    case = replace(case, ledger=replace(case.ledger, healthy_since=None))
    incident = case.incident
    if incident is None:
        return Decision(case, (), "nothing was open")
    if incident.deciding:
        return cut_short(case, incident, now)
    if incident.phase is Phase.ACTING:
        incident = replace(incident, phase=Phase.VERIFYING, acted=now, interrupted=True, well_since=None)
        case = replace(case, incident=incident, ledger=case.ledger.ended(now))
        return Decision(case, (Look(0.0),), "interrupted in the middle of a step: settled by looking")
    # The clock of a verification starts anew: nobody was watching.
    acted = now if incident.phase is Phase.VERIFYING else incident.acted
    case = replace(case, incident=replace(incident, acted=acted, well_since=None))
    return Decision(case, (Look(0.0),), "an incident was open: looking again")
