"""Climbing the ladder: whether a sick target is acted upon now, later, with a yes, or not at all."""

from __future__ import annotations

from dataclasses import replace

from watchdog.core.decision import (
    Answer,
    Approved,
    Decision,
    Declined,
    Effect,
    Look,
    Perform,
    Policy,
    Propose,
    Shown,
    StepEnded,
    Tell,
    limits_of,
)
from watchdog.core.escalation import escalate
from watchdog.core.finding_out import find_out, found_out
from watchdog.core.guardrail import judge_attempt
from watchdog.core.incident import Case, Incident, Phase, Proposal
from watchdog.core.moment import Moment
from watchdog.core.notification import Telling
from watchdog.core.observation import Observation
from watchdog.core.playbook import Autonomy, Rung, Verification
from watchdog.core.restraint import is_planned, judge_doom, judge_surroundings
from watchdog.core.run import Result
from watchdog.core.tellings import is_told, tell_of
from watchdog.core.verdict import Refuse
from watchdog.core.waiting import FOR_A_YES, wait

# The playbook has steps left, for other findings than this one.
NO_STEP = "no-step-for-this"


def consider(case: Case, incident: Incident, policy: Policy, now: Moment) -> Decision:
    """The target is sick at this very look: act, ask, wait or hand over."""
    if incident.undo is not None or incident.undoing:
        return _take_back(case, incident, policy, now)
    if not may_act(incident, policy):
        return escalate(case, incident, policy, now, "not-allowed-to-act")
    rungs = policy.playbook.rungs
    if incident.interrupted and not incident.repeated and incident.rung is not None:
        rung = rungs[incident.rung] if incident.rung < len(rungs) else None
        if rung is not None and rung.step.repeatable:
            verdict = judge_surroundings(case, incident, rung, policy, now, counted=False)
            if isinstance(verdict, Refuse):
                return _stand_back(case, incident, verdict, policy, now)
            return _perform(case, replace(incident, repeated=True), rung, incident.rung, now, again=True)
        return escalate(case, incident, policy, now, "interrupted")
    return _climb(case, replace(incident, interrupted=False), policy, now)


def _climb(case: Case, incident: Incident, policy: Policy, now: Moment) -> Decision:
    rungs = policy.playbook.rungs
    made = [attempt.action for attempt in case.ledger.attempts]
    useless, other = incident.spent | policy.impossible, policy.playbook.not_meant_for(incident.finding.kind)
    index = policy.playbook.rung_after(made, useless | other)
    if not policy.playbook.rungs:
        return escalate(case, incident, policy, now, NO_STEP)
    verdict = judge_attempt(case.ledger, limits_of(policy), now)
    doom = judge_doom(case, incident, rungs[index], index) if index is not None else None
    if doom is not None:
        return _doomed(case, doom, policy, now)
    asks = index is not None and not case.ledger.given_up and _needs_a_yes(rungs[index], incident, policy)
    its_turn = not isinstance(verdict, Refuse) or (asks and verdict.wait is None)
    before = find_out(case, incident, index, policy, now) if index is not None and its_turn else None
    if before is not None:
        return before
    if index is not None and asks:
        # A human yes stands above the count of attempts, not above the wait between them.
        if isinstance(verdict, Refuse) and verdict.wait is not None:
            return wait(case, incident, verdict.wait, verdict.reason, now)
        return _ask(case, incident, index, policy, now)
    if isinstance(verdict, Refuse) and verdict.wait is not None and index is not None:
        return wait(case, incident, verdict.wait, verdict.reason, now)
    spent = isinstance(verdict, Refuse) and verdict.wait is None
    if index is None and not spent and policy.playbook.rung_after(made, useless) is not None:
        # The attempts are kept for when something else is found.
        return escalate(case, incident, policy, now, NO_STEP)
    if isinstance(verdict, Refuse) or index is None:
        given_up = replace(case, ledger=replace(case.ledger, given_up=True))
        if isinstance(verdict, Refuse) and verdict.wait is None:
            return escalate(given_up, incident, policy, now, verdict.reason)
        return escalate(given_up, incident, policy, now, "ladder-exhausted")
    return _begin(case, incident, index, policy, now)


def _begin(case: Case, incident: Incident, index: int, policy: Policy, now: Moment) -> Decision:
    """Begin this rung, unless something outside of the target stands against it at this moment."""
    other = policy.playbook.not_meant_for(incident.finding.kind)
    rung = policy.playbook.rung_at(index, other)
    verdict = judge_surroundings(case, incident, rung, policy, now)
    if isinstance(verdict, Refuse):
        return _stand_back(case, incident, verdict, policy, now)
    decision = _perform(case, incident, rung, index, now, planned=is_planned(incident, policy))
    passed = dict.fromkeys(policy.playbook.rungs[each].step.action for each in sorted(other) if each < index)
    if not passed:
        return decision
    return replace(
        decision, reason=f"{decision.reason} (passed over, for other findings: {', '.join(passed)})"
    )


