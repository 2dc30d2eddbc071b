"""What is remembered of all targets."""

from __future__ import annotations

from dataclasses import replace

from tests.core.test_standing import HOLD, OPEN, SEEN, WELL
from watchdog.core.guardrail import Attempt, Ledger
from watchdog.core.incident import Phase
from watchdog.core.observation import Status
from watchdog.core.remembered import case_for, case_of, gravest, remembering

TRIED = Ledger(target="app", attempts=(Attempt(action="restart_container", at=OPEN.opened),))
SICK = replace(WELL, check="web", incident=OPEN)
BOTH = {("containers", "app"): WELL, ("web", "app"): SICK}


def test_of_several_cases_the_one_in_trouble_is_meant() -> None:
    """Who asks for a target hears of its incident, whichever check has it."""
    assert case_of(BOTH, "app") == SICK
    assert case_of({("containers", "app"): WELL}, "app") == WELL
    assert case_of(BOTH, "db") is None


def test_a_new_check_begins_with_what_is_known_of_its_target() -> None:
    """Attempts and a hold belong to the target: a further check of it does not begin with none."""
    held = replace(WELL, ledger=TRIED, hold=HOLD)
    new = case_for({("containers", "app"): held}, "freshness", "app")
    assert (new.check, new.ledger, new.hold, new.incident) == ("freshness", TRIED, HOLD, None)
    assert case_for({}, "freshness", "app").ledger == Ledger(target="app")


def test_a_decision_of_one_check_counts_for_all_of_its_target() -> None:
    """The attempt that one check made counts for the other one; other targets have theirs."""
    other = replace(WELL, target="db", ledger=Ledger(target="db"))
    after = remembering({**BOTH, ("containers", "db"): other}, replace(SICK, ledger=TRIED, hold=HOLD))
    assert after["containers", "app"] == replace(WELL, ledger=TRIED, hold=HOLD)
    assert after["web", "app"].incident == OPEN
    assert after["containers", "db"] == other


def test_an_incident_that_is_over_is_remembered_no_more() -> None:
    """What comes next belongs to another one."""
    over = replace(SICK, incident=replace(OPEN, phase=Phase.RESOLVED))
    assert remembering(BOTH, over)["web", "app"].incident is None


def test_the_gravest_look_counts() -> None:
    """What could not be seen is graver than a warning, and not as grave as what is down."""
    seen = [replace(SEEN, status=status) for status in Status]
    found = gravest(seen)
    assert found is not None
    assert found.status is Status.CRITICAL
    assert gravest(each for each in seen if each.status is not Status.CRITICAL) == replace(
        SEEN, status=Status.UNKNOWN
    )
    assert gravest([]) is None
