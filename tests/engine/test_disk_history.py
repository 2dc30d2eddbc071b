"""The history of the disks in memory, and what of it is written when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.fakes import FakeClock
from watchdog.core.disk import Room
from watchdog.core.disk_history import DiskSample, sample_of
from watchdog.core.durability import Durability, Store
from watchdog.core.errors import JournalError
from watchdog.core.forecast import WINDOWS
from watchdog.engine.disk_history import KEEP_EVERY, DiskHistory

ROOM = Room(used=60, free=40)


class FakeRows:
    """A journal in memory; `writes` counts its transactions."""

    def __init__(self) -> None:
        self.held: set[DiskSample] = set()
        self.writes = 0
        self.errors: list[JournalError] = []

    def fail_next(self, error: JournalError) -> None:
        self.errors.append(error)

    async def samples(self) -> tuple[DiskSample, ...]:
        self._may_fail()
        return tuple(sorted(self.held, key=lambda each: each.at.boot))

    async def keep(self, new: Sequence[DiskSample], gone: Sequence[DiskSample]) -> None:
        self._may_fail()
        self.writes += 1
        self.held = (self.held | set(new)) - set(gone)

    def _may_fail(self) -> None:
        if self.errors:
            raise self.errors.pop(0)


class House:
    """A journal, and daemons that come and go."""

    def __init__(self) -> None:
        self.rows, self.clock = FakeRows(), FakeClock()
        self.durability = Durability()
        self.targets = ["data"]

    async def daemon(self) -> DiskHistory:
        history = DiskHistory(
            self.rows, self.clock, durability=lambda: self.durability, targets=lambda: self.targets
        )
        await history.load()
        return history

    def look(self, history: DiskHistory, target: str = "data") -> tuple[DiskSample, ...]:
        return history.remember(sample_of(target, ROOM, 0, self.clock.now()), WINDOWS)

    async def watch(self, history: DiskHistory, minutes: int) -> None:
        """Two looks a minute, and the job that keeps them every few seconds."""
        for n in range(minutes * 12):
            if n % 6 == 0:
                self.look(history)
            await history.keep()
            self.clock.advance(5)


async def test_a_killed_daemon_loses_a_minute_at_most() -> None:
    """The next one goes on with what was written."""
    house = House()
    await house.watch(await house.daemon(), 50)
    found = house.look(await house.daemon())
    assert house.clock.now().seconds_since(found[0].at) >= 49 * 60
    assert found[-1].at.seconds_since(found[-2].at) <= KEEP_EVERY + 30


async def test_it_writes_once_a_minute_and_keeps_a_few_hundred_rows() -> None:
    """Whatever is looked at how often, and for however long."""
    house = House()
    history = await house.daemon()
    house.targets = ["data", "other"]
    await house.watch(history, 60)
    assert house.rows.writes <= 61
    for _ in range(2000):
        house.clock.advance(60)
        house.look(history)
        house.look(history, "other")
        await history.keep()
    assert len(house.rows.held) < 400


async def test_an_end_writes_what_is_left() -> None:
    """A daemon that is stopped loses nothing."""
    house = House()
    history = await house.daemon()
    house.look(history)
    await history.keep()
    house.clock.advance(7)
    house.look(history)
    await history.keep(at_once=True)
    assert len(house.rows.held) == 2


async def test_nothing_is_written_while_the_disk_of_the_journal_is_full() -> None:
    """What little can be kept then is for decisions; it is made up for after that."""
    house = House()
    history = await house.daemon()
    house.look(history)
    house.durability = Durability(store=Store.RESERVE)
    await history.keep(at_once=True)
    assert house.rows.writes == 0
    house.durability = Durability()
    await history.keep()
    assert len(house.rows.held) == 1


async def test_a_write_that_failed_is_made_up_for() -> None:
    """With the next one."""
    house = House()
    history = await house.daemon()
    house.look(history)
    house.rows.fail_next(JournalError("full"))
    await history.keep(at_once=True)
    assert not house.rows.held
    await history.keep(at_once=True)
    assert len(house.rows.held) == 1


async def test_what_is_of_no_use_any_more_goes() -> None:
    """Of a disk that is not watched any more, of another boot, or from a time that has not been."""
    house = House()
    now = house.clock.now()
    for target, at in (
        ("gone", now),
        ("data", replace(now, boot_id="before")),
        ("data", replace(now, boot=now.boot + 1000)),
        ("data", replace(now, boot=now.boot - 10)),
    ):
        house.rows.held.add(sample_of(target, ROOM, 0, at))
    history = await house.daemon()
    await history.keep(at_once=True)
    assert {(each.target, each.at.boot) for each in house.rows.held} == {("data", now.boot - 10)}


async def test_a_history_that_cannot_be_read_begins_anew() -> None:
    """A forecast is no reason not to start."""
    house = House()
    house.rows.fail_next(JournalError("damaged"))
    assert len(house.look(await house.daemon())) == 1
