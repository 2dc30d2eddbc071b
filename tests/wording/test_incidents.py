# ruff: noqa: RUF001 - the French have an apostrophe of their own
"""An incident as one message that is edited as it goes."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.fakes import FakeClock
from watchdog.core.notification import Notification, Telling
from watchdog.core.observation import Fact, Finding
from watchdog.wording import describe_story, words_of
from watchdog.wording.incidents import LONGEST_PHRASE, LONGEST_TIMELINE

CLOCK = FakeClock()


def told(telling: Telling, after: float = 0.0, **facts: Fact) -> Notification:
    CLOCK.advance(after)
    return Notification(
        telling=telling,
        target="market-feeder",
        at=CLOCK.now(),
        finding=Finding("exited", {"exit_code": 137, "signal": "KILL"}),
        incident="7",
        facts=facts,
    )


def a_heal() -> list[Notification]:
    return [
        told(Telling.OPENED),
        told(Telling.ACTING, 0.2, action="restart_container", attempt=1),
        told(Telling.HEALED, 12, seconds=12.3, attempts=1, stable=10.0),
    ]


def untimed(line: str) -> str:
    return re.sub(r"^\d\d:\d\d:\d\d ", "", line)


def test_a_heal_is_told_from_its_first_line_to_its_proof() -> None:
    """Who opens the message reads how it stands, what happened when, and what is proven."""
    tale = describe_story(a_heal())
    assert tale.title == "market-feeder is well again, healed after 12 s"
    assert [untimed(line) for line in tale.timeline] == [
        "has ended (exit code 137, killed by signal KILL)",
        "attempt 1: restart it",
    ]
    assert tale.lines[1:] == (
        "What was done: watchdog acted on it, attempts in this incident: 1.",
        "What is proven: seen well for 10 s without a break.",
        "Nothing is asked of you. The whole story: watchdog incidents 7",
    )
    assert tale.text.splitlines() == [tale.title, *tale.timeline, *tale.lines]


def test_times_are_those_of_the_place() -> None:
    """Times are those of the clock on the wall, with the day when it was another one."""
    opened, acting, _ = a_heal()
    at = opened.at.wall.astimezone()
    assert describe_story([opened, acting]).timeline[0].startswith(f"{at:%H:%M:%S} has ended")
    much_later = told(Telling.REMINDED, 3 * 86400, reason="attempts-spent", seconds=3 * 86400, attempts=5)
    assert describe_story([opened, much_later]).timeline[0].startswith(f"{at:%m-%d %H:%M:%S} has ended")


def test_the_first_message_has_no_past() -> None:
    """A new incident is told without a timeline."""
    tale = describe_story([told(Telling.OPENED)])
    assert tale.timeline == ()
    assert tale.title == "market-feeder has ended (exit code 137, killed by signal KILL)"


def test_a_long_story_keeps_its_beginning_and_its_latest() -> None:
    """However often it was tried, the message stays short and says what it leaves out."""
    tries = [told(Telling.ACTING, 1, action="restart_container", attempt=n) for n in range(1, 30)]
    tale = describe_story([told(Telling.OPENED), *tries, told(Telling.HEALED, 1)])
    assert len(tale.timeline) == LONGEST_TIMELINE
    assert "has ended" in tale.timeline[0]
    assert tale.timeline[1] == "… 21 earlier messages"
    assert "attempt 29" in tale.timeline[-1]


def test_what_was_left_out_before_is_counted() -> None:
    """Messages that were merged away before they could be sent are not forgotten silently."""
    tale = describe_story(a_heal(), left_out=1)
    assert tale.timeline[0] == "… one earlier message"
    assert len(tale.timeline) == 3
    many = [told(Telling.ACTING, 1, action="restart_container", attempt=n) for n in range(30)]
    tale = describe_story(many, left_out=5)
    assert len(tale.timeline) == LONGEST_TIMELINE
    assert tale.timeline[0] == "… 25 earlier messages"


def test_a_flood_in_a_fact_does_not_flood_the_timeline() -> None:
    """What an engine said at length is cut in the timeline, and harmless there."""
    flood = replace(told(Telling.OPENED), finding=Finding("start_failed", {"error": "x\n\x1b[2J" * 50_000}))
    tale = describe_story([flood, told(Telling.HEALED)])
    assert len(tale.timeline[0]) <= LONGEST_PHRASE + len("HH:MM:SS ")
    assert "\x1b" not in tale.text


def test_those_that_wait_are_told_in_the_message_of_their_cause() -> None:
    """The title stays about the cause; who waits for it, and is well again after it, gets a line."""
    opened, acting, healed = a_heal()
    waits = replace(told(Telling.AFFECTED, cause="market-feeder"), target="api")
    follows = replace(told(Telling.FOLLOWED, cause="market-feeder"), target="api")
    assert describe_story([opened, acting, waits]).title == "market-feeder: attempt 1, restart it"
    tale = describe_story([opened, acting, waits, healed, follows])
    assert tale.title == "market-feeder is well again, healed after 12 s"
    assert [untimed(line) for line in tale.timeline[2:]] == [
        "api waits for it, too",
        "api is well again, too",
    ]
    assert describe_story([waits]).title.startswith("api has ended")


def test_what_is_taken_back_is_told_as_such() -> None:
    """An undo is no new attempt at the same thing."""
    undo = told(Telling.ACTING, action="rebuild_service", attempt=3, undo=True, again=False)
    again = told(Telling.ACTING, action="restart_container", attempt=1, undo=False, again=True)
    tale = describe_story([again, undo])
    assert "take back what did not help (build its image anew and replace its container)" in tale.title
    assert tale.timeline[0].endswith("attempt 1: restart it, once more after an interruption")


def test_the_whole_story_in_french() -> None:
    """Title, timeline and lines are in one language."""
    tale = describe_story(a_heal(), words_of("fr"))
    assert tale.title == "market-feeder va de nouveau bien, réparé en 12\u00a0s"
    assert [untimed(line) for line in tale.timeline] == [
        "s’est arrêté (code de sortie 137, tué par le signal KILL)",
        "tentative 1\u00a0: le redémarrer",
    ]
    assert tale.lines[-1] == "Vous n’avez rien à faire. Toute l’histoire\u00a0: watchdog incidents 7"


def test_of_a_bypass_only_the_latest_is_shown_beside_the_incident() -> None:
    """The countdown is one line, however often it was told, and what the incident is about stays on top."""
    facts: dict[str, Fact] = {"app": "grafana", "where": "127.0.0.1:3000", "until": "14:30 UTC"}
    tale = describe_story(
        [
            told(Telling.OPENED),
            told(Telling.BYPASS_OPEN, 60, **facts, seconds=1800.0),
            told(Telling.ESCALATED, 1, reason="ladder-exhausted", attempts=3),
            told(Telling.BYPASS_LEFT, 300, **facts, seconds=1500.0),
            told(Telling.BYPASS_LEFT, 300, **facts, seconds=1200.0),
        ]
    )
    assert tale.title.startswith("market-feeder needs a human")
    assert [untimed(line) for line in tale.timeline] == [
        "has ended (exit code 137, killed by signal KILL)",
        "emergency bypass: grafana at 127.0.0.1:3000, 20 min 0 s left",
    ]
