"""The file of the journal: found, locked, made, opened; what went wrong with it in words."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from watchdog.core.errors import JournalError
from watchdog.gateways.journal_schema import migrate, require_journal

# Seconds to wait for a person's sqlite3 shell that holds the file.
PATIENCE = 5.0
OWNER_ONLY = 0o600

_FIXES = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space",
    sqlite3.SQLITE_IOERR: "the disk does not read or write it: see the system's log, and whether the disk is full",
    sqlite3.SQLITE_READONLY: "it cannot be written: make the file and its folder writable for watchdog's user",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: make the file and its folder writable for watchdog's user",
    sqlite3.SQLITE_PERM: "it cannot be opened: make the file and its folder writable for watchdog's user",
    sqlite3.SQLITE_BUSY: "another program holds it: close any sqlite3 shell with an open transaction",
    sqlite3.SQLITE_LOCKED: "another program holds it: close any sqlite3 shell with an open transaction",
    sqlite3.SQLITE_NOTADB: "it is no database: put a copy back, or move it away to begin with an empty memory",
    sqlite3.SQLITE_CORRUPT: "it is damaged: put a copy back, or move it away to begin with an empty memory",
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

Row = tuple[Any, ...]


class JournalFile:
    """The locked, open file. For the journal's thread only; used inside `transaction` or `reading`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # What was written last, to leave out what has not changed.
        self._written: dict[tuple[str, ...], object] = {}
        with translated(path):
            self._lock = lock(path)
            try:
                self._connection = open_database(path)
            except BaseException:
                os.close(self._lock)
                raise

    def close(self) -> None:
        """Close the file and give up the lock."""
        with translated(self._path):
            try:
                self._connection.close()
            finally:
                os.close(self._lock)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is written, on disk at the end, or nothing of it. Raises JournalError."""
        with translated(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._written.clear()
                # SQLite itself has rolled back already after some errors (a full disk).
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Nothing inside writes. Raises JournalError."""
        with translated(self._path):
            yield

    def changed(self, record: object, *what: str) -> bool:
        """Whether `record` differs from what was written last as `what`; it counts as written from now on."""
        if what in self._written and self._written[what] == record:
            return False
        self._written[what] = record
        return True

    def forget(self, *what: str) -> None:
        """What was written as `what` is there no more."""
        self._written.pop(what, None)

    def do(self, sql: str, *values: object) -> int:
        """Carry out one statement; returns how many rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def insert(self, sql: str, *values: object) -> int:
        """Add one row; returns its id."""
        return int(self._connection.execute(sql, values).lastrowid or 0)

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Every row that answers."""
        return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> Row | None:
        """The first row that answers, None if there is none."""
        row: Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def number(self, sql: str, *values: object) -> int:
        """The one number that answers."""
        row = self.row(sql, *values)
        return int(row[0]) if row else 0


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn whatever the file or SQLite raises into a JournalError that names the file and the fix."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        fix = _FIXES.get(code, "this is a fault of watchdog: please report it")
        raise JournalError(f"journal {path}: {fix} ({error})") from error
    except OSError as error:
        fix = _FOLDER_FIXES.get(error.errno or 0, "see the system's log")
        raise JournalError(f"journal {path}: {fix} ({error.strerror or error})") from error
    except JournalError as error:
        if str(path) in str(error):
            raise
        raise JournalError(f"journal {path}: {error}") from error


def lock(path: Path) -> int:
    """Claim the journal for this process, until the returned descriptor is closed.

    Raises:
        JournalError: another watchdog has it.
        OSError: the lock file cannot be made.
    """
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, OWNER_ONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(descriptor, 200, 0).decode(errors="replace").strip() or "pid unknown"
        os.close(descriptor)
        raise JournalError(
            f"another watchdog ({owner}) uses {path}: stop it, or give this one a state folder of its own"
        ) from None
    # Only a help for people: on a full disk watchdog starts all the same. The host is named too, for two
    # containers on one volume may both be pid 1.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"pid {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
    return descriptor


def open_database(path: Path) -> sqlite3.Connection:
    """Open the journal at `path`, made if there is none, brought to the present schema. Hold its lock first.

    Raises:
        JournalError: it is not a journal, or a newer one.
        OSError, sqlite3.Error: it cannot be opened.
    """
    if not path.exists():
        _make(path)
    elif path.is_dir():
        raise JournalError("it is a folder: a mount of a file that did not exist makes one; remove it")
    elif path.stat().st_size == 0:
        # Ours never is: it is made elsewhere and moved here when complete.
        raise JournalError("it is empty: put a copy back, or remove it to begin with an empty memory")
    connection = _connect(path)
    try:
        # Before anything is changed: it may be another program's.
        require_journal(connection)
        if path.stat().st_mode & 0o077:
            path.chmod(OWNER_ONLY)
        _set_up(connection)
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _make(path: Path) -> None:
    """Make an empty journal in one stroke: a crash in the middle leaves none, never half of one."""
    new = path.with_name(path.name + ".new")
    for leftover in (new, *_companions(new), *_companions(path)):
        leftover.unlink(missing_ok=True)
    os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
    with closing(_connect(new)) as connection:
        _set_up(connection)
        migrate(connection)
    new.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _companions(path: Path) -> tuple[Path, ...]:
    return (path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm"))


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)


def _set_up(connection: sqlite3.Connection) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise JournalError(
            "its disk does not share memory between programs: keep the journal on a local disk"
        )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
