"""What could not be written yet: the statements of whole transactions, in order, to be done once more."""

from __future__ import annotations

import sqlite3

from watchdog.core.errors import JournalError

# Bytes of what is kept, roughly: weeks of a quiet stack, hours of a flood. Then nothing more is decided.
LARGEST = 16 << 20
_ROW = 200

Statement = tuple[str, tuple[object, ...]]
Group = tuple[Statement, ...]


class Backlog:
    """Transactions that are in memory only."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._groups: list[Group] = []
        self._largest = largest
        self.size = 0

    def add(self, group: Group) -> None:
        """Keep one more. Raises JournalError when there is no more room here either."""
        size = sum(_size(statement) for statement in group)
        if self.size + size > self._largest:
            raise JournalError(
                "the disk takes nothing, and as much as may be is kept in memory: free some space"
            )
        self._groups.append(group)
        self.size += size

    def replay(self, connection: sqlite3.Connection) -> None:
        """Do all of it again, within the caller's transaction.

        One that contradicts what a person wrote in between is left out: the others are worth more.
        """
        for group in self._groups:
            connection.execute("SAVEPOINT again")
            try:
                redo(connection, group)
            except sqlite3.IntegrityError:
                connection.execute("ROLLBACK TO again")
            connection.execute("RELEASE again")

    def clear(self) -> None:
        """It is written."""
        self._groups.clear()
        self.size = 0


def redo(connection: sqlite3.Connection, group: Group) -> None:
    """Do the statements of one transaction again: on the same rows they give the same ids."""
    for sql, values in group:
        connection.execute(sql, values)


def _size(statement: Statement) -> int:
    return _ROW + sum(len(value) for value in statement[1] if isinstance(value, str))
