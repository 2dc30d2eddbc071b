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

from dataclasses import dataclass, replace
from enum import StrEnum

from watchdog.core.guardrail import Limits, Refuse, judge_attempt
from watchdog.core.incident import Act, Case, Ending, Hold, Incident, Phase
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Finding, Hand, Observation, Status
from watchdog.core.playbook import Autonomy, Playbook, Rung, Verification
from watchdog.core.run import Outcome, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What config says of one target, as far as a decision needs it. Seconds.

    Attributes:
        boot_grace: after the machine booted, how long nothing is judged: everything is still starting.
        tell_hold_after: how long a person's stop must last before it is told (a restart is no news).
        verify_every: between two looks while a step is verified.
        next_id: the id that a new incident would get.
        standing_hold: config or a label keeps hands off for good.
    """

    playbook: Playbook
    limits: Limits = Limits()
    severity: Severity = Severity.HIGH
    autonomy: Autonomy = Autonomy.ACT
    boot_grace: float = 60.0
    tell_hold_after: float = 5.0
    verify_every: float = 2.0
    next_id: str = "0"
    standing_hold: bool = False


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


Event = Observation | Ordered | StepEnded | DaemonReturned


@dataclass(frozen=True, slots=True)
class Perform:
    """Carry out this rung for this incident. `attempt` counts from 1; `again`: it repeats an interrupted one."""

    incident: str
    target: str
    playbook: str
    rung: Rung
    index: int
    attempt: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """Ask the check again after so many seconds."""

    after: float


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell people."""

    notification: Notification


@dataclass(frozen=True, slots=True)
class Abort:
    """End the running step: the target is a person's now."""

    reason: str


Effect = Perform | Look | Tell | Abort


@dataclass(frozen=True, slots=True)
class Decision:
    """What is remembered from now on, what is to be done, and why."""

    case: Case
    effects: tuple[Effect, ...]
    reason: str


def advance(case: Case, event: Event, policy: Policy, now: Moment) -> Decision:
    """What `event` means for `case`. Pure; see the module for what it keeps true."""
    if case.incident is not None and case.incident.phase is Phase.RESOLVED:
        case = replace(case, incident=None)  # over: nothing that happens now belongs to it
    match event:
        case Observation():
            return _observed(case, event, policy, now)
        case StepEnded():
            return _step_ended(case, event, now)
        case DaemonReturned():
            return _returned(case, now)
        case _:
            return _ordered(case, event, now)


# --- a look ---------------------------------------------------------------------------------------------


def _observed(case: Case, seen: Observation, policy: Policy, now: Moment) -> Decision:
    if seen.status is Status.UNKNOWN:
        return _could_not_look(case, policy, now)
    incident = case.incident
    if incident is not None and incident.acted is not None and seen.at.precedes(incident.acted):
        return Decision(case, (), "seen before the latest step had ended: proves nothing")
    if case.hold is not None and seen.at.precedes(case.hold.since):
        return Decision(case, (), "seen before it was held: proves nothing")
    seen = _recalled(incident, seen)
    taken = seen.stopped_by in (Hand.PERSON, Hand.UNKNOWN)
    case = _noted(case, seen, policy, now, well=seen.well and not taken)
    acting = case.incident is not None and case.incident.phase is Phase.ACTING
    if now.boot < policy.boot_grace and not acting and (taken or not seen.well):
        return _just_booted(case, policy, now)
    if taken and not _given_back(case.hold, seen):
        return _taken_down(case, seen, policy, now)
    if acting:
        return Decision(case, (), "a step is running: what is seen meanwhile is its own doing")
    freed, told = _let_go(case, seen, now)
    decision = _judge(freed, seen, policy, now)
    return replace(decision, effects=(*told, *decision.effects))


