import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes import FakeClock
from watchdog.core.certificate import CertificateJudgement, CertificateTrouble
from watchdog.core.notification import Notification, Telling
from watchdog.core.observation import MISCONFIGURED, Fact, Finding, Status
from watchdog.core.web_front import WebJudgement, WebTrouble
from watchdog.wording import describe_notification
from watchdog.wording.english import ENGLISH

ROOT = Path(__file__).parents[2]
WARNING = Status.WARNING


def notification(telling: Telling, incident: str | None = "7", **facts: Fact) -> Notification:
    return Notification(
        telling=telling,
        target="market-feeder",
        at=FakeClock().now(),
        finding=Finding("exited", {"exit_code": 137}),
        incident=incident,
        facts=facts,
    )


def test_a_heal_says_what_was_wrong_what_was_done_and_what_is_proven() -> None:
    """After a heal nothing is left to ask."""
    message = describe_notification(notification(Telling.HEALED, seconds=12.3, attempts=1, stable=10.0))
    assert message.title == "market-feeder is well again, healed after 12 s"
    assert message.lines == (
        "What was wrong: market-feeder has ended (exit code 137, killed by signal KILL).",
        "What was done: watchdog acted on it, attempts in this incident: 1.",
        "What is proven: seen well for 10 s without a break.",
        "Nothing is asked of you. The whole story: watchdog incidents 7",
    )
    assert message.text.startswith(message.title + "\nWhat was wrong")


def test_a_step_on_another_target_names_it() -> None:
    """A page has no image: who is asked for a yes reads whose is built anew."""
    asked = notification(
        Telling.PROPOSED, action="rebuild_service", on="nginx", proposal="7-1", seconds=3600.0
    )
    assert describe_notification(asked).title == (
        "market-feeder needs your yes: nginx: build its image anew and replace its container (proposal 7-1)"
    )


def test_an_escalation_says_why_and_what_a_human_can_do() -> None:
    """Who is woken up reads the reason and the command."""
    message = describe_notification(notification(Telling.ESCALATED, reason="attempts-spent", attempts=5))
    assert message.title == (
        "market-feeder needs a human: it has ended (exit code 137, killed by signal KILL)"
    )
    assert "Why watchdog does no more: all attempts that the rules allow are spent." in message.lines
    assert "Then: watchdog retry market-feeder" in message.lines


def test_a_question_says_both_answers() -> None:
    """Who is asked finds both answers as commands."""
    message = describe_notification(notification(Telling.ASKED, None, act="unclear", by="someone else"))
    assert "If it shall run: watchdog release market-feeder" in message.lines
    assert "If it shall stay down: watchdog hold market-feeder" in message.lines


def test_a_warning_says_when_whom_and_what_to_do() -> None:
    """What is known of it, and that nothing is done."""
    low = Finding("disk_low", {"used": 82, "free": 18_000_000_000})
    known: dict[str, Fact] = {
        "full_at": "2026-11-24 05:00",
        "biggest": "3 GB: volume a",
        "seconds": 65,
        "contact": "the host",
    }
    message = describe_notification(replace(notification(Telling.WARNED, None, **known), finding=low))
    assert message.title == "Warning: market-feeder is getting full: 82 % is used, 18 GB are free"
    assert message.lines == (
        "It has been so for 1 min 5 s.",
        "When nothing will be left, if it goes on like this: 2026-11-24 05:00.",
        "What takes the most room: 3 GB: volume a.",
        "Whom to ask: the host.",
        "What is done: nothing. You are told once more when it is over.",
        (
            "What you can do: remove what is not needed (docker system df -v, du -xhd1 PATH), or have the disk "
            "made larger."
        ),
        "How all stands: watchdog status",
    )


def test_each_warning_of_ours_says_what_to_do() -> None:
    """Of no kind of warning people are told without a word of what they can do."""
    page = (ROOT / "docs/reference/findings.md").read_text("utf-8")
    warnings = set(re.findall(r"^\| `(\w+)` \|[^|]*\| warning \|$", page, re.MULTILINE))
    warnings |= {
        each.value for each in CertificateTrouble if CertificateJudgement(trouble=each).status is WARNING
    }
    warnings |= {each.value for each in WebTrouble if WebJudgement(each).status is WARNING}
    # So is what nothing can be seen of for long.
    blind = {"could_not_look", "no_points", "from_the_future", "clock_was_set"}
    blind |= {
        each.value
        for each in CertificateTrouble
        if CertificateJudgement(trouble=each).status is Status.UNKNOWN
    }
    blind |= {each.value for each in WebTrouble if WebJudgement(each).status is Status.UNKNOWN}
    # A person's own doing, and the grace of a job, are not told as warnings.
    assert (warnings - {"paused", "check_in_late"}) | blind | {MISCONFIGURED} == set(ENGLISH.hints)


