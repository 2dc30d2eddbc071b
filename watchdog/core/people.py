"""What people do to targets, and what they order: holding, giving back, trying anew."""

from __future__ import annotations

from dataclasses import replace

from watchdog.core.decision import Abort, Decision, Effect, Look, Order, Ordered, Policy, Tell
from watchdog.core.incident import Act, Case, Ending, Hold, Incident, Phase
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification
from watchdog.core.observation import Finding, Hand, Observation
from watchdog.core.tellings import tell_hold, tell_release

_ACTS = {"paused": Act.PAUSED, "removed": Act.REMOVED}


def taken_down(case: Case, seen: Observation, policy: Policy, now: Moment) -> Decision:
    """A person took the target down, or nobody knows who did: hands off, told once."""
    incident = case.incident
    if incident is not None and incident.phase is Phase.ACTING and seen.stopped_by is Hand.UNKNOWN:
        return Decision(case, (), "a step is running: what is seen meanwhile is its own doing")
    unclear = seen.stopped_by is Hand.UNKNOWN
    act = Act.UNCLEAR if unclear else _ACTS.get(seen.finding.kind, Act.STOPPED)
    hold = case.hold
    if hold is None or hold.released:
        hold = Hold(target=case.target, act=act, by="someone else", since=seen.at)
    elif hold.act not in (Act.ORDERED, act) and not unclear:
        hold = replace(hold, act=act)  # stopped, then removed: it is the latest act that counts
    hold = replace(hold, incarnation=seen.incarnation)
    if incident is not None:
        # People were told that it is in trouble, so they are told at once why nothing more is done.
        effects: list[Effect] = []
        if incident.phase is Phase.ACTING:
            effects.append(Abort("a person took the target down"))
        why = tell_hold(case.target, hold.act, hold.by, seen.finding, now)
        case, told = taken_over(case, incident, why)
        held = replace(case, hold=replace(hold, told=True))
        return Decision(held, (*effects, told), "a person took it down: held")
    case = replace(case, hold=hold)
    if hold.told:
        return Decision(case, (), "held: watched, not touched")
    if not seen.settled:
        again = Look(seen.look_again or policy.verify_every)
        return Decision(case, (again,), "a person is taking it down: held")
    left = policy.tell_hold_after - now.seconds_since(hold.since)
    if left > 0:
        return Decision(case, (Look(left),), "a person took it down: held")
    told = Tell(tell_hold(case.target, hold.act, hold.by, seen.finding, now))
    return Decision(replace(case, hold=replace(hold, told=True)), (told,), "held: told once")


def taken_over(case: Case, incident: Incident, why: Notification) -> tuple[Case, Tell]:
    """The incident is a person's now: closed, and its story is told to its end."""
    closed = replace(incident, phase=Phase.RESOLVED, resolved=why.at, ending=Ending.TAKEN_OVER)
    return replace(case, incident=closed), Tell(replace(why, incident=incident.id))


def not_asked_for(case: Case, seen: Observation, now: Moment) -> Decision:
    """The project does not ask for the target any more: whatever was open is over."""
    reason = "nobody asks for it any more"
    if case.incident is None:
        return Decision(replace(case, hold=None), (), reason)
    by = case.hold.by if case.hold is not None else "someone else"
    over, told = taken_over(case, case.incident, tell_hold(case.target, Act.REMOVED, by, seen.finding, now))
    return Decision(replace(over, hold=None), (told,), reason)


def given_back(hold: Hold | None, seen: Observation) -> bool:
    """A person gave the target back as it lies there. There is nothing to be done for a paused one."""
    return (
        hold is not None
        and hold.released
        and hold.incarnation == seen.incarnation
        and seen.finding.kind != "paused"
    )


def let_go(case: Case, seen: Observation, now: Moment) -> tuple[Case, tuple[Effect, ...]]:
    """End a hold that a start or an unpause has ended. Called when nobody's hand holds the target down."""
    hold = case.hold
    if hold is None:
        return case, ()
    up = seen.stopped_by is None
    if hold.act is Act.ORDERED and not hold.released:
        return (replace(case, hold=replace(hold, incarnation="")) if up else case), ()
    # It may have been started, and have fallen by itself, before we looked.
    started = up or (seen.incarnation != hold.incarnation and not seen.gone)
    unpaused = hold.act is Act.PAUSED and seen.settled
    if hold.released:
        # Given back while down: kept until the target is another one, so that it is not held again.
        return (replace(case, hold=None) if started or seen.incarnation != hold.incarnation else case), ()
    if not (started or unpaused):
        return case, ()
    case = replace(case, hold=None)
    if not hold.told:
        return case, ()
    return case, (Tell(tell_release(case.target, seen.finding, now, "a start")),)


def ordered(case: Case, ordered: Ordered, now: Moment) -> Decision:
    """A person's order."""
    match ordered.order:
        case Order.HOLD:
            return _hold(case, ordered.by, now)
        case Order.RELEASE:
            return _give_back(case, ordered.by, now)
        case _:  # RETRY and HEAL differ in the word only
            return _try_anew(case, ordered)


def _hold(case: Case, by: str, now: Moment) -> Decision:
    hold, incident = case.hold, case.incident
    effects: list[Effect] = []
    if incident is not None:
        if incident.phase is Phase.ACTING:
            effects.append(Abort(f"held by {by}"))
        case, told = taken_over(
            case, incident, tell_hold(case.target, Act.ORDERED, by, incident.finding, now)
        )
        effects.append(told)
    down = hold.incarnation if hold is not None else ""
    new = Hold(target=case.target, act=Act.ORDERED, by=by, since=now, incarnation=down, told=True)
    return Decision(replace(case, hold=new), tuple(effects), f"held by {by}")


def _give_back(case: Case, by: str, now: Moment) -> Decision:
    hold = case.hold
    if hold is None or hold.released:
        return Decision(case, (), "not held")
    if hold.act is Act.PAUSED:
        return Decision(case, (), "paused by a person: an unpause gives it back")
    told = Tell(tell_release(case.target, Finding("released"), now, by))
    return Decision(replace(case, hold=_release(hold)), (told, Look(0.0)), f"released by {by}")


def _try_anew(case: Case, ordered: Ordered) -> Decision:
    hold, incident = case.hold, case.incident
    if incident is not None:
        if incident.phase is Phase.ACTING:
            return Decision(case, (), "a step is running already")
        phase = Phase.OPEN if incident.phase is Phase.ESCALATED else incident.phase
        incident = replace(
            incident, phase=phase, spent=frozenset(), reason="", denied="", found=None, ordered=True
        )
    if hold is not None and hold.act is not Act.PAUSED:
        hold = _release(hold)
    case = replace(case, ledger=case.ledger.cleared(), incident=incident, hold=hold)
    return Decision(case, (Look(0.0),), f"{ordered.order.value} by {ordered.by}: attempts forgotten")


def _release(hold: Hold) -> Hold | None:
    """The hold of a target given back: gone if the target is up, else remembered until it is another one."""
    return None if hold.act is Act.ORDERED and not hold.incarnation else replace(hold, released=True)
