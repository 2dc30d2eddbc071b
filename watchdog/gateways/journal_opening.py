"""Opening the journal's database: made if there is none, examined before it is believed."""

from __future__ import annotations

import math
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from watchdog.core.errors import DamagedJournal, JournalError
from watchdog.gateways.journal_claim import OWNER_ONLY
from watchdog.gateways.journal_schema import columns, migrate, require_journal
from watchdog.gateways.journal_trouble import is_no_room

# Seconds to wait for a person's sqlite3 shell that holds the file.
PATIENCE = 5.0
# Seconds after which what was examined so far is believed: healing must not wait for a large journal.
EXAMINED_WITHIN = 2.0
# The write-ahead log is cut back to this after a large write, in bytes.
_LOG_SIZE = 4 << 20
_STRIDE = 10_000


def open_database(path: Path, *, thorough: bool = False) -> sqlite3.Connection:
    """Open the journal at `path`, made if there is none, brought to the present schema. Claim it first.

    `thorough`: it was found damaged before: it is examined in full, however long that takes.

    Raises:
        DamagedJournal: it is no journal, or not a whole one.
        NewerJournal: a newer watchdog wrote it.
        JournalError, OSError, sqlite3.Error: it cannot be opened.
    """
    if not path.exists():
        _make(path)
    elif path.is_dir():
        raise JournalError("it is a folder: a mount of a file that did not exist makes one; remove it")
    elif path.stat().st_size == 0:
        raise DamagedJournal(
            "it is empty"
        )  # ours never is: it is made elsewhere and moved here when complete
    try:
        return _open(path, alone=False, thorough=thorough)
    except sqlite3.Error as error:
        # On a full disk the memory that is shared with other programs cannot be made: without them it can be read.
        if not is_no_room(error):
            raise
        return _open(path, alone=True, thorough=thorough)


def companions(path: Path) -> tuple[Path, ...]:
    """What SQLite keeps beside a database."""
    return (path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm"))


@contextmanager
def within(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """What takes longer inside is interrupted, with an error of SQLITE_INTERRUPT."""
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STRIDE)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)


def connect(path: Path) -> sqlite3.Connection:
    """A connection that leaves the transactions to us."""
    return sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)


def _open(path: Path, *, alone: bool, thorough: bool) -> sqlite3.Connection:
    connection = connect(path)
    try:
        if alone:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        # Before anything is changed: it may be another program's.
        require_journal(connection)
        if path.stat().st_mode & 0o077:
            path.chmod(OWNER_ONLY)
        _set_up(connection)
        _examine(connection, thorough=thorough)
        migrate(connection)
        _require_columns(connection)
    except UnicodeDecodeError as error:
        connection.close()
        raise DamagedJournal("it is damaged (it holds what is no text)") from error
    except BaseException:
        connection.close()
        raise
    return connection


def open_in_memory() -> sqlite3.Connection:
    """A journal with no file at all, for as long as none can be made."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    migrate(connection)
    return connection


def is_shared(connection: sqlite3.Connection) -> bool:
    """Whether people can read it while it is open."""
    (mode,) = connection.execute("PRAGMA locking_mode").fetchone()
    return bool(mode == "normal")


def _make(path: Path) -> None:
    """Make an empty journal in one stroke: a crash in the middle leaves none, never half of one."""
    new = path.with_name(path.name + ".new")
    for leftover in (new, *companions(new), *companions(path)):
        leftover.unlink(missing_ok=True)
    try:
        os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
        with closing(connect(new)) as connection:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            _set_up(connection)
            migrate(connection)
    except BaseException:
        for half in (new, *companions(new)):
            half.unlink(missing_ok=True)
        raise
    new.rename(path)
    sync_folder(path)


def sync_folder(path: Path) -> None:
    """Let the names in the folder of `path` survive the loss of power."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _set_up(connection: sqlite3.Connection) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise JournalError(
            "its disk does not share memory between programs: keep the journal on a local disk"
        )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA journal_size_limit = {_LOG_SIZE}")
    # A transaction touches the disk when it is committed and not before: only there it can run out of space.
    connection.execute("PRAGMA cache_spill = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")


def _examine(connection: sqlite3.Connection, *, thorough: bool) -> None:
    check, seconds = ("integrity_check", math.inf) if thorough else ("quick_check", EXAMINED_WITHIN)
    try:
        with within(connection, seconds):
            (found,) = connection.execute(f"PRAGMA {check}(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return
    if found != "ok":
        raise DamagedJournal(f"it is damaged ({' '.join(found.split())})")


def _require_columns(connection: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrate(fresh)
        missing = sorted(columns(fresh) - columns(connection))
    if missing:
        raise DamagedJournal(f"it lacks {'.'.join(missing[0])}")
