"""Finding out before anything is done: a rung that has a step for that begins only where that step lets it.

What was found out holds for a while. It is no attempt, and it is asked anew before each one.
"""

from __future__ import annotations

from dataclasses import replace

from watchdog.core.decision import Decision, Look, Perform, Policy
from watchdog.core.escalation import escalate
from watchdog.core.incident import Case, Found, Incident, Phase
from watchdog.core.moment import Moment
from watchdog.core.playbook import Rung
from watchdog.core.run import Outcome, Result, Then, Way
from watchdog.core.waiting import wait

# For what nobody could find out.
UNKNOWN = "unknown"
NOT_FOUND_OUT = "not-found-out"


def find_out(case: Case, incident: Incident, index: int, policy: Policy, now: Moment) -> Decision | None:
    """What stands before this rung; None when it may begin."""
    rung = policy.playbook.rungs[index]
    if rung.decider is None or _waits_for_a_yes(incident, index):
        return None
    found = incident.found
    left = found.left(now) if found is not None else 0.0
    if found is None or left <= 0:
        return _ask(case, incident, rung, index)
    then = found.then
    tried = sum(attempt.action == rung.step.action for attempt in case.ledger.attempts)
    if then.way is Way.HAND_OVER or (then.attempts is not None and tried >= then.attempts):
        given_up = replace(case, ledger=replace(case.ledger, given_up=True))
        return escalate(given_up, incident, policy, now, then.cause)
    if then.way is Way.WAIT:
        return wait(case, incident, left, then.cause, now, found=then.cause != NOT_FOUND_OUT)
    # Who stands by for another target does not come here, unless a person wants it all the same.
    return None


def found_out(case: Case, incident: Incident, outcome: Outcome, policy: Policy, now: Moment) -> Decision:
    """The step that finds out is over: what it found holds from now on."""
    then = outcome.then or _without_a_word(outcome, policy)
    known = replace(
        incident,
        phase=Phase.OPEN,
        deciding=False,
        acted=now,
        found=Found(then=then, at=now),
        cause=incident.cause if then.way is Way.STAND_BY else "",
        hindrance=outcome.reason if outcome.result is Result.FAILED else incident.hindrance,
    )
    return Decision(replace(case, incident=known), (Look(0.0),), f"found out: {then.cause}")


def cut_short(case: Case, incident: Incident, now: Moment) -> Decision:
    """The daemon died while it was finding out: nothing was done, and it begins anew."""
    again = replace(incident, phase=Phase.OPEN, deciding=False, acted=now, well_since=None)
    return Decision(replace(case, incident=again), (Look(0.0),), "an incident was open: looking again")


def _ask(case: Case, incident: Incident, rung: Rung, index: int) -> Decision:
    assert rung.decider is not None
    asking = replace(
        incident, phase=Phase.ACTING, on="", deciding=True, found=None, well_since=None, interrupted=False
    )
    perform = Perform(
        incident.id,
        incident.target,
        incident.playbook,
        Rung(rung.decider),
        index,
        len(case.ledger.attempts) + 1,
        counts=False,
        decides=True,
    )
    action = rung.decider.action
    return Decision(replace(case, incident=asking), (perform,), f"{action}: before anything is done")


def _without_a_word(outcome: Outcome, policy: Policy) -> Then:
    match outcome.result:
        case Result.DONE:
            return Then(way=Way.ON, cause=UNKNOWN)
        case Result.FAILED:
            return Then(way=Way.HAND_OVER, cause=UNKNOWN)
        case _:
            return Then(way=Way.WAIT, cause=NOT_FOUND_OUT, seconds=policy.verify_every)


def _waits_for_a_yes(incident: Incident, index: int) -> bool:
    """It was found out before people were asked, and is again before what they said yes to is done."""
    proposal = incident.proposal
    return proposal is not None and proposal.rung == index and not proposal.approved_by
