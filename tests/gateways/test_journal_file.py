import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from watchdog.core.errors import JournalError, NewerJournal
from watchdog.gateways.journal_file import JournalFile

OPEN_ELSEWHERE = """
import os, pathlib, sys
from watchdog.core.errors import JournalError
from watchdog.gateways.journal_file import JournalFile
if len(sys.argv) > 2:
    os.setgroups([])
    os.setuid(int(sys.argv[2]))
try:
    JournalFile(pathlib.Path(sys.argv[1])).close()
except JournalError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that any user may enter, but only its owner may write to."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def open_elsewhere(path: Path, *user: str) -> str:
    """What another process says to the opening of the journal; nothing when it went well."""
    return subprocess.run(
        [sys.executable, "-c", OPEN_ELSEWHERE, str(path), *user], capture_output=True, text=True, check=False
    ).stderr


def test_a_new_journal_is_for_its_owner_only(path: Path) -> None:
    """The journal and what SQLite and we put beside it can be read by nobody else."""
    with closing(JournalFile(path)) as file, file.transaction():
        file.insert("INSERT INTO cases VALUES ('a', 'b')")
        modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in path.parent.iterdir()}

    names = ("journal.db", "journal.db-shm", "journal.db-wal", "journal.db.ballast", "journal.db.lock")
    assert dict.fromkeys(names, 0o600) == modes


def test_a_journal_that_others_could_read_is_closed_to_them(path: Path) -> None:
    """A copy put back with open permissions is made private again."""
    JournalFile(path).close()
    path.chmod(0o644)

    JournalFile(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_every_commit_waits_for_the_disk(path: Path) -> None:
    """The journal is in write-ahead mode with full synchronisation, and keeps its references whole."""
    with closing(JournalFile(path)) as file:
        settings = [file.number(f"PRAGMA {name}") for name in ("synchronous", "foreign_keys")]
        mode = file.row("PRAGMA journal_mode")

    assert (settings, mode) == ([2, 1], ("wal",))


def test_two_watchdogs_never_share_a_journal(path: Path) -> None:
    """A second opening is refused, with the process that has it, until the first is closed."""
    with closing(JournalFile(path)):
        with pytest.raises(JournalError, match=f"another watchdog \\(pid {os.getpid()} on .*stop it"):
            JournalFile(path)
        assert f"another watchdog (pid {os.getpid()} " in open_elsewhere(path)

    assert open_elsewhere(path) == ""


def test_the_journal_of_a_newer_watchdog_is_refused_and_left_alone(path: Path) -> None:
    """After a downgrade the daemon says so and stops; the newer journal stays as it is."""
    JournalFile(path).close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")
    before = path.read_bytes()

    for _ in range(2):
        with pytest.raises(NewerJournal, match=r"written by a newer watchdog.*run that version"):
            JournalFile(path)

    assert before == path.read_bytes()
    assert list(path.parent.glob("*damaged*")) == []


def test_a_missing_folder_is_named_with_the_fix(tmp_path: Path) -> None:
    """A state folder that does not exist is not made: it may be a mount that is missing."""
    with pytest.raises(JournalError, match="its folder does not exist: create it"):
        JournalFile(tmp_path / "state" / "journal.db")


def test_a_folder_in_the_place_of_the_journal_is_refused(path: Path) -> None:
    """A bind mount of a file that did not exist makes a folder: that is said, not stumbled over."""
    path.mkdir()

    with pytest.raises(JournalError, match=r"it is a folder: .*remove it"):
        JournalFile(path)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_folder_that_may_not_be_written_is_named_with_the_fix(shared_folder: Path) -> None:
    """Without permission the daemon says which, instead of running without a memory."""
    said = open_elsewhere(shared_folder / "journal.db", "65534")

    assert "watchdog's user may not write here: give it the folder" in said


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_journal_of_another_user_is_named_with_the_fix(shared_folder: Path) -> None:
    """After a change of user (root once, 1000 now) the fix is said."""
    path = shared_folder / "journal.db"
    JournalFile(path).close()
    shared_folder.chmod(0o777)
    lock = path.with_name("journal.db.lock")
    lock.chmod(0o666)

    said = open_elsewhere(path, "65534")

    assert "make the file and its folder writable for watchdog's user" in said


def insert_twice(file: JournalFile) -> None:
    with file.transaction():
        assert file.changed(1, "case", "a")
        file.insert("INSERT INTO cases VALUES ('a', 'b')")
        file.insert("INSERT INTO cases VALUES ('a', 'b')")


def test_a_write_that_fails_leaves_nothing_of_it(path: Path) -> None:
    """Half of a decision is never on disk, and the next one is written in full."""
    with closing(JournalFile(path)) as file:
        with pytest.raises(JournalError, match="fault of watchdog"):
            insert_twice(file)

        assert file.rows("SELECT * FROM cases") == []
        assert file.changed(1, "case", "a")


def test_a_shell_that_holds_the_file_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's open transaction is waited for a while, then named as the cause."""
    monkeypatch.setattr("watchdog.gateways.journal_opening.PATIENCE", 0.05)
    with closing(JournalFile(path)) as file, closing(sqlite3.connect(path)) as shell:
        shell.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="close any sqlite3 shell"), file.transaction():
            pass


def test_people_can_read_while_watchdog_runs(path: Path) -> None:
    """A shell reads the times in plain words, and what was committed is seen at once."""
    with closing(JournalFile(path)) as file, closing(sqlite3.connect(path)) as shell:
        with file.transaction():
            file.do(
                """INSERT INTO entries (at, kind, text) VALUES ('{"wall": "2026-01-01T00:00:00Z"}', 'x', 'y')"""
            )

        assert shell.execute("SELECT at_wall, text FROM entries").fetchall() == [
            ("2026-01-01T00:00:00Z", "y")
        ]


def test_an_interrupted_making_is_begun_anew(path: Path) -> None:
    """A crash while the journal was first made leaves nothing that stops the next start."""
    path.with_name("journal.db.new").write_bytes(b"half")
    path.with_name("journal.db-wal").write_bytes(b"of a journal that was removed")

    JournalFile(path).close()

    assert {"journal.db", "journal.db.ballast", "journal.db.lock"} == {f.name for f in path.parent.iterdir()}
