import pytest

from tests.fakes import FakeClock
from watchdog.core.notification import Notification, Telling
from watchdog.core.observation import Fact, Finding
from watchdog.wording import describe_notification


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
    }
    message = describe_notification(
        notification(telling, "7", **facts, action="restart_container", attempts=1, seconds=1.0, stable=1.0)
    )
    assert "?" not in message.title.removesuffix("?")
    assert "{" not in message.text
    assert len(message.lines) >= 2


def test_a_reason_without_words_is_told_as_it_stands() -> None:
    """A new reason is better than none."""
    message = describe_notification(notification(Telling.ESCALATED, reason="moon\x1b[0m-phase", attempts=0))
    assert "Why watchdog does no more: moon-phase." in message.lines
