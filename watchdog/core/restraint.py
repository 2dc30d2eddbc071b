"""What may stand against one more step although the target itself would have its turn.

The rest of the stack, what is known of the cause, and how sure watchdog can be of what it remembers.
"""

from __future__ import annotations

from dataclasses import replace

from watchdog.core.budget import judge_budget
from watchdog.core.decision import Policy
from watchdog.core.doom import RESTARTS, diagnose
from watchdog.core.flapping import judge_flap_action
from watchdog.core.incident import Case, Incident
from watchdog.core.moment import Moment
from watchdog.core.playbook import Rung
from watchdog.core.storm import Move
from watchdog.core.verdict import Allow, Refuse, Verdict

# How soon it is asked again whether watchdog can be sure of its memory. Seconds.
UNSURE_LOOK = 10.0
# How soon it is looked at again whether a person has given back what a step would act on. Seconds.
HELD_LOOK = 60.0


def judge_surroundings(
    case: Case, incident: Incident, rung: Rung, policy: Policy, now: Moment, *, counted: bool = True
) -> Verdict:
    """May this rung begin now, as far as everything outside of the target goes? Every refusal is a wait.

    `counted`: it is an attempt; repeating an interrupted step and taking one back are none, and are not rationed.
    """
    around = policy.around
    if around.gentle and not rung.step.gentle:
        return Refuse(around.gentle, wait=UNSURE_LOOK)
    if counted and around.most_attempts is not None and len(case.ledger.attempts) >= around.most_attempts:
        return Refuse(around.gentle, wait=UNSURE_LOOK)
    acted_on = rung.step.on or incident.target
    if rung.step.on in around.held:
        return Refuse("held-by-a-person", wait=HELD_LOOK)
    if around.looking is not None and not is_wanted(incident):
        return Refuse("looking-at-causes", wait=around.looking)
    verdicts: list[Verdict] = []
    if not is_wanted(incident):
        verdicts.append(around.aside)
        if counted and case.ledger.flaps is not None:
            made = [attempt.at for attempt in case.ledger.attempts]
            verdicts.append(judge_flap_action(case.ledger.flaps, made, policy.flaps, now))
    if around.storm is not None and around.storm.move is Move.WAIT:
        verdicts.append(Refuse(around.storm.reason, wait=policy.budget.ask_again))
    planned = not counted or is_planned(incident, policy)
    verdicts.append(judge_budget(around.begun, around.running, acted_on, policy.budget, now, planned=planned))
    return next((verdict for verdict in verdicts if isinstance(verdict, Refuse)), Allow())


def judge_doom(case: Case, incident: Incident, rung: Rung, index: int) -> Incident | None:
    """The incident as it goes on when its cause is doomed and this rung only starts again; None when it may.

    With a `reason`: a human. Without: the rung is passed over, because only replacing helps.
    """
    if is_wanted(incident):
        return None
    doomed = with_doom(incident)
    facts = doomed.finding.facts
    if not facts.get("doom"):
        return None
    if facts.get("replacing_helps"):
        return replace(incident, spent=incident.spent | {index}, reason="") if rung.step.gentle else None
    if len(case.ledger.attempts) >= RESTARTS:
        return replace(doomed, reason="doomed")
    return None


def with_doom(incident: Incident) -> Incident:
    """The incident with a cause that only the answer to our own step shows: what is missing when it is to start."""
    finding = incident.finding
    if finding.facts.get("doom") or not incident.hindrance:
        return incident
    doom = diagnose(finding, None, refusal=incident.hindrance)
    if doom is None:
        return incident
    facts = {**finding.facts, "doom": doom.kind, "advice": doom.advice.value, "shown_by": doom.evidence}
    if doom.replacing_helps:
        facts["replacing_helps"] = True
    return replace(incident, finding=replace(finding, facts=facts))


def is_planned(incident: Incident, policy: Policy) -> bool:
    """Whether its next step counts only against those that run at once: a person wants it, or a storm's plan."""
    return is_wanted(incident) or policy.around.storm is not None


def is_wanted(incident: Incident) -> bool:
    """Whether a person asked for its next step, by an order or with a yes: planned work."""
    return incident.ordered or (incident.proposal is not None and bool(incident.proposal.approved_by))
