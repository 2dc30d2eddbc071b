"""Where a case stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes import FakeClock
from watchdog.core.guardrail import Ledger
from watchdog.core.incident import Act, Case, Hold, Incident, Phase, Proposal
from watchdog.core.notification import Severity
from watchdog.core.observation import GONE, Finding, Hand, Observation, Status
from watchdog.core.standing import is_down, is_held, is_held_down, is_in, is_in_hands, is_left_out

NOW = FakeClock().now()
WELL = Case(check="containers", target="app", ledger=Ledger(target="app"))
OPEN = Incident(
    id="1",
    check="containers",
    target="app",
    playbook="container-crash",
    severity=Severity.HIGH,
    opened=NOW,
    finding=Finding("exited"),
)
HOLD = Hold(target="app", act=Act.STOPPED, by="ada", since=NOW, incarnation="app@1")
SEEN = Observation(
    check="containers",
    target="app",
    status=Status.OK,
    finding=Finding("running"),
    at=NOW,
    incarnation="app@1",
)


def with_incident(phase: Phase, proposal: Proposal | None = None) -> Case:
    return replace(WELL, incident=replace(OPEN, phase=phase, proposal=proposal))


def test_a_case_without_an_incident_is_in_no_phase() -> None:
    """Where nothing is wrong nothing goes on, and nobody was called."""
    assert not is_in(WELL, *Phase)
    assert not is_left_out(WELL)
    assert not is_in_hands(WELL)


def test_its_incident_says_what_goes_on() -> None:
    """One of the phases that are asked for."""
    acting = with_incident(Phase.ACTING)
    assert is_in(acting, Phase.VERIFYING, Phase.ACTING)
    assert not is_in(acting, Phase.VERIFYING)


def test_who_was_handed_over_is_left_to_a_person() -> None:
    """Nothing is done by itself where a human was called."""
    assert is_left_out(with_incident(Phase.ESCALATED))
    assert is_in_hands(with_incident(Phase.ESCALATED))
    assert not is_left_out(with_incident(Phase.OPEN))


def test_a_hold_holds_until_it_is_released() -> None:
    """Who was stopped is down by a person's hand; who is only held by order is not."""
    assert is_held(replace(WELL, hold=HOLD))
    assert is_held_down(replace(WELL, hold=HOLD))
    assert not is_held_down(replace(WELL, hold=replace(HOLD, incarnation="")))
    assert not is_held(replace(WELL, hold=replace(HOLD, released=True)))
    assert is_in_hands(replace(WELL, hold=HOLD))


def test_a_question_is_in_hands_until_it_has_its_yes() -> None:
    """After the yes it is our turn again."""
    asked = Proposal(id="7", rung=0, made=NOW)
    assert is_in_hands(with_incident(Phase.OPEN, asked))
    assert not is_in_hands(with_incident(Phase.OPEN, replace(asked, approved_by="ada")))


@pytest.mark.parametrize(
    ("seen", "down"),
    [
        (None, False),
        (SEEN, False),
        (replace(SEEN, stopped_by=Hand.ITSELF), True),
        (replace(SEEN, incarnation=GONE), True),
    ],
)
def test_down_is_what_ended_or_is_gone(seen: Observation | None, down: bool) -> None:
    """What was not looked at is not called down."""
    assert is_down(seen) is down