def _recalled(incident: Incident | None, seen: Observation) -> Observation:
    """The look with what was known before the daemon restarted: what fell by itself and rests did not stop."""
    if incident is None or seen.stopped_by is not Hand.UNKNOWN:
        return seen
    if not incident.fallen or incident.fallen != seen.incarnation:
        return seen
    return replace(seen, stopped_by=Hand.ITSELF, finding=incident.finding)


def _noted(case: Case, seen: Observation, policy: Policy, now: Moment, *, well: bool) -> Case:
    """The case with what this look means for the ledger."""
    ledger = case.ledger.for_version(seen.version)
    if not well:
        ledger = ledger.seen_otherwise(policy.limits, now)
    incident = case.incident
    if incident is not None and case.ledger.version not in ("", ledger.version):
        incident = replace(incident, spent=frozenset())  # what could not help the old one may help this one
    return replace(case, ledger=ledger, incident=incident)


def _just_booted(case: Case, policy: Policy, now: Moment) -> Decision:
    if case.incident is not None:
        case = replace(case, incident=replace(case.incident, well_since=None))
    left = policy.boot_grace - now.boot
    return Decision(case, (Look(left),), "the machine has just booted: not judged yet")


def _judge(case: Case, seen: Observation, policy: Policy, now: Moment) -> Decision:
    if policy.standing_hold and case.incident is not None:
        why = _held(case.target, Act.ORDERED, "the configuration", seen.finding, now)
        closed, told = _taken_over(case, case.incident, why)
        return Decision(closed, (told,), "held: the configuration says so")
    if policy.standing_hold or (case.hold is not None and not case.hold.released):
        return Decision(case, (), "held: watched, not touched")
    if case.incident is None:
        return _judge_without_incident(case, seen, policy, now)
    if not seen.settled:
        return _unsettled(case, case.incident, seen, policy, now)
    if seen.well:
        return _seen_well(case, case.incident, seen, policy, now)
    return _seen_sick(case, case.incident, seen, policy, now)


def _could_not_look(case: Case, policy: Policy, now: Moment) -> Decision:
    case = replace(case, ledger=case.ledger.seen_otherwise(policy.limits, now))
    incident = case.incident
    if incident is None or incident.phase is Phase.ACTING:
        return Decision(case, (), "could not look: nothing follows from that")
    # Health must be seen without a break, so the count starts anew; nothing else changes.
    case = replace(case, incident=replace(incident, well_since=None))
    return Decision(
        case, (Look(policy.verify_every),), "could not look: waiting until the target can be seen"
    )


def _judge_without_incident(case: Case, seen: Observation, policy: Policy, now: Moment) -> Decision:
    if not seen.settled:
        again = (Look(seen.look_again),) if seen.look_again is not None else ()
        return Decision(case, again, "still moving")
    if seen.well:
        ledger = case.ledger.seen_well(now).forgiven(policy.limits, now)
        return Decision(replace(case, ledger=ledger), (), "well")
    incident = Incident(
        id=policy.next_id,
        check=case.check,
        target=case.target,
        playbook=policy.playbook.name,
        severity=policy.severity,
        opened=now,
        finding=seen.finding,
        fallen=_fallen(seen),
    )
    opened = Tell(_notification(Telling.OPENED, incident, now))
    decision = _consider(replace(case, incident=incident), incident, policy, now)
    return replace(decision, effects=(opened, *decision.effects))


def _unsettled(case: Case, incident: Incident, seen: Observation, policy: Policy, now: Moment) -> Decision:
    incident = replace(incident, well_since=None)
    case = replace(case, incident=incident)
    if incident.phase is not Phase.VERIFYING:
        return Decision(case, (Look(seen.look_again or policy.verify_every),), "still moving")
    left = _time_left(incident, seen, policy, now)
    if left > 0:
        return Decision(case, (Look(min(policy.verify_every, left)),), "not well yet: verification goes on")
    return _consider(case, replace(incident, finding=seen.finding), policy, now)


