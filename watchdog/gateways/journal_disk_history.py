"""What the journal keeps of the watched disks: how much room there was, look by look, thinned by who writes it.

`DiskHistoryRows` is the SQL, for the journal's thread; `DiskHistoryBook` is what the engine's part of that name calls.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol

from watchdog.core.disk_history import DiskSample
from watchdog.core.moment import Moment
from watchdog.gateways.journal_file import JournalFile, Row
from watchdog.gateways.journal_rows import dump, load


class DiskHistoryRows:
    """The samples in the journal. Each method is one transaction; it raises JournalError."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file

    def keep(self, new: Sequence[DiskSample], gone: Sequence[DiskSample]) -> None:
        """Write some, and remove others."""
        with self._file.transaction():
            for each in gone:
                self._file.do(
                    "DELETE FROM disk_samples WHERE target = ? AND at = ?", each.target, dump(each.at)
                )
            for each in new:
                self._file.do(
                    "INSERT OR REPLACE INTO disk_samples (target, at, filesystem, size, free, inodes_free)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    *(each.target, dump(each.at), each.filesystem, each.size, each.free, each.inodes_free),
                )

    def samples(self) -> tuple[DiskSample, ...]:
        """All of them, oldest first."""
        with self._file.reading():
            rows = self._file.rows("SELECT target, at, filesystem, size, free, inodes_free FROM disk_samples")
            return tuple(sorted((_sample(row) for row in rows), key=lambda each: each.at.boot))


class Calling(Protocol):
    """The way into the journal's thread."""

    def __call__(self, work: Callable[[], Any]) -> Awaitable[Any]:
        """Have something done there."""
        ...


class DiskHistoryBook:
    """The samples, for the engine room. Every method raises JournalError."""

    def __init__(self, call: Calling, rows: DiskHistoryRows) -> None:
        self._call = call
        self._rows = rows

    async def keep(self, new: Sequence[DiskSample], gone: Sequence[DiskSample]) -> None:
        """Write some, and remove others, all or nothing."""
        await self._call(partial(self._rows.keep, tuple(new), tuple(gone)))

    async def samples(self) -> tuple[DiskSample, ...]:
        """All of them, oldest first."""
        found: tuple[DiskSample, ...] = await self._call(self._rows.samples)
        return found


def _sample(row: Row) -> DiskSample:
    target, at, filesystem, size, free, inodes_free = row
    return DiskSample(
        target=target,
        at=load(Moment, at),
        filesystem=filesystem,
        size=size,
        free=free,
        inodes_free=inodes_free,
    )
