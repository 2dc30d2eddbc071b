"""Who is not touched, and of whom nothing is told, until when: kept through everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.engine.parts import News, Tasks, until
from tests.fakes import FakeClock
from watchdog.config.records import Recurring
from watchdog.core.errors import JournalError, NotThere, Refused
from watchdog.core.maintenance import Purpose, Window
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification
from watchdog.engine.windows import Windows
from watchdog.gateways.cron import parse_cron
from watchdog.gateways.journal import Journal
from watchdog.gateways.journal_windows import WindowBook

HOUR = 3600.0
MAINTENANCE, SILENCE = Purpose.MAINTENANCE, Purpose.SILENCE


class FailingBook:
    """A real journal some of whose calls fail."""

    def __init__(self, book: WindowBook) -> None:
        self.book = book
        self._errors: list[str] = []

    def fail_next(self, call: str) -> None:
        self._errors.append(call)

    def _answer(self, call: str) -> None:
        if call in self._errors:
            self._errors.remove(call)
            raise JournalError("the disk is full")

    async def begin(self, window: Window, text: str, told: tuple[Notification, ...], now: Moment) -> None:
        self._answer("begin")
        await self.book.begin(window, text, told, now)

    async def keep(self, windows: tuple[Window, ...]) -> None:
        self._answer("keep")
        await self.book.keep(windows)

    async def end(
        self,
        window: Window,
        text: str,
        told: tuple[Notification, ...],
        still: tuple[Window, ...],
        now: Moment,
    ) -> int:
        self._answer("end")
        return await self.book.end(window, text, told, still, now)

    async def unsettled(self) -> tuple[Window, ...]:
        return await self.book.unsettled()

    async def latest(self, limit: int, purpose: Purpose) -> tuple[Window, ...]:
        return await self.book.latest(limit, purpose)

    async def occurrences(self) -> frozenset[str]:
        return await self.book.occurrences()

    async def last_number(self) -> int:
        return await self.book.last_number()


class House:
    """Windows over a real journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.book = FailingBook(journal.windows)
        self.clock = FakeClock()
        self.news = News()
        self.tasks = Tasks()
        self.recurring: dict[str, Recurring] = {}
        self.turned: list[str] = []
        self.told = 0
        self.windows = self.another()

    def another(self) -> Windows:
        """Those of a daemon that knows nothing yet."""
        self.windows = Windows(
            journal=self.book,
            clock=self.clock,
            recurring=lambda: self.recurring,
            turned=lambda window: self.turned.append(window.id),
            told=self._tell,
            publish=self.news.publish,
            every=0.01,
            again=0.01,
        )
        return self.windows

    async def begin(
        self, *targets: str, purpose: Purpose = MAINTENANCE, lasts: float | None = HOUR
    ) -> Window:
        return await self.windows.begin(purpose, targets or None, "ada", lasts, "disks")

    async def tellings(self) -> list[str]:
        """What people are told, in order."""
        return [entry.notification.telling.value for entry in await self.journal.undelivered("test", 99)]

    async def lines(self) -> list[str]:
        """The story."""
        return [entry.text for entry in await self.journal.recent_entries(99)]

    def run(self) -> None:
        self.tasks.spawn("windows", self.windows.run())

    def _tell(self) -> None:
        self.told += 1


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house without any window."""
    journal = await Journal.open(tmp_path / "journal.db")
    await journal.undelivered("test", 1)
    house = House(journal)
    yield house
    await house.tasks.stop()
    await journal.close()


async def test_a_window_is_written_before_it_counts_and_told_once(house: House) -> None:
    """Who begins a maintenance is believed when it is on disk; people get one message of it, and one of its end."""
    window = await house.begin("api")
    assert house.windows.maintenance_of("api") == house.windows.maintenance_of("api#2") == window
    assert house.windows.maintenance_of("db") is house.windows.silenced("api") is None
    assert (await house.journal.windows.unsettled()) == (window,)
    assert await house.tellings() == ["maintenance_begun"]

    ended = await house.windows.end(MAINTENANCE, "bob")
    assert ended.ended == house.clock.now()
    assert house.windows.maintenance_of("api") is None
    assert await house.tellings() == ["maintenance_begun", "maintenance_ended"]
    assert [line.partition(", until")[0] for line in await house.lines()] == [
        "maintenance m1 of api",
        "maintenance m1 of api ended by bob",
    ]
    assert "begun by ada: disks" in (await house.lines())[0]
    assert (house.turned, house.told) == (["m1", "m1"], 2)
    assert house.news.names() == ["maintenance.begun", "maintenance.ended"]


async def test_a_silence_is_told_to_nobody(house: House) -> None:
    """Silence begins and ends in silence; the story knows of it."""
    await house.begin(purpose=SILENCE)
    assert house.windows.silenced("whatever") is not None
    await house.windows.end(SILENCE, "ada")
    assert await house.tellings() == []
    assert len(await house.lines()) == 2


async def test_what_could_not_be_written_is_not_so(house: House) -> None:
    """A disk that takes nothing begins no window and ends none: nobody relies on what would be lost."""
    house.book.fail_next("begin")
    with pytest.raises(JournalError):
        await house.begin()
    assert house.windows.maintenance_of("api") is None

    window = await house.begin()
    house.book.fail_next("end")
    with pytest.raises(JournalError):
        await house.windows.end(MAINTENANCE, "ada")
    assert house.windows.maintenance_of("api") == window


async def test_which_one_is_to_be_ended_has_to_be_clear(house: House) -> None:
    """Without an id it is the only one; of several none is ended by guessing, and a silence is no maintenance."""
    with pytest.raises(NotThere):
        await house.windows.end(MAINTENANCE, "ada")
    await house.begin("api")
    await house.begin("db")
    with pytest.raises(Refused, match="m1, m2"):
        await house.windows.end(MAINTENANCE, "ada")
    with pytest.raises(NotThere):
        await house.windows.end(SILENCE, "ada", "m1")
    assert (await house.windows.end(MAINTENANCE, "ada", "m1")).id == "m1"
    assert (await house.windows.end(MAINTENANCE, "ada")).id == "m2"


@pytest.mark.parametrize("purpose", list(Purpose))
async def test_a_window_ends_by_itself_and_what_was_in_it_is_looked_at(
    house: House, purpose: Purpose
) -> None:
    """Its end is told once, at its time."""
    await house.begin(purpose=purpose, lasts=60.0)
    house.run()
    house.clock.advance(59.9)
    await asyncio.sleep(0.03)
    assert len(house.turned) == 1
    house.clock.advance(0.2)
    await until(lambda: len(house.turned) == 2)
    assert house.windows.open(purpose) == ()
    assert len(await house.tellings()) == (2 if purpose is MAINTENANCE else 0)
    assert (await house.lines())[-1].endswith("of the whole stack over")


async def test_it_is_over_at_its_time_even_while_nothing_can_be_written(house: House) -> None:
    """A full disk keeps no silence going; the end is written when it can be."""
    await house.begin(lasts=60.0)
    for _ in range(3):
        house.book.fail_next("end")
    house.clock.advance(61)
    assert house.windows.maintenance_of("api") is None
    house.run()
    await until(lambda: len(house.turned) == 2)
    assert house.news.reasons("journal.failed") == ["the disk is full"] * 3


async def test_a_pause_survives_a_restart_and_a_reboot_and_never_ends_early(house: House) -> None:
    """A killed daemon, a machine that was off for a day, a clock that was set: what is left is left."""
    await house.begin("api")
    await house.begin("db", lasts=None)
    house.clock.advance(1000.0)
    await house.another().remember()
    window = house.windows.maintenance_of("api")
    assert window is not None
    assert window.left(house.clock.now()) == HOUR - 1000.0

    house.clock.wall += timedelta(days=3650)
    house.clock.reboot()
    await house.another().remember()
    again = house.windows.maintenance_of("api")
    assert again is not None
    left = again.left(house.clock.now())
    assert left is not None
    assert HOUR - 1000.0 - 60.0 <= left <= HOUR - 1000.0
    assert house.windows.maintenance_of("db") is not None

    house.clock.advance(HOUR)
    assert house.windows.maintenance_of("api") is None
    assert house.windows.maintenance_of("db") is not None
    await house.another().remember()
    shown = {
        window.id: window.over(house.clock.now()) for window in await house.windows.latest(9, MAINTENANCE)
    }
    assert shown == {"m1": True, "m2": False}


async def test_what_was_over_stays_over_after_a_reboot(house: House) -> None:
    """What was ended by its time is not open again because the machine counts from nothing."""
    await house.begin(lasts=60.0)
    house.clock.advance(61.0)
    await house.another().remember()
    house.clock.reboot()
    await house.another().remember()
    assert house.windows.open(MAINTENANCE) == ()
    assert all(window.over(house.clock.now()) for window in await house.windows.latest(9, MAINTENANCE))


async def test_what_has_passed_is_kept_now_and_then_and_at_the_end(house: House) -> None:
    """So a machine that loses power adds a minute to a window at most."""
    await house.begin()
    house.run()
    house.clock.advance(100.0)
    await asyncio.sleep(0.03)
    (kept,) = await house.journal.windows.unsettled()
    assert kept.passed == 100.0
    await house.tasks.stop()
    house.clock.advance(10.0)
    await house.windows.stop()
    (kept,) = await house.journal.windows.unsettled()
    assert kept.passed == 110.0


async def test_an_end_that_nobody_wrote_is_made_up_for(house: House) -> None:
    """Over while the daemon was down: people are told at the next start, once."""
    await house.begin(lasts=60.0)
    house.clock.advance(61.0)
    await house.another().remember()
    await house.another().remember()
    assert await house.tellings() == ["maintenance_begun", "maintenance_ended"]


def nightly(house: House, *targets: str, lasts: float = HOUR) -> None:
    """Every night at two, UTC."""
    cron = parse_cron("0 2 * * *", UTC)
    house.recurring["backup"] = Recurring(cron=cron, lasts=lasts, targets=targets or None)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC)


async def test_a_recurring_maintenance_begins_at_its_time_and_ends_at_its_own(house: House) -> None:
    """It is begun by the configuration, told, and over after its length."""
    house.clock.wall = at(1, 59)
    nightly(house, "db")
    house.run()
    await asyncio.sleep(0.03)
    assert house.windows.open(MAINTENANCE) == ()
    house.clock.advance(60.0)
    await until(lambda: house.windows.open(MAINTENANCE))
    (window,) = house.windows.open(MAINTENANCE)
    assert (window.id, window.by, window.reason, window.targets) == (
        *("m1", "the configuration", "backup"),
        frozenset({"db"}),
    )
    house.clock.advance(HOUR)
    await until(lambda: len(house.turned) == 2)
    assert await house.tellings() == ["maintenance_begun", "maintenance_ended"]


@pytest.mark.parametrize(("hour", "minute", "left"), [(2, 30, 1800.0), (3, 0, None), (2, 0, 3600.0)])
async def test_a_daemon_that_comes_late_begins_what_is_left(
    house: House, hour: int, minute: int, left: float | None
) -> None:
    """An occurrence that was missed because the daemon was down begins on start, if it is still running."""
    house.clock.wall = at(hour, minute)
    nightly(house)
    await house.windows.remember()
    now = house.clock.now()
    assert [window.left(now) for window in house.windows.open(MAINTENANCE)] == (
        [] if left is None else [left]
    )


async def test_an_occurrence_happens_once(house: House) -> None:
    """However often the daemon starts, whatever the clock is set to, and also when somebody has ended it."""
    house.clock.wall = at(2, 10)
    nightly(house)
    await house.windows.remember()
    await house.windows.end(MAINTENANCE, "ada")
    for wall in (at(2, 20), at(1, 30), at(2, 5), at(2, 5) + timedelta(days=3650), at(2, 15)):
        house.clock.wall = wall
        await house.another().remember()
    begun = [window.occurrence for window in await house.windows.latest(99, MAINTENANCE)]
    assert begun == ["recurring:backup:2036-11-20T02:00", "recurring:backup:2026-11-23T02:00"]


async def test_a_change_of_the_configuration_is_looked_at_at_once(house: House) -> None:
    """A maintenance that is written into the file while it would be running begins."""
    house.clock.wall = at(2, 10)
    house.windows = house.another()
    await house.windows.remember()
    nightly(house)
    house.run()
    house.windows.look()
    await until(lambda: house.windows.open(MAINTENANCE))


async def test_a_recurring_one_that_cannot_be_written_does_not_count_and_is_tried_again(house: House) -> None:
    """Journaled before it counts; a disk that takes it later is enough."""
    house.clock.wall = at(2, 10)
    nightly(house)
    house.book.fail_next("begin")
    await house.windows.remember()
    assert house.windows.open(MAINTENANCE) == ()
    house.run()
    await until(lambda: house.windows.open(MAINTENANCE))


async def test_what_a_silence_kept_back_while_another_goes_on(house: House) -> None:
    """The end of one silence says which others go on."""
    await house.begin("api", purpose=SILENCE)
    await house.begin(purpose=SILENCE, lasts=None)
    (first, second) = house.windows.open(SILENCE)
    assert house.windows.silenced("api") == second
    assert replace(first, seen=first.begun) == first
    await house.windows.end(SILENCE, "ada", first.id)
    assert house.windows.open(SILENCE) == (second,)