def test_an_end_says_what_is_left() -> None:
    """Well again, and still low: both."""
    still = Finding("disk_low", {"used": 85, "free": 1_000_000_000})
    healed = replace(notification(Telling.HEALED, seconds=12.3, attempts=1, stable=10.0), still=still)
    left = "What is left of it, as a warning: it is getting full: 85 % is used, 1 GB are free. You are told when that is over."
    assert left in describe_notification(healed).lines


def test_trouble_that_was_told_before_says_so() -> None:
    """Whoever was warned finds the two together."""
    message = describe_notification(notification(Telling.OPENED, warned=7260))
    assert "What came before: a warning, told 2 h 1 min ago." in message.lines


def test_a_line_without_its_fact_is_left_out() -> None:
    """Half a sentence is never told."""
    message = describe_notification(notification(Telling.HEALED, None))
    assert message.title == "market-feeder is well again, healed after ?"
    assert message.lines == (
        "What was wrong: market-feeder has ended (exit code 137, killed by signal KILL).",
    )


@pytest.mark.parametrize("telling", list(Telling))
def test_every_telling_is_told(telling: Telling) -> None:
    """Whatever is told has a title and no hole in it."""
    facts: dict[str, Fact] = {"reason": "interrupted", "act": "stopped", "by": "ada", "attempt": 2}
    facts |= {
        "proposal": "7-1",
        "problem": "empty",
        "problems": 2,
        "since": "yesterday",
        "check": "containers",
        "cause": "db",
        "turns": 4,
        "sick": 3,
        "watched": 5,
        "names": "a, b, c",
        "well": 3,
        "caught": 3,
        "what": "the whole stack",
        "until": "2026-11-23 18:00",
        "window": "m1",
        "app": "grafana",
        "where": "127.0.0.1:3000",
        "count": 2000,
        "incidents": 600,
    }
    message = describe_notification(
        notification(telling, "7", **facts, action="restart_container", attempts=1, seconds=1.0, stable=1.0)
    )
    assert "?" not in message.title.removesuffix("?")
    assert "{" not in message.text
    assert len(message.lines) >= 2


def test_a_doomed_cause_is_told_with_its_proof_and_its_cure() -> None:
    """Who is called reads what is wrong, the line that shows it, and what to mend."""
    facts: dict[str, Fact] = {
        "doom": "port-taken",
        "advice": "free-port",
        "shown_by": "bind: address\nin use",
    }
    message = describe_notification(
        notification(Telling.ESCALATED, "7", reason="doomed", attempts=2, **facts)
    )
    assert "Why watchdog does no more: starting it again cannot help." in message.lines
    assert "What is known of the cause: its port is taken by something else." in message.lines
    assert "What shows it: bind: address in use" in message.lines
    assert "What would mend it: free the port, or give it another one." in message.lines


def test_what_was_said_is_not_quoted_again() -> None:
    """The engine's error is the title already: neither what hindered nor what shows it repeats it."""
    error = "driver failed programming external connectivity: bind: address already in use"
    told = notification(Telling.ESCALATED, attempts=2, reason="doomed", hindrance=error, shown_by=error)
    start_failed = replace(told, finding=Finding("start_failed", {"error": error}))
    assert describe_notification(start_failed).text.count(error) == 1
    assert describe_notification(told).text.count(error) == 1, "without it in the title it is quoted once"


def test_a_storm_names_what_they_share() -> None:
    """Many at once are one trouble, with what they have in common."""
    facts: dict[str, Fact] = {
        "sick": 3,
        "watched": 5,
        "names": "a, b, c",
        "shared": "image",
        "shared_name": "app:1",
    }
    message = describe_notification(notification(Telling.STORM, "7", **facts))
    assert message.title == "3 of 5 targets are sick at once: a human is needed"
    assert "What they have in common: they all have the image app:1." in message.lines
    message = describe_notification(notification(Telling.STORM, "7", **{**facts, "shared": "moon"}))
    assert "What they have in common: app:1." in message.lines


def test_a_reason_without_words_is_told_as_it_stands() -> None:
    """A new reason is better than none."""
    message = describe_notification(notification(Telling.ESCALATED, reason="moon\x1b[0m-phase", attempts=0))
    assert "Why watchdog does no more: moon-phase." in message.lines
