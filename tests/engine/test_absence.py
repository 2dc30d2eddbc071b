"""People hear that the engine is away, once, and that it is back."""

from __future__ import annotations

import pytest

from tests.fakes import FakeClock
from watchdog.core.errors import JournalError
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.engine.absence import BACK_FOR, GONE_FOR, Absence

WHY = "no Docker engine listens on /var/run/docker.sock"


class Engine:
    """An engine that a test takes away."""

    def __init__(self) -> None:
        self.connected = True
        self.lost_because = ""
        self.lost_since: Moment | None = None


class Book:
    """A journal that keeps what is told in memory, and may fail once."""

    def __init__(self) -> None:
        self.kept: list[Notification] = []
        self.asked = 0
        self._fail = False

    def fail_next(self) -> None:
        self._fail = True

    async def tell(self, notification: Notification) -> None:
        if self._fail:
            self._fail = False
            raise JournalError("no space left on device")
        self.kept.append(notification)

    async def last_told(self, *tellings: Telling) -> Notification | None:
        self.asked += 1
        return next((each for each in reversed(self.kept) if each.telling in tellings), None)


class Room:
    """A daemon's look at its engine, every five seconds."""

    def __init__(self) -> None:
        self.clock, self.engine, self.book = FakeClock(), Engine(), Book()
        self.restart()

    def restart(self) -> None:
        self.absence = Absence(engine=self.engine, journal=self.book, clock=self.clock)

    def leaves(self) -> None:
        self.engine.connected, self.engine.lost_because = False, WHY
        self.engine.lost_since = self.clock.now()

    def returns(self) -> None:
        self.engine.connected, self.engine.lost_because, self.engine.lost_since = True, "", None

    async def passes(self, seconds: float) -> None:
        for _ in range(round(seconds / 5)):
            await self.absence.look()
            self.clock.advance(5)
        await self.absence.look()

    def told(self) -> list[Telling]:
        return [each.telling for each in self.book.kept]


@pytest.fixture
def room() -> Room:
    return Room()


async def test_an_engine_that_is_updated_is_no_news(room: Room) -> None:
    """It is back within seconds; nobody is woken for that."""
    await room.passes(10)
    room.leaves()
    await room.passes(GONE_FOR - 5)
    room.returns()
    await room.passes(BACK_FOR * 2)
    assert room.told() == []


async def test_an_engine_that_stays_away_is_told_once_and_its_return_too(room: Room) -> None:
    """With the reason, and how long it was away in the end."""
    room.leaves()
    await room.passes(600)
    assert room.told() == [Telling.ENGINE_LOST]
    (lost,) = room.book.kept
    assert (lost.severity, lost.finding.facts["reason"]) == (Severity.CRITICAL, WHY)
    assert lost.finding.facts["seconds"] == GONE_FOR
    room.returns()
    await room.passes(BACK_FOR - 5)
    assert room.told() == [Telling.ENGINE_LOST]
    await room.passes(5)
    assert room.told() == [Telling.ENGINE_LOST, Telling.ENGINE_FOUND]
    assert room.book.kept[1].facts["seconds"] == 600
    await room.passes(600)
    assert len(room.told()) == 2


async def test_one_that_comes_and_goes_is_one_absence(room: Room) -> None:
    """It is back only when it stayed for a minute."""
    room.leaves()
    await room.passes(GONE_FOR)
    for _ in range(10):
        room.returns()
        await room.passes(BACK_FOR - 5)
        room.leaves()
        await room.passes(GONE_FOR + 10)
    assert room.told() == [Telling.ENGINE_LOST]


async def test_a_restart_of_watchdog_tells_nothing_twice(room: Room) -> None:
    """Neither that it is away, nor that it is back; and that it is back is told by the next daemon."""
    room.leaves()
    await room.passes(GONE_FOR)
    room.restart()
    await room.passes(GONE_FOR * 3)
    assert room.told() == [Telling.ENGINE_LOST]
    room.restart()
    room.returns()
    await room.passes(BACK_FOR)
    room.restart()
    await room.passes(BACK_FOR * 2)
    assert room.told() == [Telling.ENGINE_LOST, Telling.ENGINE_FOUND]


async def test_what_could_not_be_written_down_is_told_at_the_next_look(room: Room) -> None:
    """A journal that takes nothing for a moment swallows no news."""
    room.leaves()
    await room.passes(GONE_FOR - 5)
    room.clock.advance(5)
    room.book.fail_next()
    with pytest.raises(JournalError):
        await room.absence.look()
    assert await room.absence.look()
    assert room.told() == [Telling.ENGINE_LOST]


async def test_while_all_is_well_the_journal_is_asked_once(room: Room) -> None:
    """A look every five seconds costs nothing."""
    await room.passes(3600)
    assert room.book.asked == 1
