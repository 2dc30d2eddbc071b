"""People are reminded of what was escalated: not too often, not at night, and never of what is over."""

from __future__ import annotations

from dataclasses import replace

from tests.core.tale import Tale, remedy
from watchdog.core.decision import Policy
from watchdog.core.incident import Phase
from watchdog.core.notification import Severity, Telling
from watchdog.core.observation import Status
from watchdog.core.surroundings import Surroundings

OPENED, ESCALATED, REMINDED = Telling.OPENED, Telling.ESCALATED, Telling.REMINDED
HOUR = 3600.0


def an_escalated_tale(severity: Severity = Severity.HIGH, repeat: float = 4 * HOUR) -> Tale:
    tale = Tale(Policy(playbook=remedy(), severity=severity, repeat=repeat))
    tale.given_up()
    assert tale.told == [OPENED, ESCALATED]
    return tale


def test_a_human_is_reminded_once_it_is_due_and_then_again() -> None:
    """Four hours after the call people are called again, and told how long it lasts; then after four more."""
    tale = an_escalated_tale()
    assert tale.looks == [4 * HOUR]
    tale.passes(HOUR)
    tale.crashed()
    assert tale.told == [OPENED, ESCALATED]
    assert tale.looks == [3 * HOUR]

    tale.passes(3 * HOUR)
    tale.crashed()
    assert tale.told == [OPENED, ESCALATED, REMINDED]
    facts = tale.tells[-1].notification.facts
    assert facts["attempts"] == 5
    assert facts["reason"] == "attempts-spent"
    assert float(str(facts["seconds"])) >= 4 * HOUR

    tale.passes(4 * HOUR)
    tale.crashed()
    assert tale.told[-2:] == [REMINDED, REMINDED]


def test_a_look_that_says_when_it_will_be_otherwise_is_not_put_off_until_the_reminder() -> None:
    """A container that was mended after a crash loop is found to be well soon, and not hours later."""
    tale = an_escalated_tale()
    tale.see(Status.CRITICAL, "crash_loop", look_again=15.0)
    assert tale.looks == [15.0]
    tale.passes(4 * HOUR)
    tale.see(Status.CRITICAL, "crash_loop", look_again=15.0)
    assert (tale.told[-1], tale.looks) == (REMINDED, [15.0])


def test_at_night_only_what_is_critical_is_repeated() -> None:
    """A reminder that is due in quiet hours comes within minutes of their end."""
    tale = an_escalated_tale()
    tale.policy = replace(tale.policy, quiet=True)
    tale.passes(5 * HOUR)
    tale.crashed()
    assert tale.told == [OPENED, ESCALATED]
    assert tale.looks == [300.0]
    tale.policy = replace(tale.policy, quiet=False)
    tale.passes(300)
    tale.crashed()
    assert tale.told[-1] is REMINDED

    critical = an_escalated_tale(Severity.CRITICAL, repeat=1800)
    critical.policy = replace(critical.policy, quiet=True)
    critical.passes(1800)
    critical.crashed()
    assert critical.told[-1] is REMINDED


def test_what_is_well_again_or_cannot_be_seen_is_not_repeated() -> None:
    """A reminder needs a look that shows the trouble."""
    tale = an_escalated_tale()
    tale.passes(5 * HOUR)
    tale.unseen()
    assert tale.told == [OPENED, ESCALATED]
    tale.started_anew()
    tale.stays_well(10)
    assert tale.told == [OPENED, ESCALATED, Telling.RECOVERED]
    assert tale.stands(Phase.RESOLVED)


def test_reminders_go_on_after_a_restart_of_the_daemon() -> None:
    """A daemon that returns neither repeats at once nor begins to count anew."""
    tale = an_escalated_tale()
    tale.passes(3 * HOUR)
    tale.daemon_returns()
    tale.crashed()
    assert tale.told == [OPENED, ESCALATED]
    assert tale.looks == [HOUR]


def test_each_step_that_begins_is_told_with_its_number() -> None:
    """People see what is being done and for which time, also the first one."""
    tale = an_escalated_tale()
    begun = [tell.notification for tell in tale.tells if tell.notification.telling is Telling.ACTING]
    assert [told.facts["attempt"] for told in begun] == [1, 2, 3, 4, 5]
    assert [told.facts["action"] for told in begun] == ["restart_container"] * 3 + ["recreate_service"] * 2


def test_nobody_is_reminded_of_what_is_under_maintenance() -> None:
    """Somebody works on it: they know. When they are done and it is still sick, the reminder comes."""
    tale = an_escalated_tale()
    tale.surrounded_by(Surroundings(maintenance=True))
    tale.passes(5 * HOUR)
    tale.crashed()
    assert tale.told == [OPENED, ESCALATED]
    tale.alone()
    tale.crashed()
    assert tale.told == [OPENED, ESCALATED, REMINDED]
