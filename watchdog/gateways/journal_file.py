"""The open file of the journal: what is read, and what is written whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from watchdog.core.durability import Durability, Opening
from watchdog.core.moment import Moment
from watchdog.gateways.clock import SystemClock
from watchdog.gateways.journal_backlog import Backlog, Statement
from watchdog.gateways.journal_disk import JournalDisk
from watchdog.gateways.journal_reserve import Reserve
from watchdog.gateways.journal_trouble import is_damage, translated

Row = tuple[Any, ...]
_now = SystemClock().now


class JournalFile:
    """The claimed, open file. For the journal's thread only; used inside `transaction` or `reading`."""

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], Moment] = _now,
        reserve: Reserve | None = None,
        backlog: Backlog | None = None,
        believe: Callable[[JournalFile], None] = lambda _: None,
    ) -> None:
        """Claim and open the journal at `path`. `believe` raises DamagedJournal when what it reads makes no sense.

        Raises:
            JournalError: what is wrong with the file, and the fix.
        """
        self._path = path
        self._statements: list[Statement] = []
        # What was written last, to leave out what has not changed.
        self._written: dict[tuple[str, ...], object] = {}
        with translated(path):
            self._disk = JournalDisk(path, now, reserve, backlog)
            self._disk.open(lambda: believe(self))

    @property
    def opening(self) -> Opening:
        """In what state the journal was found."""
        return self._disk.opening

    @property
    def durability(self) -> Durability:
        """Where writes go now."""
        return self._disk.durability

    def try_again(self) -> None:
        """Write what is in memory only, as far as the disk lets us now. Raises JournalError."""
        with translated(self._path):
            self._disk.try_again()

    def tidy(self, pages: int) -> None:
        """Give up to so many unused pages back to the disk. Raises JournalError."""
        with translated(self._path):
            # Not `execute`: it takes one step, and each gives back one page.
            self._disk.connection.executescript(f"PRAGMA incremental_vacuum({int(pages)})")

    def close(self) -> None:
        """Write what is in memory only if that can be done, close the file and give up the claim."""
        with translated(self._path):
            self._disk.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept, on disk at the end if the disk takes it, or nothing of it. Raises JournalError."""
        with translated(self._path):
            self._statements = []
            try:
                self._disk.begin()
                yield
                self._disk.end(tuple(self._statements))
            except BaseException as error:
                self._written.clear()
                self._disk.undo()
                if isinstance(error, sqlite3.Error) and is_damage(error):
                    self._disk.found_damaged(error)
                raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Nothing inside writes. Raises JournalError."""
        with translated(self._path):
            try:
                self._disk.look()
                yield
            except sqlite3.Error as error:
                if is_damage(error):
                    self._disk.found_damaged(error)
                raise

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
        """Carry out one statement that writes; returns how many rows it changed."""
        self._statements.append((sql, values))
        return self._disk.connection.execute(sql, values).rowcount

    def insert(self, sql: str, *values: object) -> int:
        """Add one row; returns its id."""
        self._statements.append((sql, values))
        return int(self._disk.connection.execute(sql, values).lastrowid or 0)

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Every row that answers."""
        return self._disk.connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> Row | None:
        """The first row that answers, None if there is none."""
        row: Row | None = self._disk.connection.execute(sql, values).fetchone()
        return row

    def number(self, sql: str, *values: object) -> int:
        """The one number that answers."""
        row = self.row(sql, *values)
        return int(row[0]) if row else 0
