"""The whole daemon in process on a disk that is full, and on a journal that is damaged: it heals all the same."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.engine.world import make_engine, running
from tests.gateways.small_disk import small_disk
from watchdog.core.durability import Store


async def test_a_container_is_healed_while_the_disk_is_full(tmp_path: Path) -> None:
    """With not a byte free it is started, verified and told; with space again all of it is in the journal."""
    engine = make_engine()
    engine.add("app")
    with small_disk(tmp_path, "tmpfs") as disk:
        async with running(engine, disk.folder) as world:
            journal = world.app.journal
            await world.looked("app")
            (disk.folder / "journal.db.ballast").unlink()
            disk.fill()
            while journal.durability.store is Store.DISK:
                await journal.note("n", "x" * 3000, now=world.app.clock.now())

            engine.crash("app", 1)

            incident = await world.newest("resolved")
            assert incident.ending == "healed"
            assert engine.acts == [("start", "app")]
            assert await world.tellings() == ["journal_full", "opened", "healed"]
            assert journal.durability.store is Store.MEMORY
            disk.free()
        async with running(engine, disk.folder) as world:
            assert [found.id for found in await world.incidents()] == ["1"]
            assert (await world.app.journal.story("1")).steps
            assert not world.app.journal.opening.forgetful


async def test_a_daemon_that_starts_on_a_full_disk_heals(tmp_path: Path) -> None:
    """Its very first start, and not a byte free: it heals from memory, and makes its journal when there is space."""
    engine = make_engine()
    engine.add("app")
    with small_disk(tmp_path, "tmpfs") as disk:
        disk.fill()
        async with running(engine, disk.folder) as world:
            await world.looked("app")
            engine.crash("app", 1)

            assert (await world.newest("resolved")).ending == "healed"
            assert engine.acts == [("start", "app")]
            assert world.app.journal.durability.store is Store.MEMORY
            disk.free()
        async with running(engine, disk.folder) as world:
            assert [found.id for found in await world.incidents()] == ["1"]


async def test_what_a_person_stopped_stays_stopped_over_a_damaged_journal(tmp_path: Path) -> None:
    """The journal is torn while the daemon is away: it starts, remembers the hold, and starts nothing."""
    engine = make_engine()
    engine.add("app")
    async with running(engine, tmp_path) as world:
        await world.looked("app")
        engine.person_stops("app")
        await world.until(lambda: (case := world.app.responder.case("app")) and case.hold and case.hold.told)
    with closing(sqlite3.connect(tmp_path / "journal.db")) as shell:
        (page,) = shell.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'entries'").fetchone()
    with (tmp_path / "journal.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)

    async with running(engine, tmp_path) as world:
        await world.looked("app")
        await world.app.listener.sweep()

        assert world.app.journal.opening.set_aside
        case = world.app.responder.case("app")
        assert case is not None
        assert case.hold is not None
        assert engine.acts == []