def _seen_well(case: Case, incident: Incident, seen: Observation, policy: Policy, now: Moment) -> Decision:
    unbroken = incident.well_since is not None and incident.incarnation == seen.incarnation
    # Counted from the first decision to the latest look: neither a late look nor a late decision is health.
    since = incident.well_since if unbroken and incident.well_since else now
    left = _verification(incident, policy).stable - seen.at.seconds_since(since)
    if unbroken and left <= 0:
        return _resolve(case, incident, now)
    if incident.phase is Phase.OPEN:
        # It came back without us; that is verified all the same.
        incident = replace(incident, phase=Phase.VERIFYING, acted=now)
    incident = replace(incident, well_since=since, incarnation=seen.incarnation)
    return Decision(
        replace(case, incident=incident), (Look(min(policy.verify_every, left)),), "well: it has to stay so"
    )


def _seen_sick(case: Case, incident: Incident, seen: Observation, policy: Policy, now: Moment) -> Decision:
    incident = replace(
        incident, finding=seen.finding, well_since=None, fallen=_fallen(seen) or incident.fallen
    )
    case = replace(case, incident=incident)
    if incident.phase is Phase.ESCALATED:
        if not _fresh_start(case, incident, policy):
            return Decision(case, (), "escalated: a human has been told")
        incident = replace(incident, spent=frozenset(), reason="")
    return _consider(case, incident, policy, now)


def _resolve(case: Case, incident: Incident, now: Moment) -> Decision:
    # An escalated one came back by a human's doing, or by itself: that is no success of ours.
    ours = incident.attempts > 0 and incident.phase is Phase.VERIFYING
    ending, telling = (Ending.HEALED, Telling.HEALED) if ours else (Ending.RECOVERED, Telling.RECOVERED)
    closed = replace(incident, phase=Phase.RESOLVED, resolved=now, ending=ending)
    told = _notification(
        telling,
        incident,
        now,
        seconds=round(now.seconds_since(incident.opened), 1),
        attempts=incident.attempts,
        stable=round(now.seconds_since(incident.well_since or now), 1),
    )
    ledger = case.ledger.seen_well(incident.well_since or now)
    return Decision(
        replace(case, incident=closed, ledger=ledger),
        (Tell(told),),
        f"{ending.value}: health was seen for long enough",
    )


# --- deciding to act ------------------------------------------------------------------------------------


def _consider(case: Case, incident: Incident, policy: Policy, now: Moment) -> Decision:
    """The target is sick at this very look: act, wait or hand over."""
    if not _may_act(incident, policy):
        return _escalate(case, incident, now, "not-allowed-to-act")
    rungs = policy.playbook.rungs
    if incident.interrupted and not incident.repeated and incident.rung is not None:
        rung = rungs[incident.rung] if incident.rung < len(rungs) else None
        if rung is not None and rung.step.repeatable:
            return _perform(case, replace(incident, repeated=True), rung, incident.rung, now, again=True)
        return _escalate(case, incident, now, "interrupted")
    made = [attempt.action for attempt in case.ledger.attempts]
    index = policy.playbook.rung_after(made, incident.spent)
    verdict = judge_attempt(case.ledger, policy.limits, now)
    if isinstance(verdict, Refuse) and verdict.wait is None:
        given_up = replace(case, ledger=replace(case.ledger, given_up=True))
        return _escalate(given_up, incident, now, verdict.reason)
    if index is None:
        given_up = replace(case, ledger=replace(case.ledger, given_up=True))
        return _escalate(given_up, incident, now, "ladder-exhausted")
    if isinstance(verdict, Refuse) and verdict.wait is not None:
        waiting = replace(incident, phase=Phase.OPEN, well_since=None)
        return Decision(
            replace(case, incident=waiting),
            (Look(verdict.wait),),
            f"{verdict.reason}: {verdict.wait:.1f} s to go",
        )
    return _perform(case, incident, rungs[index], index, now)


