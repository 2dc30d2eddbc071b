"""What the journal keeps of the watched disks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes import FakeClock
from watchdog.core.disk import Room
from watchdog.core.disk_history import sample_of
from watchdog.core.errors import DamagedJournal
from watchdog.gateways.journal import Journal


async def test_what_was_seen_of_a_disk_survives_the_daemon(tmp_path: Path) -> None:
    """Each look as it was, oldest first; what is replaced or gone is there no more."""
    clock, path = FakeClock(), tmp_path / "journal.db"
    room = Room(used=2**60, free=2**60, inodes_free=2**40, filesystem=2**64 - 1)
    first = sample_of("data", room, 5, clock.now())
    second = sample_of("data", room, 0, clock.advance(60))
    third = sample_of("other", room, 0, clock.advance(60))

    journal = await Journal.open(path)
    await journal.disk_history.keep((third, first, second), ())
    await journal.disk_history.keep((replace(second, free=7),), (first,))
    await journal.close()

    journal = await Journal.open(path)
    try:
        assert await journal.disk_history.samples() == (replace(second, free=7), third)
    finally:
        await journal.close()


async def test_a_look_that_cannot_be_understood_is_damage(tmp_path: Path) -> None:
    """It is named as such, and never guessed at."""
    path = tmp_path / "journal.db"
    journal = await Journal.open(path)
    await journal.disk_history.keep((sample_of("data", Room(used=1, free=1), 0, FakeClock().now()),), ())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("UPDATE disk_samples SET at = json_object('wall', 'never')")
    try:
        with pytest.raises(DamagedJournal, match="cannot be understood"):
            await journal.disk_history.samples()
    finally:
        await journal.close()
