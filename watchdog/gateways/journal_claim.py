"""The claim on the journal: one watchdog at a time, and a mark that outlives it where nothing else can be written."""

from __future__ import annotations

import fcntl
import os
import socket
from contextlib import suppress
from pathlib import Path

from watchdog.core.errors import JournalError

OWNER_ONLY = 0o600
# The line is always this long and written in place: that needs no space, so it works on a full disk.
_LENGTH = 200
_LOST, _DAMAGED = "in memory only since ", "damaged: "


class Claim:
    """The lock beside the journal, held until `close`.

    Attributes:
        lost_since: the owner before us ended while it kept things in memory only, since then; "" if not.
        damage: what the owner before us found damaged while it ran, "" if nothing.
    """

    def __init__(self, path: Path) -> None:
        """Claim the journal at `path`.

        Raises:
            JournalError: another watchdog has it.
            OSError: the lock file cannot be made.
        """
        self._file = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, OWNER_ONLY)
        with suppress(OSError):
            self._found = ""
            self._found = os.pread(self._file, _LENGTH, 0).decode(errors="replace").strip()
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            owner = self._found.partition(";")[0] or "pid unknown"
            raise JournalError(
                f"another watchdog ({owner}) uses {path}: stop it, or give this one a state folder of its own"
            ) from None
        left = self._found.partition("; ")[2]
        self.lost_since = left.removeprefix(_LOST) if left.startswith(_LOST) else ""
        self.damage = left.removeprefix(_DAMAGED) if left.startswith(_DAMAGED) else ""
        self._write(f"; {left}" if left else "")

    def mark_memory(self, since: str) -> None:
        """From now on a crash loses what was decided."""
        self._write(f"; {_LOST}{since}")

    def mark_damage(self, what: str) -> None:
        """The journal is not to be opened again."""
        self._write(f"; {_DAMAGED}{what}")

    def clear(self) -> None:
        """All is on the disk."""
        self._write("")

    def close(self) -> None:
        """Give up the claim."""
        os.close(self._file)

    def _write(self, mark: str) -> None:
        # The host is named too, for two containers on one volume may both be pid 1.
        line = f"pid {os.getpid()} on {socket.gethostname()}{mark}".encode()[: _LENGTH - 1]
        with suppress(OSError):  # only a help: on a read-only disk watchdog goes on all the same
            os.pwrite(self._file, line.ljust(_LENGTH - 1) + b"\n", 0)
            os.fsync(self._file)