def _perform(
    case: Case, incident: Incident, rung: Rung, index: int, now: Moment, *, again: bool = False
) -> Decision:
    attempts = incident.attempts if again else incident.attempts + 1
    acting = replace(
        incident,
        phase=Phase.ACTING,
        attempts=attempts,
        rung=index,
        well_since=None,
        interrupted=False,
        acted=None,
    )
    ledger = case.ledger if again else case.ledger.begun(rung.step.action, now)
    effects: list[Effect] = [
        Perform(incident.id, incident.target, incident.playbook, rung, index, attempts, again)
    ]
    if attempts > 1 and not again:
        effects.append(
            Tell(
                _notification(
                    Telling.RETRYING, acting, now, action=rung.step.action, attempt=len(ledger.attempts)
                )
            )
        )
    verb = "once more, it was interrupted" if again else f"attempt {len(ledger.attempts)}"
    return Decision(
        replace(case, incident=acting, ledger=ledger), tuple(effects), f"{rung.step.action}: {verb}"
    )


def _escalate(case: Case, incident: Incident, now: Moment, reason: str) -> Decision:
    escalated = replace(incident, phase=Phase.ESCALATED, reason=reason, well_since=None, interrupted=False)
    told = Tell(
        _notification(Telling.ESCALATED, escalated, now, reason=reason, attempts=len(case.ledger.attempts))
    )
    return Decision(replace(case, incident=escalated), (told,), f"escalated: {reason}")


# --- the end of a step ----------------------------------------------------------------------------------


def _step_ended(case: Case, ended: StepEnded, now: Moment) -> Decision:
    incident = case.incident
    if incident is None or incident.id != ended.incident or incident.phase is not Phase.ACTING:
        return Decision(case, (), "that step belongs to no running incident")
    ledger = case.ledger.ended(now)
    outcome = ended.outcome
    incident = replace(incident, acted=now)
    if outcome.hopeless and incident.rung is not None:
        incident = replace(incident, spent=incident.spent | {incident.rung})
    # Only what is seen from now on counts: done goes to verification, everything else back to judgement.
    phase = Phase.VERIFYING if outcome.result is Result.DONE else Phase.OPEN
    case = replace(case, ledger=ledger, incident=replace(incident, phase=phase))
    return Decision(case, (Look(0.0),), f"the step is {outcome.result.value}: looking again")


def _returned(case: Case, now: Moment) -> Decision:
    # Health is verified by watching, and nobody was.
    case = replace(case, ledger=replace(case.ledger, healthy_since=None))
    incident = case.incident
    if incident is None:
        return Decision(case, (), "nothing was open")
    if incident.phase is Phase.ACTING:
        incident = replace(incident, phase=Phase.VERIFYING, acted=now, interrupted=True, well_since=None)
        case = replace(case, incident=incident, ledger=case.ledger.ended(now))
        return Decision(case, (Look(0.0),), "interrupted in the middle of a step: settled by looking")
    # The clock of a verification starts anew: nobody was watching.
    acted = now if incident.phase is Phase.VERIFYING else incident.acted
    case = replace(case, incident=replace(incident, acted=acted, well_since=None))
    return Decision(case, (Look(0.0),), "an incident was open: looking again")


# --- people ---------------------------------------------------------------------------------------------

_ACTS = {"paused": Act.PAUSED, "removed": Act.REMOVED}


def _taken_down(case: Case, seen: Observation, policy: Policy, now: Moment) -> Decision:
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
        why = _held(case.target, hold.act, hold.by, seen.finding, now)
        case, told = _taken_over(case, incident, why)
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
    told = Tell(_held(case.target, hold.act, hold.by, seen.finding, now))
    return Decision(replace(case, hold=replace(hold, told=True)), (told,), "held: told once")


def _taken_over(case: Case, incident: Incident, why: Notification) -> tuple[Case, Tell]:
    """The incident is a person's now: closed, and its story is told to its end."""
    closed = replace(incident, phase=Phase.RESOLVED, resolved=why.at, ending=Ending.TAKEN_OVER)
    return replace(case, incident=closed), Tell(replace(why, incident=incident.id))


