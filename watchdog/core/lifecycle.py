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
    match event:
        case Observation():
            return _observed(case, event, policy, now)
        case StepEnded():
            return _step_ended(case, event, now)
        case DaemonReturned():
            return _returned(case, now)
        case Ordered():
            return _ordered(case, event, now)


# --- a look ---------------------------------------------------------------------------------------------


def _observed(case: Case, seen: Observation, policy: Policy, now: Moment) -> Decision:
    if seen.status is Status.UNKNOWN:
        return _could_not_look(case, policy, now)
    ledger = case.ledger.for_version(seen.version)
    if not seen.well:
        ledger = ledger.seen_otherwise(policy.limits, now)
    case = replace(case, ledger=ledger)
    incident = case.incident
    if incident is not None and incident.acted is not None and incident.acted.seconds_since(seen.at) > 0:
        return Decision(case, (), "seen before the latest step had ended: proves nothing")
    taken = seen.stopped_by in (Hand.PERSON, Hand.UNKNOWN)
    given_back = case.hold is not None and case.hold.released and case.hold.incarnation == seen.incarnation
    if taken and not given_back:
        return _taken_down(case, seen, policy, now)
    if incident is not None and incident.phase is Phase.ACTING:
        return Decision(case, (), "a step is running: what is seen meanwhile is its own doing")
    freed, told = _let_go(case, seen, now)
    decision = _judge(freed, seen, policy, now)
    return replace(decision, effects=(*told, *decision.effects))


def _judge(case: Case, seen: Observation, policy: Policy, now: Moment) -> Decision:
    held = policy.standing_hold or (case.hold is not None and not case.hold.released)
    if held:
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
        return Decision(replace(case, ledger=case.ledger.seen_well(now)), (), "well")
    if now.boot < policy.boot_grace:
        return Decision(
            case, (Look(policy.boot_grace - now.boot),), "the machine has just booted: not judged yet"
        )
    incident = Incident(
        id=policy.next_id,
        check=case.check,
        target=case.target,
        playbook=policy.playbook.name,
        severity=policy.severity,
        opened=now,
        finding=seen.finding,
    )
    opened = Tell(_notification(Telling.OPENED, incident, now))
    decision = _consider(replace(case, incident=incident), incident, policy, now)
    return replace(decision, effects=(opened, *decision.effects))


def _unsettled(case: Case, incident: Incident, seen: Observation, policy: Policy, now: Moment) -> Decision:
    if incident.phase is not Phase.VERIFYING:
        return Decision(case, (Look(seen.look_again or policy.verify_every),), "still moving")
    incident = replace(incident, well_since=None)
    case = replace(case, incident=incident)
    left = _time_left(incident, seen, policy, now)
    if left > 0:
        return Decision(case, (Look(min(policy.verify_every, left)),), "not well yet: verification goes on")
    return _consider(case, replace(incident, finding=seen.finding), policy, now)


def _seen_well(case: Case, incident: Incident, seen: Observation, policy: Policy, now: Moment) -> Decision:
    unbroken = incident.well_since is not None and incident.incarnation == seen.incarnation
    since = incident.well_since if unbroken and incident.well_since else now
    left = _verification(incident, policy).stable - now.seconds_since(since)
    if unbroken and left <= 0:
        return _resolve(case, incident, seen, now)
    if incident.phase is Phase.OPEN:
        # It came back without us; that is verified all the same.
        incident = replace(incident, phase=Phase.VERIFYING, acted=now)
    incident = replace(incident, well_since=since, incarnation=seen.incarnation)
    return Decision(
        replace(case, incident=incident), (Look(min(policy.verify_every, left)),), "well: it has to stay so"
    )


def _seen_sick(case: Case, incident: Incident, seen: Observation, policy: Policy, now: Moment) -> Decision:
    incident = replace(incident, finding=seen.finding, well_since=None)
    case = replace(case, incident=incident)
    if incident.phase is Phase.ESCALATED and not _fresh_start(case, incident):
        return Decision(case, (), "escalated: a human has been told")
    return _consider(case, incident, policy, now)


