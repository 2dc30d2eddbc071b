"""A clock that somebody sets is announced, and nothing else follows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.engine.parts import News
from tests.fakes import FakeClock
from watchdog.core.moment import Moment
from watchdog.engine.clockwork import Clockwork


class Story:
    """Keeps the lines that are written."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    async def note(self, kind: str, text: str, *, now: Moment) -> None:
        assert kind == "clock.jumped"
        assert now.boot > 0
        self.lines.append(text)


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        (timedelta(hours=1), "forward by 3600 s"),
        (timedelta(hours=-1), "back by 3600 s"),
        (timedelta(days=3650), "forward by 315360000 s"),
    ],
)
async def test_a_jump_is_one_line_of_the_story(moved: timedelta, said: str) -> None:
    """An hour, back or forth, or ten years: said once, with how far and what it does not touch."""
    clock, news, story = FakeClock(), News(), Story()
    clockwork = Clockwork(clock=clock, note=story.note, publish=news.publish)
    await clockwork.tick()
    clock.advance(15)
    clock.wall += moved
    await clockwork.tick()
    clock.advance(15)
    await clockwork.tick()
    assert news.names() == ["clock.jumped"]
    (line,) = story.lines
    assert said in line


async def test_a_clock_that_runs_well_is_no_news() -> None:
    """Time passes, the machine reboots, and a clock is slewed: nothing is said."""
    clock, news, story = FakeClock(), News(), Story()
    clockwork = Clockwork(clock=clock, note=story.note, publish=news.publish)
    for seconds in (0, 15, 600):
        clock.advance(seconds)
        clock.wall += timedelta(milliseconds=7)
        await clockwork.tick()
    clock.reboot()
    await clockwork.tick()
    assert news.names() == []
    assert story.lines == []
