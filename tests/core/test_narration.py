"""What a decision tells those who follow, and what a step told before the daemon died."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.tale import Tale
from watchdog.core.decision import Decision, Look, Order, Ordered, StepEnded
from watchdog.core.incident import Case, Phase
from watchdog.core.narration import line_of, narrate, unnoted, witnessed
from watchdog.core.observation import Finding, Observation, Status
from watchdog.core.run import Outcome, Result
from watchdog.core.story import StepRecord, Trigger


def step_of(case: Case, **more: object) -> StepRecord:
    """The record of the step that runs in this case, ended well."""
    incident = case.incident
    assert incident is not None
    assert incident.rung is not None
    begun = case.ledger.attempts[-1].at
    record = StepRecord(
        id=1,
        incident=incident.id,
        playbook=incident.playbook,
        target=case.target,
        trigger=Trigger.INCIDENT,
        action=case.ledger.attempts[-1].action,
        rung=incident.rung,
        attempt=len(case.ledger.attempts),
        container_id="c0ffee",
        text="restart it",
        begun=begun,
        ended=begun,
        outcome=Outcome(result=Result.DONE),
    )
    return replace(record, **more)  # type: ignore[arg-type]


def test_each_turn_of_an_incident_is_told_once() -> None:
    """Opened and acting with one decision, then verifying, then resolved with how and after how long."""
    tale, names = Tale(), []

    def happens(act: str) -> None:
        before = tale.case
        getattr(tale, act)()
        for happening in narrate(before, tale.decision, tale.now):
            names.append(happening.name)
            assert happening.target == "web"

    happens("crashed")
    happens("crashed")
    happens("step_ends")
    assert names == ["incident.opened", "incident.acting", "incident.verifying"]
    tale.stays_well(8)
    tale.passes(4)
    before = tale.case
    tale.well()
    (told,) = narrate(before, tale.decision, tale.now)
    assert (told.name, told.facts["ending"], told.facts["attempts"]) == ("incident.resolved", "healed", 1)


def test_figures_that_change_with_each_look_are_no_news() -> None:
    """A disk that a human was told of fills on: its story gets no line a look."""
    tale = Tale()
    tale.crashed()
    incident = tale.case.incident
    assert incident is not None
    before = replace(tale.case, incident=replace(incident, finding=Finding("disk_critical", {"used": 95})))
    more = replace(before, incident=replace(incident, finding=Finding("disk_critical", {"used": 96})))
    other = replace(before, incident=replace(incident, finding=Finding("writes_broken")))
    waits = Decision(more, (Look(5.0),), "waiting for a human yes: 3595.0 s to go")
    assert line_of(before, waits) == ""
    assert line_of(before, replace(waits, case=other)) == waits.reason
    assert line_of(before, replace(waits, case=other), last="waiting for a human yes: 3600.0 s to go") == ""
    assert line_of(before, replace(waits, effects=tale.decision.effects)) == waits.reason
    assert line_of(Tale().case, tale.decision) == tale.decision.reason


def test_a_hold_that_begins_and_ends_is_told() -> None:
    """Also without any incident."""
    tale = Tale()
    before = tale.case
    tale.order(Order.HOLD)
    assert [each.name for each in narrate(before, tale.decision, tale.now)] == ["hold.begun"]
    before = tale.case
    tale.order(Order.RELEASE)
    assert [each.name for each in narrate(before, tale.decision, tale.now)] == ["hold.ended"]


def test_an_end_that_was_written_down_is_taken_for_what_it_is() -> None:
    """The daemon died between the end of its step and the decision: the step is not made once more."""
    tale = Tale()
    tale.crashed()
    assert witnessed(tale.case, [step_of(tale.case)]) == StepEnded("1", Outcome(result=Result.DONE))


@pytest.mark.parametrize(
    "more",
    [
        {"outcome": None, "ended": None},
        {"settled": True},
        {"attempt": 7},
        {"action": "collect_logs"},
        {"rung": 1},
    ],
)
def test_what_was_not_witnessed_is_settled_by_looking(more: dict[str, object]) -> None:
    """No end, one that was only inferred, and the end of another step say nothing."""
    tale = Tale()
    tale.crashed()
    assert witnessed(tale.case, [step_of(tale.case, **more)]) is None
    assert witnessed(tale.case, []) is None


def test_without_a_running_step_nothing_is_witnessed() -> None:
    """Nothing open, nothing running, and an undo that only looks like the step that it takes back."""
    tale = Tale()
    assert witnessed(tale.case, []) is None
    tale.crashed()
    record = step_of(tale.case)
    assert tale.case.incident is not None
    undoing = replace(tale.case, incident=replace(tale.case.incident, undoing=True))
    assert witnessed(undoing, [record]) is None
    tale.step_ends()
    assert tale.phase is Phase.VERIFYING
    assert witnessed(tale.case, [record]) is None


def test_health_that_was_broken_unnoted_is_counted_anew() -> None:
    """A sick look that the journal did not take is no proof of health, though the next look shows it well."""
    tale = Tale()
    tale.crashed()
    tale.step_ends()
    tale.stays_well(5)
    assert tale.incident.well_since is not None
    sick, well = look_of(tale, Status.CRITICAL), look_of(tale, Status.OK)
    broken = unnoted(tale.case, sick).incident
    assert broken is not None
    assert broken.well_since is None
    assert unnoted(tale.case, well) is tale.case
    assert unnoted(tale.case, Ordered(Order.HEAL, "ada")) is tale.case

    healthy = Tale()
    healthy.stays_well(60)
    assert healthy.case.ledger.healthy_since is not None
    assert unnoted(healthy.case, sick).ledger.healthy_since is None


def look_of(tale: Tale, status: Status) -> Observation:
    """A look that shows this."""
    return Observation(check="container", target="web", status=status, finding=Finding("seen"), at=tale.now)