def _resolve(case: Case, incident: Incident, seen: Observation, now: Moment) -> Decision:
    # An escalated one came back by a human's doing, or by itself: that is no success of ours.
    ours = incident.attempts > 0 and incident.phase is Phase.VERIFYING
    ending, telling = (Ending.HEALED, Telling.HEALED) if ours else (Ending.RECOVERED, Telling.RECOVERED)
    closed = replace(incident, phase=Phase.RESOLVED, resolved=now, ending=ending, finding=seen.finding)
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
    if policy.autonomy is not Autonomy.ACT or policy.playbook.autonomy is not Autonomy.ACT:
        return _escalate(case, incident, now, "not-allowed-to-act")
    rungs = policy.playbook.rungs
    if incident.interrupted and not incident.repeated and incident.rung is not None:
        rung = rungs[incident.rung] if incident.rung < len(rungs) else None
        if rung is not None and rung.step.repeatable:
            return _perform(case, replace(incident, repeated=True), rung, incident.rung, now, again=True)
        return _escalate(case, incident, now, "interrupted")
    index = policy.playbook.rung_after(len(case.ledger.attempts), incident.spent)
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
    effects: list[Effect] = []
    if incident is not None:
        if incident.phase is Phase.ACTING:
            effects.append(Abort("a person took the target down"))
        closed = replace(incident, phase=Phase.RESOLVED, resolved=now, ending=Ending.TAKEN_OVER)
        case = replace(case, incident=closed)
    hold = case.hold
    unclear = seen.stopped_by is Hand.UNKNOWN
    if hold is None or hold.released:
        act = Act.UNCLEAR if unclear else _ACTS.get(seen.finding.kind, Act.STOPPED)
        hold = Hold(target=case.target, act=act, by="someone else", since=now, incarnation=seen.incarnation)
    if hold.told or hold.act is Act.ORDERED:
        return Decision(replace(case, hold=hold), tuple(effects), "held: watched, not touched")
    left = policy.tell_hold_after - now.seconds_since(hold.since)
    if not seen.settled:
        effects.append(Look(seen.look_again or policy.verify_every))
        return Decision(replace(case, hold=hold), tuple(effects), "a person is taking it down: held")
    if left > 0:
        effects.append(Look(left))
        return Decision(replace(case, hold=hold), tuple(effects), "a person took it down: held")
    telling = Telling.ASKED if hold.act is Act.UNCLEAR else Telling.HELD
    told = Notification(
        telling=telling,
        target=case.target,
        at=now,
        finding=seen.finding,
        severity=Severity.WARNING,
        incident=incident.id if incident else None,
        facts={"act": hold.act.value, "by": hold.by},
    )
    hold = replace(hold, told=True)
    return Decision(replace(case, hold=hold), (*effects, Tell(told)), "held: told once")


def _let_go(case: Case, seen: Observation, now: Moment) -> tuple[Case, tuple[Effect, ...]]:
    """End a hold that a start or an unpause has ended."""
    hold = case.hold
    if hold is None or hold.act is Act.ORDERED:
        return case, ()
    if hold.released:
        # Given back while down: kept until the target is another one, so that it is not held again.
        gone = hold.incarnation != seen.incarnation
        return (replace(case, hold=None), ()) if gone else (case, ())
    if seen.stopped_by is not None:
        return case, ()
    case = replace(case, hold=None)
    if not hold.told:
        return case, ()
    return case, (Tell(_released(case.target, seen.finding, now, "a start")),)


def _ordered(case: Case, ordered: Ordered, now: Moment) -> Decision:
    hold, incident = case.hold, case.incident
    match ordered.order:
        case Order.HOLD:
            effects: tuple[Effect, ...] = ()
            if incident is not None and incident.phase is Phase.ACTING:
                effects = (Abort(f"held by {ordered.by}"),)
            if incident is not None:
                closed = replace(incident, phase=Phase.RESOLVED, resolved=now, ending=Ending.TAKEN_OVER)
                case = replace(case, incident=closed)
            new = Hold(target=case.target, act=Act.ORDERED, by=ordered.by, since=now, told=True)
            return Decision(replace(case, hold=new), effects, f"held by {ordered.by}")
        case Order.RELEASE:
            if hold is None or hold.released:
                return Decision(case, (), "not held")
            told = Tell(_released(case.target, Finding("released"), now, ordered.by))
            new_hold = None if hold.act in (Act.ORDERED, Act.PAUSED) else replace(hold, released=True)
            return Decision(replace(case, hold=new_hold), (told, Look(0.0)), f"released by {ordered.by}")
        case Order.RETRY | Order.HEAL:
            if incident is not None and incident.phase is Phase.ACTING:
                return Decision(case, (), "a step is running already")
            ledger = case.ledger.cleared()
            if incident is not None and incident.phase is Phase.ESCALATED:
                incident = replace(incident, phase=Phase.OPEN, spent=frozenset(), reason="")
            if hold is not None and not hold.released and hold.act is not Act.PAUSED:
                hold = None if hold.act is Act.ORDERED else replace(hold, released=True)
            case = replace(case, ledger=ledger, incident=incident, hold=hold)
            return Decision(case, (Look(0.0),), f"{ordered.order.value} by {ordered.by}: attempts forgotten")


# --- small parts ----------------------------------------------------------------------------------------


def _fresh_start(case: Case, incident: Incident) -> bool:
    """True when an escalated target has become another one: a new image has no attempts against it."""
    return bool(incident.attempts) and not case.ledger.attempts and not case.ledger.given_up


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


def _released(target: str, finding: Finding, now: Moment, by: str) -> Notification:
    return Notification(
        telling=Telling.RELEASED,
        target=target,
        at=now,
        finding=finding,
        severity=Severity.WARNING,
        facts={"by": by},
    )