def _given_back(hold: Hold | None, seen: Observation) -> bool:
    """A person gave the target back as it lies there. There is nothing to be done for a paused one."""
    return (
        hold is not None
        and hold.released
        and hold.incarnation == seen.incarnation
        and seen.finding.kind != "paused"
    )


def _let_go(case: Case, seen: Observation, now: Moment) -> tuple[Case, tuple[Effect, ...]]:
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
    return case, (Tell(_released(case.target, seen.finding, now, "a start")),)


def _ordered(case: Case, ordered: Ordered, now: Moment) -> Decision:
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
        case, told = _taken_over(case, incident, _held(case.target, Act.ORDERED, by, incident.finding, now))
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
    told = Tell(_released(case.target, Finding("released"), now, by))
    return Decision(replace(case, hold=_release(hold)), (told, Look(0.0)), f"released by {by}")


def _try_anew(case: Case, ordered: Ordered) -> Decision:
    hold, incident = case.hold, case.incident
    if incident is not None:
        if incident.phase is Phase.ACTING:
            return Decision(case, (), "a step is running already")
        phase = Phase.OPEN if incident.phase is Phase.ESCALATED else incident.phase
        incident = replace(incident, phase=phase, spent=frozenset(), reason="", ordered=True)
    if hold is not None and hold.act is not Act.PAUSED:
        hold = _release(hold)
    case = replace(case, ledger=case.ledger.cleared(), incident=incident, hold=hold)
    return Decision(case, (Look(0.0),), f"{ordered.order.value} by {ordered.by}: attempts forgotten")


def _release(hold: Hold) -> Hold | None:
    """The hold of a target given back: gone if the target is up, else remembered until it is another one."""
    return None if hold.act is Act.ORDERED and not hold.incarnation else replace(hold, released=True)


# --- small parts ----------------------------------------------------------------------------------------


def _may_act(incident: Incident, policy: Policy) -> bool:
    allowed = policy.autonomy is Autonomy.ACT and policy.playbook.autonomy is Autonomy.ACT
    return allowed or incident.ordered


def _fresh_start(case: Case, incident: Incident, policy: Policy) -> bool:
    """True when nothing is held against an escalated target any more: a new image, or a new config."""
    return _may_act(incident, policy) and not case.ledger.attempts and not case.ledger.given_up


def _fallen(seen: Observation) -> str:
    """The incarnation, if this look shows that it fell without a person's hand."""
    return seen.incarnation if seen.stopped_by in (Hand.ITSELF, Hand.WATCHDOG) else ""


def _verification(incident: Incident, policy: Policy) -> Verification:
    rungs = policy.playbook.rungs
    if incident.rung is not None and incident.rung < len(rungs):
        return rungs[incident.rung].step.verify
    return rungs[0].step.verify if rungs else Verification()


def _time_left(incident: Incident, seen: Observation, policy: Policy, now: Moment) -> float:
    """Seconds left for the latest step to prove itself; the target's own start period comes on top."""
    allowed = _verification(incident, policy).within + seen.patience
    return allowed - now.seconds_since(incident.acted or incident.opened)


def _notification(telling: Telling, incident: Incident, now: Moment, **facts: str | float) -> Notification:
    return Notification(
        telling=telling,
        target=incident.target,
        at=now,
        finding=incident.finding,
        severity=incident.severity,
        incident=incident.id,
        facts=facts,
    )


def _held(target: str, act: Act, by: str, finding: Finding, now: Moment) -> Notification:
    return Notification(
        telling=Telling.ASKED if act is Act.UNCLEAR else Telling.HELD,
        target=target,
        at=now,
        finding=finding,
        severity=Severity.WARNING,
        facts={"act": act.value, "by": by},
    )


def _released(target: str, finding: Finding, now: Moment, by: str) -> Notification:
    return Notification(
        telling=Telling.RELEASED,
        target=target,
        at=now,
        finding=finding,
        severity=Severity.WARNING,
        facts={"by": by},
    )