def _stand_back(case: Case, incident: Incident, verdict: Refuse, policy: Policy, now: Moment) -> Decision:
    """Its turn, but not now: something outside of the target stands against it."""
    seconds = verdict.wait if verdict.wait is not None else policy.verify_every
    return wait(case, incident, seconds, verdict.reason, now, slot=verdict.reason == "too-many-at-once")


def _doomed(case: Case, incident: Incident, policy: Policy, now: Moment) -> Decision:
    """Starting again cannot help: on to what may, or to a human."""
    if incident.reason == "":
        return _climb(case, incident, policy, now)
    given_up = replace(case, ledger=replace(case.ledger, given_up=True))
    return escalate(given_up, incident, policy, now, incident.reason)


def _ask(case: Case, incident: Incident, index: int, policy: Policy, now: Moment) -> Decision:
    """This rung needs a human yes: propose it once, wait, and go on without it when nobody answers."""
    rung, proposal = policy.playbook.rungs[index], incident.proposal
    if proposal is not None and proposal.rung == index:
        if proposal.approved_by:
            return _begin(case, incident, index, policy, now)
        left = proposal.lasts - now.seconds_since(proposal.made)
        if left > 0:
            waiting = wait(case, incident, left, FOR_A_YES, now)
            # Whoever was to make its plan may have died over that: nobody would ever be asked.
            return waiting if proposal.told else _with_plan(waiting, proposal, rung, incident)
        passed_over = _without_a_yes(incident, proposal, rung.step.action)
        return _climb(case, passed_over, policy, now)
    number = incident.proposed + 1
    proposal = Proposal(id=f"{incident.id}-{number}", rung=index, made=now, lasts=policy.proposal_lasts)
    asking = replace(incident, phase=Phase.OPEN, proposal=proposal, proposed=number, well_since=None)
    waiting = Decision(
        replace(case, incident=asking),
        (Look(policy.proposal_lasts),),
        f"{rung.step.action}: waiting for a human yes",
    )
    return _with_plan(waiting, proposal, rung, asking)


def _with_plan(waiting: Decision, proposal: Proposal, rung: Rung, incident: Incident) -> Decision:
    wanted = Propose(proposal.id, incident.id, incident.target, incident.playbook, rung, proposal.rung)
    return replace(waiting, effects=(wanted, *waiting.effects))


def _take_back(case: Case, incident: Incident, policy: Policy, now: Moment) -> Decision:
    """What was done last did not help, or was cut short: undo it before anything else."""
    rungs = policy.playbook.rungs
    index = incident.undo if incident.undo is not None else incident.rung
    if index is None or index >= len(rungs) or (incident.undoing and incident.repeated):
        return escalate(case, replace(incident, undo=None, undoing=False), policy, now, "undo-failed")
    verdict = judge_surroundings(case, incident, rungs[index], policy, now, counted=False)
    if isinstance(verdict, Refuse):
        return _stand_back(case, incident, verdict, policy, now)
    repeated = incident.repeated or incident.undoing
    undoing = replace(incident, undo=None, undoing=True, repeated=repeated)
    return _perform(case, undoing, rungs[index], index, now, undo=True)


def _perform(
    case: Case,
    incident: Incident,
    rung: Rung,
    index: int,
    now: Moment,
    *,
    again: bool = False,
    undo: bool = False,
    planned: bool = False,
) -> Decision:
    counted = not again and not undo
    attempts = incident.attempts + 1 if counted else incident.attempts
    acting = replace(
        incident,
        phase=Phase.ACTING,
        on=rung.step.on,
        attempts=attempts,
        rung=index,
        well_since=None,
        interrupted=False,
        by_itself=False,
        proposal=None,
        found=None,
        undo=index if rung.step.undoable and not undo else None,
        acted=None,
    )
    action = rung.step.action
    ledger = case.ledger.begun(action, now) if counted else case.ledger
    number = len(ledger.attempts)
    effects: list[Effect] = [
        Perform(
            incident.id,
            incident.target,
            incident.playbook,
            rung,
            index,
            number,
            again,
            undo,
            counts=counted and not planned,
        )
    ]
    if is_told(acting, Telling.ACTING):
        more = elsewhere(rung, incident.target)
        told = tell_of(
            Telling.ACTING, acting, now, action=action, attempt=number, undo=undo, again=again, **more
        )
        effects.append(Tell(told))
    verb = "taken back" if undo else "once more, it was interrupted" if again else f"attempt {number}"
    return Decision(replace(case, incident=acting, ledger=ledger), tuple(effects), f"{action}: {verb}")


