"""Space set aside beside the journal, so that on a full disk the first decisions can still be written."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from watchdog.gateways.journal_claim import OWNER_ONLY

SIZE = 1 << 20
# Of a small disk no more than this part is taken.
_SHARE = 8
# SQLite's own number for the log, and one for a disk without space.
_MOST_PAGES, FEWEST_PAGES = 1000, 32
_PAGE = 4096


class Reserve:
    """A file of a fixed size that is removed when its space is needed."""

    def __init__(self, journal: Path, size: int = SIZE) -> None:
        self._path = journal.with_name(journal.name + ".ballast")
        self._probe = journal.with_name(journal.name + ".probe")
        self._size = size

    def make(self) -> bool:
        """Set the space aside; False when the disk does not give it."""
        size = self._bounded()
        with suppress(OSError):
            if self._path.stat().st_size >= size > 0:
                return True
        return size > 0 and _take(self._path, size)

    def release(self) -> bool:
        """Give the space back to the disk; False when there was none."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True

    def room(self, needed: int) -> bool:
        """Whether the disk really takes so many bytes more: written, and given back."""
        taken = _take(self._probe, needed)
        with suppress(OSError):
            self._probe.unlink(missing_ok=True)
        return taken

    def plenty(self) -> bool:
        """Whether there is room for the reserve, and for as much again: the disk is full no more."""
        return self.room(2 * max(self._bounded(), _PAGE))

    def log_pages(self) -> int:
        """After how many pages the write-ahead log is to be emptied on this disk; fewer when space is dear."""
        return max(FEWEST_PAGES, min(_MOST_PAGES, self._share() // _PAGE))

    def _bounded(self) -> int:
        return min(self._size, self._share())

    def _share(self) -> int:
        try:
            disk = os.statvfs(self._path.parent)
        except OSError:
            return self._size
        return disk.f_blocks * disk.f_frsize // _SHARE


def _take(path: Path, size: int) -> bool:
    """Make a file that really has so many bytes on the disk; nothing is left of it when that fails."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
        try:
            os.posix_fallocate(file, 0, size)
            os.fsync(file)
        finally:
            os.close(file)
    except OSError:
        with suppress(OSError):
            path.unlink()
        return False
    return True
