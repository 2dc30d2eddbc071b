import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes import FakeClock
from tests.gateways.small_disk import MIB, SmallDisk, small_disk
from watchdog.core.durability import Store
from watchdog.core.errors import DamagedJournal, JournalError
from watchdog.gateways.journal_backlog import Backlog
from watchdog.gateways.journal_disk import JournalDisk
from watchdog.gateways.journal_file import JournalFile
from watchdog.gateways.journal_opening import open_database

CLOCK = FakeClock()
# Keeps things in memory, says so, and waits to be killed.
IN_MEMORY = r"""
import sys, time
from pathlib import Path
from watchdog.gateways.journal_file import JournalFile
file = JournalFile(Path(sys.argv[1]))
while file.durability.store.value != "memory":
    with file.transaction():
        file.do("INSERT INTO entries (at, kind, text) VALUES ('{\"wall\": \"\"}', 'n', ?)", "x" * 3000)
print("in memory", flush=True)
time.sleep(60)
"""


@pytest.fixture(params=["tmpfs", "ext4"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of four MiB, of two kinds that fill up in different ways."""
    with small_disk(tmp_path, request.param) as made:
        yield made


def store(file: JournalFile) -> Store:
    """Where writes go now."""
    return file.durability.store


def note(file: JournalFile, text: str, size: int = 10) -> None:
    with file.transaction():
        file.do("INSERT INTO entries (at, kind, text) VALUES ('{\"wall\": \"\"}', 'n', ?)", text.ljust(size))


def insert_twice(file: JournalFile) -> None:
    with file.transaction():
        file.do("INSERT INTO cases VALUES ('a', 'b')")
        file.do("INSERT INTO cases VALUES ('a', 'b')")


def texts(file: JournalFile) -> list[str]:
    with file.reading():
        return [row[0].rstrip() for row in file.rows("SELECT text FROM entries ORDER BY id")]


def test_a_full_disk_is_bridged_and_everything_is_written_in_the_end(disk: SmallDisk) -> None:
    """First the reserve is used up, then memory; reading goes on; with space again all is on the disk, in order."""
    path = disk.folder / "journal.db"
    with closing(JournalFile(path, now=CLOCK.now)) as file:
        stores = [store(file)]
        written: list[str] = []
        while store(file) is not Store.MEMORY:
            disk.fill()
            written.append(str(len(written)))
            note(file, written[-1], 3000)
            if store(file) is not stores[-1]:
                stores.append(store(file))
        since = file.durability.since
        for number in range(50):
            written.append(f"in memory {number}")
            note(file, written[-1], 3000)
        assert texts(file) == written
        file.try_again()
        assert (store(file), file.durability.since) == (Store.MEMORY, since)
        assert "free some space" in file.durability.reason or "is full" in file.durability.reason

        disk.free()
        file.try_again()

        assert stores == [Store.DISK, Store.RESERVE, Store.MEMORY]
        assert (store(file), file.durability.reason) == (Store.DISK, "")
        note(file, "after")
        with closing(sqlite3.connect(path)) as shell:
            assert shell.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            found = [text.rstrip() for (text,) in shell.execute("SELECT text FROM entries ORDER BY id")]
        assert found == [*written, "after"]


def test_the_reserve_takes_the_first_decisions_on_a_full_disk(disk: SmallDisk) -> None:
    """When the disk is full, what is decided first still survives a crash: the news, the intent, the hold."""
    path = disk.folder / "journal.db"
    with closing(JournalFile(path, now=CLOCK.now)) as file:
        note(file, "before")
        disk.fill()
        kept = ["before"]
        while store(file) is Store.DISK:
            kept.append(str(len(kept)))
            note(file, kept[-1], 3000)
        for number in range(40):
            kept.append(f"decision {number}")
            note(file, kept[-1], 3000)

        assert store(file) is Store.RESERVE
        with closing(sqlite3.connect(path)) as shell:
            found = [text.rstrip() for (text,) in shell.execute("SELECT text FROM entries ORDER BY id")]
        assert found == kept


def test_what_was_in_memory_only_is_missed_by_the_next_daemon(disk: SmallDisk) -> None:
    """Killed on a full disk, the next daemon knows since when decisions may be missing, once; the journal is whole."""
    path = disk.folder / "journal.db"
    JournalFile(path, now=CLOCK.now).close()
    with subprocess.Popen(
        [sys.executable, "-c", IN_MEMORY, str(path)], stdout=subprocess.PIPE, text=True
    ) as daemon:
        assert daemon.stdout is not None
        path.with_name("journal.db.ballast").unlink()
        disk.fill()
        assert daemon.stdout.readline() == "in memory\n"
        daemon.kill()

    with closing(JournalFile(path, now=CLOCK.now)) as file:
        assert file.opening.lost_since.startswith("20")
        assert file.opening.forgetful
        assert store(file) is not Store.DISK
        note(file, "here again")
        assert texts(file)[-1] == "here again"
        disk.free()
        file.try_again()
        assert store(file) is Store.DISK
    with closing(JournalFile(path, now=CLOCK.now)) as file:
        assert not file.opening.forgetful
        assert texts(file)[-1] == "here again"


def test_a_daemon_starts_on_a_full_disk(disk: SmallDisk) -> None:
    """Without a byte to spare the journal is read, decisions are kept in memory, and written when there is space."""
    path = disk.folder / "journal.db"
    with closing(JournalFile(path, now=CLOCK.now)) as file:
        note(file, "before")
    path.with_name("journal.db.ballast").unlink()
    disk.fill()

    with closing(JournalFile(path, now=CLOCK.now)) as file:
        assert texts(file) == ["before"]
        note(file, "while full")
        assert texts(file) == ["before", "while full"]
        disk.free()
        file.try_again()

        assert store(file) is Store.DISK
        with closing(sqlite3.connect(path)) as shell:
            assert shell.execute("SELECT count(*) FROM entries").fetchone() == (2,)


def test_a_first_start_on_a_full_disk_begins_in_memory(disk: SmallDisk) -> None:
    """A daemon that cannot even make its journal heals all the same, and makes it as soon as it can."""
    path = disk.folder / "journal.db"
    disk.fill()

    with closing(JournalFile(path, now=CLOCK.now)) as file:
        assert store(file) is Store.MEMORY
        note(file, "first")
        note(file, "second")
        assert texts(file) == ["first", "second"]
        assert not path.exists()
        disk.free()
        file.try_again()

        assert store(file) is Store.DISK
        with closing(sqlite3.connect(path)) as shell:
            assert shell.execute("SELECT count(*) FROM entries").fetchone() == (2,)


def test_a_damaged_journal_on_a_full_disk_is_taken_over_when_there_is_space(disk: SmallDisk) -> None:
    """Both at once: what could be read of the damaged journal is remembered at once, and written later."""
    path = disk.folder / "journal.db"
    with closing(JournalFile(path, now=CLOCK.now)) as file, file.transaction():
        file.do("INSERT INTO cases VALUES ('container', 'api')")
    with closing(sqlite3.connect(path)) as shell:
        shell.execute("DROP TABLE beat")
    path.with_name("journal.db.ballast").unlink()
    disk.fill()

    with closing(JournalFile(path, now=CLOCK.now)) as file:
        assert store(file) is Store.MEMORY
        assert file.opening.carried == {"cases": 1}
        note(file, "first")
        disk.free()
        file.try_again()

        with closing(sqlite3.connect(path)) as shell:
            assert shell.execute("SELECT target FROM cases").fetchall() == [("api",)]
            assert shell.execute("SELECT count(*) FROM entries").fetchone() == (1,)


def test_a_small_disk_is_not_taken_up_by_the_reserve(tmp_path: Path) -> None:
    """On a disk of one MiB the journal lives as well: the reserve is a small part, the log is emptied when need be."""
    with (
        small_disk(tmp_path, "tmpfs", MIB) as disk,
        closing(JournalFile(disk.folder / "journal.db", now=CLOCK.now)) as file,
    ):
        for number in range(100):
            note(file, str(number), 2000)

        assert store(file) is Store.DISK


class Failing(sqlite3.Connection):
    """A disk that fails at the next commits, or at the next reading."""

    commits = 0
    code = sqlite3.SQLITE_IOERR_WRITE

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        if sql == "COMMIT" and self.commits:
            self.commits -= 1
            super().execute("ROLLBACK")
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = self.code
            raise error
        return super().execute(sql, *values)  # type: ignore[arg-type]

    def fail_next(self, commits: int, code: int = sqlite3.SQLITE_IOERR_WRITE) -> None:
        """The next commits are refused by the disk; SQLite then rolls back by itself."""
        self.commits, self.code = commits, code


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[tuple[JournalFile, Failing]]:
    """A journal on a disk that fails when told to."""
    path = tmp_path / "journal.db"
    file = JournalFile(path, now=CLOCK.now, backlog=Backlog(5000))
    file._disk.connection.close()
    connection = sqlite3.connect(path, isolation_level=None, factory=Failing)
    open_database(path).close()
    file._disk.connection = connection
    yield file, connection
    if store(file) is not Store.BROKEN:
        file.close()
    connection.close()


def test_a_disk_that_fails_once_is_tried_again(failing: tuple[JournalFile, Failing]) -> None:
    """A single error of the disk is no reason to leave it."""
    file, connection = failing
    connection.fail_next(1)

    note(file, "a")

    assert store(file) is Store.DISK
    assert texts(file) == ["a"]


def test_a_disk_that_fails_while_written_back_loses_nothing(failing: tuple[JournalFile, Failing]) -> None:
    """What was in memory is written once, however often the disk fails in between."""
    file, connection = failing
    connection.fail_next(3)
    note(file, "a")
    assert store(file) is Store.MEMORY
    note(file, "b")
    for _ in range(3):
        connection.fail_next(1)
        file.try_again()
        assert store(file) is Store.MEMORY
        assert texts(file) == ["a", "b"]
    note(file, "c")

    file.try_again()

    assert texts(file) == ["a", "b", "c"]
    assert store(file) is Store.DISK


def test_a_decision_that_fails_in_memory_leaves_nothing_of_it(failing: tuple[JournalFile, Failing]) -> None:
    """Half of a decision is nowhere, also while the disk takes nothing."""
    file, connection = failing
    connection.fail_next(3)
    note(file, "a")

    with pytest.raises(JournalError, match="constraint"):
        insert_twice(file)
    file.try_again()

    assert file.rows("SELECT * FROM cases") == []
    assert texts(file) == ["a"]


def test_memory_too_is_bounded(failing: tuple[JournalFile, Failing]) -> None:
    """When a disk stays full for very long, decisions are refused at last, and none that was taken is lost."""
    file, connection = failing
    connection.fail_next(3)
    note(file, "a")

    with pytest.raises(JournalError, match="as much as may be is kept in memory"):
        note(file, "b", 6000)
    note(file, "c")
    file.try_again()

    assert texts(file) == ["a", "c"]


def test_a_journal_found_damaged_in_use_is_not_believed_any_more(
    failing: tuple[JournalFile, Failing], tmp_path: Path
) -> None:
    """Damage that shows while the daemon runs ends all writing; the next start examines it in full."""
    file, connection = failing
    note(file, "a")
    connection.fail_next(1, sqlite3.SQLITE_CORRUPT)

    for _ in range(2):
        with pytest.raises(DamagedJournal, match="it is damaged"):
            note(file, "b")

    assert store(file) is Store.BROKEN
    file._disk._claim.close()  # as a daemon that ends
    disk = JournalDisk(tmp_path / "journal.db", CLOCK.now)
    assert "it is damaged" in disk._claim.damage
    disk.open(lambda: None)
    assert disk.opening.damage == ""  # it was examined, and is whole
    disk.close()