def step_ended(case: Case, ended: StepEnded, policy: Policy, now: Moment) -> Decision:
    """The step that ran is over: only what is seen from now on counts."""
    incident = case.incident
    if incident is None or incident.id != ended.incident or incident.phase is not Phase.ACTING:
        return Decision(case, (), "that step belongs to no running incident")
    outcome = ended.outcome
    if incident.deciding:
        return found_out(case, incident, outcome, policy, now)
    case = replace(case, ledger=case.ledger.ended(now))
    if incident.undoing and outcome.result is Result.FAILED:
        return escalate(case, replace(incident, acted=now, undoing=False), policy, now, "undo-failed")
    spent = (
        incident.spent | {incident.rung} if outcome.hopeless and incident.rung is not None else incident.spent
    )
    untouched = outcome.result is Result.SKIPPED
    # What was refused before and is done now does not explain what comes next.
    before = "" if outcome.result is Result.DONE and not spent else incident.hindrance
    if outcome.result is not Result.DONE and outcome.reason and not incident.undoing:
        before = outcome.reason  # that there was nothing to take back is no reason why the step did not help
    incident = replace(
        incident,
        acted=now,
        spent=spent,
        hindrance=before,
        undo=None if untouched else incident.undo,
        undoing=False,
        # Done goes to verification, everything else back to judgement.
        phase=Phase.VERIFYING if outcome.result is Result.DONE else Phase.OPEN,
    )
    return Decision(
        replace(case, incident=incident), (Look(0.0),), f"the step is {outcome.result.value}: looking again"
    )


def answered(case: Case, answer: Answer, policy: Policy, now: Moment) -> Decision:
    """A proposal's plan is made, a person has answered it, or its plan is not the one that was shown any more."""
    incident = case.incident
    proposal = incident.proposal if incident is not None else None
    if incident is None or proposal is None or proposal.id != answer.proposal or proposal.approved_by:
        return Decision(case, (), "no such proposal waits")
    rungs = policy.playbook.rungs
    rung = rungs[proposal.rung] if proposal.rung < len(rungs) else None
    action = rung.step.action if rung is not None else ""
    match answer:
        case Shown():
            return _asked(case, incident, answer, rung, now)
        case Approved():
            changed = replace(incident, proposal=replace(proposal, approved_by=answer.by))
            reason = f"approved by {answer.by}"
        case Declined():
            changed = _without_a_yes(incident, proposal, action)
            reason = f"declined by {answer.by}"
        case _:  # stale
            changed = replace(incident, proposal=None)
            reason = "what was proposed has changed: to be proposed anew"
    return Decision(replace(case, incident=changed), (Look(0.0),), reason)


def _without_a_yes(incident: Incident, proposal: Proposal, action: str) -> Incident:
    """Passed over. Where people were asked, they are told what was left undone because of that."""
    denied = action if proposal.told else incident.denied
    return replace(incident, proposal=None, spent=incident.spent | {proposal.rung}, denied=denied)


def _asked(case: Case, incident: Incident, shown: Shown, rung: Rung | None, now: Moment) -> Decision:
    """People are asked, once, and for what exactly."""
    action = rung.step.action if rung is not None else ""
    proposal = incident.proposal
    if proposal is None or proposal.told:
        return Decision(case, (), "people were asked already")
    # Who is asked is told how it ends. Their time begins now: making the plan may have taken some.
    asking = replace(incident, proposal=replace(proposal, told=True, made=now), part_of="")
    told = tell_of(
        Telling.PROPOSED,
        asking,
        now,
        proposal=proposal.id,
        action=action,
        does=shown.does,
        seconds=proposal.lasts,
        **(elsewhere(rung, incident.target) if rung is not None else {}),
    )
    return Decision(replace(case, incident=asking), (Tell(told),), f"{action}: people are asked")


def elsewhere(rung: Rung, target: str) -> dict[str, str]:
    """On what a step acts, where that is not the target in trouble: a fact for those who are told."""
    return {"on": rung.step.on} if rung.step.on not in ("", target) else {}


def verification(incident: Incident, policy: Policy) -> Verification:
    """What has to be seen before the latest step counts."""
    rungs = policy.playbook.rungs
    if incident.rung is not None and incident.rung < len(rungs):
        return rungs[incident.rung].step.verify
    return rungs[0].step.verify if rungs else Verification()


def time_left(incident: Incident, seen: Observation, policy: Policy, now: Moment) -> float:
    """Seconds left for the latest step to prove itself; the target's own start period comes on top."""
    allowed = verification(incident, policy).within + seen.patience
    return allowed - now.seconds_since(incident.acted or incident.opened)


def may_act(incident: Incident, policy: Policy) -> bool:
    """False when config only lets us watch; a person's order is a yes."""
    return incident.ordered or Autonomy.OBSERVE not in (policy.autonomy, policy.playbook.autonomy)


def _needs_a_yes(rung: Rung, incident: Incident, policy: Policy) -> bool:
    """A person's order to heal is no yes to a step that asks for one by itself: it ships something new."""
    if rung.step.autonomy is not Autonomy.ACT:
        return True
    return not incident.ordered and Autonomy.PROPOSE in (policy.autonomy, policy.playbook.autonomy)


def fresh_start(case: Case, incident: Incident, policy: Policy) -> bool:
    """True when nothing is held against an escalated target any more: a new image, or a new config.

    Also when something else is found, and there is a step for that.
    """
    if incident.reason == NO_STEP:
        other = policy.playbook.not_meant_for(incident.finding.kind)
        made = [attempt.action for attempt in case.ledger.attempts]
        return policy.playbook.rung_after(made, incident.spent | policy.impossible | other) is not None
    return may_act(incident, policy) and not case.ledger.attempts and not case.ledger.given_up
