"""How far watchdog trusts its memory: gentle while it cannot, and people are told once."""

from __future__ import annotations

import asyncio

import pytest

from tests.engine.parts import News, Tasks
from tests.fakes import FakeClock
from watchdog.core.durability import Durability, Opening, Store
from watchdog.core.notification import Notification, Telling
from watchdog.engine.safekeeping import Safekeeping


class Room:
    """A safekeeping over a journal whose state a test sets."""

    def __init__(self, opening: Opening | None = None) -> None:
        self.clock = FakeClock()
        self.durability = Durability()
        self.told: list[Notification] = []
        self.ended = 0
        self.tasks = Tasks()
        self.safekeeping = Safekeeping(
            opening=opening or Opening(),
            durability=lambda: self.durability,
            clock=self.clock,
            tell=self._tell,
            told=lambda: None,
            spawn=self.tasks.spawn,
            publish=News().publish,
            end=self._end,
        )

    async def goes_to(self, store: Store, reason: str = "") -> None:
        self.durability = Durability(store=store, reason=reason)
        self.safekeeping.changed(self.durability)
        await self.tasks.done()

    def tellings(self) -> list[Telling]:
        return [each.telling for each in self.told]

    async def _tell(self, notification: Notification) -> None:
        await asyncio.sleep(0)
        self.told.append(notification)

    def _end(self) -> None:
        self.ended += 1


async def test_a_full_disk_is_told_once_and_its_end_too() -> None:
    """From the reserve to memory and back is one trouble; while it is in memory only gentle steps are made."""
    room = Room()
    await room.safekeeping.begin()
    assert room.tellings() == []
    await room.goes_to(Store.RESERVE, "no space left")
    assert room.safekeeping.gentle() == ""
    await room.goes_to(Store.MEMORY, "no space left")
    assert (room.safekeeping.gentle(), room.safekeeping.in_memory()) == ("journal-in-memory", True)
    await room.goes_to(Store.DISK)
    assert room.tellings() == [Telling.JOURNAL_FULL, Telling.JOURNAL_WELL]
    assert (room.safekeeping.gentle(), room.safekeeping.in_memory()) == ("", False)


async def test_a_disk_that_is_full_at_start_is_told() -> None:
    """Nobody waits for it to become fuller."""
    room = Room()
    room.durability = Durability(store=Store.MEMORY, reason="no space left")
    await room.safekeeping.begin()
    assert room.tellings() == [Telling.JOURNAL_FULL]


@pytest.mark.parametrize(
    ("opening", "telling"),
    [
        (Opening(damage="it holds no journal", set_aside="journal.db.damaged-1"), Telling.JOURNAL_DAMAGED),
        (Opening(lost_since="2026-11-23 09:00"), Telling.JOURNAL_GAP),
    ],
)
async def test_after_a_loss_nothing_is_taken_away_for_a_minute(opening: Opening, telling: Telling) -> None:
    """What was forgotten may have been an order: the world is looked at first, and people are told."""
    room = Room(opening)
    assert room.safekeeping.gentle() == ""  # not begun: nothing is decided yet
    await room.safekeeping.begin()
    assert room.tellings() == [telling]
    assert room.safekeeping.gentle() == "just-begun"
    assert not room.safekeeping.in_memory()
    room.clock.advance(60)
    assert room.safekeeping.gentle() == ""


async def test_damage_in_use_ends_the_daemon() -> None:
    """Only the next start can set a damaged journal aside."""
    room = Room()
    await room.safekeeping.begin()
    await room.goes_to(Store.BROKEN, "a page is torn")
    assert room.ended == 1
    assert room.tellings() == []
