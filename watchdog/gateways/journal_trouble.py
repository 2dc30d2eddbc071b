"""What goes wrong with the journal's file, in words: the file, the fix, and whether it is worth trying again."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watchdog.core.errors import DamagedJournal, JournalError

_FIXES = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space",
    sqlite3.SQLITE_IOERR: "the disk does not read or write it: see the system's log, and whether the disk is full",
    sqlite3.SQLITE_READONLY: "it cannot be written: make the file and its folder writable for watchdog's user",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: make the file and its folder writable for watchdog's user",
    sqlite3.SQLITE_PERM: "it cannot be opened: make the file and its folder writable for watchdog's user",
    sqlite3.SQLITE_BUSY: "another program holds it: close any sqlite3 shell with an open transaction",
    sqlite3.SQLITE_LOCKED: "another program holds it: close any sqlite3 shell with an open transaction",
    sqlite3.SQLITE_NOTADB: "it is no database",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
}
_FOLDER_FIXES = {
    errno.ENOENT: "its folder does not exist: create it, or name another one",
    errno.ENOTDIR: "its folder is no folder: name another one",
    errno.EACCES: "watchdog's user may not write here: give it the folder, or name another one",
    errno.EPERM: "the file belongs to another user: give it to watchdog's user",
    errno.EROFS: "its folder is read-only: mount it writable, or name another one",
    errno.ENOSPC: "the disk is full: free some space",
    errno.EDQUOT: "the quota of watchdog's user is used up: free some space",
}
_DAMAGE = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
_NO_ROOM = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_NO_ROOM_NUMBERS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


def code_of(error: sqlite3.Error) -> int:
    """SQLite's primary code of an error, 0 where it gave none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is at fault: trying again cannot help."""
    return code_of(error) in _DAMAGE


def is_damage_at_start(error: sqlite3.Error) -> bool:
    """The same while it is opened, where only what was examined is read: what cannot be understood is damaged."""
    # 0: it is not SQLite that complains but its Python module, of a text that is none.
    return is_damage(error) or code_of(error) in (0, sqlite3.SQLITE_ERROR)


def is_no_room(error: Exception) -> bool:
    """Whether the disk is at fault (full, read-only, failing): the same may work later."""
    if isinstance(error, sqlite3.Error):
        return code_of(error) in _NO_ROOM
    return isinstance(error, OSError) and error.errno in _NO_ROOM_NUMBERS


def words_of(error: Exception) -> str:
    """What is wrong and what to do, in a sentence."""
    if isinstance(error, OSError):
        fix = _FOLDER_FIXES.get(error.errno or 0, "see the system's log")
        return f"{fix} ({error.strerror or error})"
    if not isinstance(error, sqlite3.Error):
        return str(error)
    return f"{_FIXES.get(code_of(error), 'this is a fault of watchdog: please report it')} ({error})"


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn whatever the file or SQLite raises into a JournalError that names the file and the fix."""
    try:
        yield
    except sqlite3.Error as error:
        kind = DamagedJournal if is_damage(error) else JournalError
        raise kind(f"journal {path}: {words_of(error)}") from error
    except UnicodeDecodeError as error:
        raise DamagedJournal(f"journal {path}: it is damaged ({error})") from error
    except OSError as error:
        raise JournalError(f"journal {path}: {words_of(error)}") from error
    except JournalError as error:
        if str(path) in str(error):
            raise
        raise type(error)(f"journal {path}: {error}") from error
