"""What a decision tells those who follow, and what is known although nobody decided on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from watchdog.core.decision import Decision, Event, Look, StepEnded
from watchdog.core.happening import Happening
from watchdog.core.incident import Case, Phase
from watchdog.core.moment import Moment
from watchdog.core.observation import Fact, Observation
from watchdog.core.story import StepRecord


def narrate(before: Case, decision: Decision, now: Moment) -> tuple[Happening, ...]:
    """How incident and hold went on by this decision, in the order in which it happened."""
    case, told = decision.case, list[Happening]()

    def tell(name: str, incident: str | None, **facts: Fact) -> None:
        told.append(Happening(name=name, at=now, target=case.target, incident=incident, facts=facts))

    was, after = before.incident, case.incident
    if after is not None and (was is None or was.phase is not after.phase):
        if was is None:
            tell("incident.opened", after.id, finding=after.finding.kind)
        if after.phase is not Phase.OPEN:
            tell(
                f"incident.{after.phase.value}",
                after.id,
                finding=after.finding.kind,
                ending=after.ending.value if after.ending else None,
                playbook=after.playbook,
                attempts=after.attempts,
                seconds=round(now.seconds_since(after.opened), 3),
            )
    if (before.hold is None) != (case.hold is None):
        hold = case.hold
        tell("hold.begun" if hold else "hold.ended", None, act=hold.act.value if hold else None)
    return tuple(told)


def line_of(before: Case, decision: Decision, last: str = "") -> str:
    """The line that the story gets; "" where no more is new than what was found, which changes with each look.

    `last`: the line before it. Another kind of finding is worth one if it leads to another one.
    """
    was, after = before.incident, decision.case.incident
    if was is None or after is None or was == after:
        return decision.reason
    # Of a wait only the seconds differ from look to look.
    same_word = decision.reason.partition(":")[0] == last.partition(":")[0]
    if was.finding.kind != after.finding.kind and not same_word:
        return decision.reason
    same = replace(decision.case, incident=replace(after, finding=was.finding)) == before
    told = any(not isinstance(effect, Look) for effect in decision.effects)
    return "" if same and not told else decision.reason


def witnessed(case: Case, steps: Sequence[StepRecord]) -> StepEnded | None:
    """The end of the step that an earlier daemon decided on, where that was written down and nothing followed.

    None where no step runs, or its end was not witnessed: then it is settled by looking.
    """
    incident, made = case.incident, case.ledger.attempts
    if (
        incident is None
        or incident.phase is not Phase.ACTING
        or incident.undoing
        or incident.deciding
        or not made
    ):
        return None
    decided = (incident.rung, len(made), made[-1].action)
    mine = [step for step in steps if (step.rung, step.attempt, step.action) == decided]
    latest = mine[-1] if mine else None
    if latest is None or latest.outcome is None or latest.settled:
        return None
    return StepEnded(incident.id, latest.outcome)


def unnoted(case: Case, event: Event) -> Case:
    """What is known although it could not be written down: a look that broke health may not be seen again."""
    if not isinstance(event, Observation) or event.well:
        return case
    incident = replace(case.incident, well_since=None) if case.incident is not None else None
    return replace(case, ledger=replace(case.ledger, healthy_since=None), incident=incident)
