import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.gateways.journal_samples import a_case, a_hold, a_notification, an_incident, at
from tests.gateways.small_disk import SmallDisk, small_disk
from watchdog.core.durability import Durability, Store
from watchdog.core.errors import DamagedJournal, JournalError
from watchdog.core.run import Outcome, Result
from watchdog.gateways.journal import Journal

SOON = 0.02


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path, "tmpfs") as made:
        yield made


@pytest.fixture
async def journal(disk: SmallDisk) -> AsyncIterator[Journal]:
    journal = await Journal.open(disk.folder / "journal.db", try_every=SOON)
    yield journal
    await journal.close()


async def until(journal: Journal, store: Store) -> None:
    async with asyncio.timeout(5):
        while journal.durability.store is not store:  # noqa: ASYNC110 - a test polls, with a deadline
            await asyncio.sleep(0.005)


async def fill_up(journal: Journal, disk: SmallDisk, store: Store) -> None:
    """Write, while somebody else takes all the space, until writes go there."""
    number = 0
    while journal.durability.store is not store:
        disk.fill()
        number += 1
        await journal.note("n", str(number).ljust(3000), now=at(number))
        assert number < 5000


async def test_everything_goes_on_from_memory_and_is_written_by_itself(
    journal: Journal, disk: SmallDisk
) -> None:
    """An incident from end to end while the disk takes nothing; with space again all of it is on the disk."""
    told: list[Durability] = []
    journal.follow(told.append)
    await fill_up(journal, disk, Store.MEMORY)
    incident = an_incident()

    await journal.save(a_case(incident, hold=a_hold()), (a_notification(incident),), "opened", at(1))
    step = await journal.begin_step(
        incident="1",
        playbook="p",
        target="api",
        action="restart_container",
        rung=0,
        attempt=1,
        container_id="c",
        text="t",
        now=at(2),
    )
    assert [open_.id for open_ in await journal.open_steps()] == [step]
    await journal.end_step(step, Outcome(result=Result.DONE), at(3))
    (news,) = await journal.undelivered("log")
    await journal.delivered((news.id,), "log", "", at(4))
    assert await journal.undelivered("log") == ()
    assert (a_case(incident, hold=a_hold()),) == await journal.load_cases()
    story = await journal.story("1")
    disk.free()
    await until(journal, Store.DISK)

    assert story == await journal.story("1")
    with closing(sqlite3.connect(disk.folder / "journal.db")) as shell:
        assert shell.execute("SELECT count(*) FROM holds").fetchone() == (1,)
        assert shell.execute("SELECT state FROM deliveries").fetchall() == [("delivered",)]
    assert [each.store for each in told] == [Store.RESERVE, Store.MEMORY, Store.DISK]
    assert told[-1] == Durability()


async def test_who_hears_of_it_hears_before_the_caller_goes_on(journal: Journal, disk: SmallDisk) -> None:
    """Whoever saved a decision knows where it went before it is acted upon."""
    heard: list[Store] = []
    journal.follow(lambda durability: heard.append(durability.store))

    while not heard:
        disk.fill()
        await journal.note("n", "x" * 3000, now=at(1))
        assert bool(heard) == (journal.durability.store is not Store.DISK)


async def test_the_sign_of_life_is_of_the_disk(journal: Journal, disk: SmallDisk) -> None:
    """Outside it is seen that the journal is in memory only; and no more as soon as there is space."""
    await journal.beat(at(1))
    await fill_up(journal, disk, Store.RESERVE)
    await journal.beat(at(2))
    await fill_up(journal, disk, Store.MEMORY)
    with pytest.raises(JournalError, match="in memory only"):
        await journal.beat(at(3))

    disk.free()

    await journal.beat(at(4))


async def test_a_stop_writes_what_can_be_written(disk: SmallDisk) -> None:
    """Space that came back a moment before the end is used."""
    path = disk.folder / "journal.db"
    journal = await Journal.open(path)
    await fill_up(journal, disk, Store.MEMORY)
    await journal.note("n", "the last word", now=at(9))
    disk.free()
    await journal.close()

    journal = await Journal.open(path)
    assert (await journal.recent_entries(1))[0].text == "the last word"
    assert not journal.opening.forgetful
    await journal.close()


async def test_a_stop_on_a_full_disk_is_remembered(disk: SmallDisk) -> None:
    """What could not be written is gone with the daemon, and the next one knows that something is."""
    path = disk.folder / "journal.db"
    journal = await Journal.open(path)
    await fill_up(journal, disk, Store.MEMORY)
    await journal.note("n", "the last word", now=at(9))
    await journal.close()

    journal = await Journal.open(path)
    assert (await journal.recent_entries(1))[0].text != "the last word"
    assert journal.opening.forgetful
    await journal.close()


async def test_nothing_is_forgotten_while_space_is_dear(journal: Journal, disk: SmallDisk) -> None:
    """Forgetting writes too: it waits for better days."""
    await fill_up(journal, disk, Store.RESERVE)

    assert await journal.forget(1.0, (), at(10**7)) == 0
    assert await journal.forget(1.0, (), at(10**8)) == 0


async def write_beside_another(journal: Journal, path: Path) -> None:
    """Another program's writes make ours read its pages again."""
    for number in range(50):
        await journal.note("n", str(number).ljust(2000), now=at(number))
        with closing(sqlite3.connect(path)) as other:
            other.execute("INSERT INTO cases VALUES (?, '')", [str(number)])
            other.commit()


async def test_damage_found_in_use_is_heard_of(journal: Journal, disk: SmallDisk) -> None:
    """A page that goes bad under a running daemon: it is told, nothing is written any more, the next start is ordinary."""
    heard: list[Store] = []
    journal.follow(lambda durability: heard.append(durability.store))
    path = disk.folder / "journal.db"
    for number in range(50):
        await journal.note("n", str(number).ljust(2000), now=at(number))
    with closing(sqlite3.connect(path)) as shell:
        shell.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = shell.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'entries'").fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 4096)

    with pytest.raises(DamagedJournal):
        await write_beside_another(journal, path)

    assert heard == [Store.BROKEN]
    with pytest.raises(DamagedJournal):
        await journal.note("n", "more", now=at(1))
    await journal.close()
    journal = await Journal.open(path)
    assert journal.opening.set_aside
    await journal.note("n", "goes on", now=at(1))
    await journal.close()
