import errno
import sqlite3
from pathlib import Path

import pytest

from watchdog.core.errors import DamagedJournal, JournalError, NewerJournal
from watchdog.gateways.journal_trouble import is_damage, is_damage_at_start, is_no_room, translated

PATH = Path("/state/journal.db")


def failure(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "damage", "room"),
    [
        (sqlite3.SQLITE_FULL, False, True),
        (sqlite3.SQLITE_IOERR_FSYNC, False, True),
        (sqlite3.SQLITE_IOERR_SHMSIZE, False, True),
        (sqlite3.SQLITE_CORRUPT, True, False),
        (sqlite3.SQLITE_CORRUPT_INDEX, True, False),
        (sqlite3.SQLITE_NOTADB, True, False),
        (sqlite3.SQLITE_BUSY, False, False),
        (sqlite3.SQLITE_CANTOPEN, False, False),
        (sqlite3.SQLITE_READONLY, False, False),
    ],
)
def test_what_the_disk_does_and_what_the_file_is_are_told_apart(code: int, damage: bool, room: bool) -> None:
    """A full disk never makes a journal a damaged one, nor does a missing permission."""
    assert (is_damage(failure(code)), is_no_room(failure(code))) == (damage, room)
    assert is_damage_at_start(failure(code)) is damage


def test_only_at_the_start_nonsense_is_damage() -> None:
    """What cannot be understood while the journal is examined is damaged; later it may be our own mistake."""
    assert is_damage_at_start(failure(sqlite3.SQLITE_ERROR))
    assert not is_damage(failure(sqlite3.SQLITE_ERROR))


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (failure(sqlite3.SQLITE_FULL), JournalError, "the disk is full: free some space"),
        (failure(sqlite3.SQLITE_CORRUPT), DamagedJournal, "it is damaged"),
        (sqlite3.ProgrammingError("odd"), JournalError, "this is a fault of watchdog: please report it"),
        (OSError(errno.ENOSPC, "No space"), JournalError, "the disk is full: free some space"),
        (OSError(errno.EROFS, "Read-only"), JournalError, "mount it writable"),
        (OSError(errno.EMFILE, "Too many"), JournalError, "see the system's log"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), DamagedJournal, "it is damaged"),
        (NewerJournal("schema 99"), NewerJournal, "schema 99"),
    ],
)
def test_every_trouble_names_the_file_and_the_fix(
    error: Exception, kind: type[JournalError], words: str
) -> None:
    """People read which file it is and what they can do; the kind of trouble is kept."""
    with pytest.raises(JournalError) as raised, translated(PATH):
        raise error

    assert type(raised.value) is kind
    assert str(raised.value).startswith(f"journal {PATH}: ")
    assert words in str(raised.value)


def test_it_is_named_once() -> None:
    """A trouble that was put into words already is not put into words again."""
    with pytest.raises(JournalError) as raised, translated(PATH), translated(PATH):
        raise failure(sqlite3.SQLITE_FULL)

    assert str(raised.value).count(str(PATH)) == 1
