"""What survives the end of a frozen process: whose code ran on the loop at that moment, and where it stood.

The mark is a few bytes of a mapped file: setting it costs no system call, and the kernel keeps it when the
process dies. It says who was working, not who was waiting: a check that awaits an answer is not marked.
"""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Coroutine, Generator
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from watchdog.core.freeze import Freeze, Probe, read_freeze

R = TypeVar("R")

SIZE = 4096
# The first byte says whether anything follows it: written last, cleared first.
CLEAR, MARKED = 0, 1
MARK_FILE, TRACE_FILE = "black-box", "last-freeze.txt"
STDERR = 2
OWNER_ONLY = 0o600
LONGEST_TRACE = 256 * 1024


class BlackBox:
    """The mark, and the file for the last words of a frozen process. For the one daemon of a state folder.

    Attributes:
        found: how the daemon before this one froze, None if it did not.
        trace: what it left behind, for the log; "" if nothing.
        words: the descriptor of the file that `faulthandler` writes its traceback to.
    """

    def __init__(self, folder: Path) -> None:
        """A folder that cannot be written costs the memory of the next freeze, never the start."""
        probe = _read_mark(folder / MARK_FILE)
        self.trace = _read_trace(folder / TRACE_FILE)
        self.found: Freeze | None = read_freeze(self.trace, probe)
        try:
            self.words = _create(folder / TRACE_FILE)
        except OSError:
            self.words = os.dup(STDERR)
        try:
            file = _create(folder / MARK_FILE)
            try:
                # Blocks on the disk, not a hole: a full disk would end us by SIGBUS at the first mark.
                os.posix_fallocate(file, 0, SIZE)
                self._memory = mmap.mmap(file, SIZE)
            finally:
                os.close(file)
        except OSError:
            self._memory = mmap.mmap(-1, SIZE)
        self._marks: dict[tuple[str, str], bytes] = {}

    def mark(self, check: str, target: str) -> None:
        """The code of this check runs from now on."""
        mark = self._marks.get((check, target))
        if mark is None:
            mark = self._marks[check, target] = _spell(check, target)
        self._memory[1 : 1 + len(mark)] = mark
        self._memory[0] = MARKED

    def clear(self) -> None:
        """Nobody's code runs any more, or it waits."""
        self._memory[0] = CLEAR

    def watch(self, check: str, target: str, work: Coroutine[Any, Any, R]) -> Watched[R]:
        """The same work to be awaited, marked exactly while its own code runs."""
        return Watched(self, check, target, work)

    def close(self) -> None:
        """Let go of the file for last words: nobody may be about to write them. Marks can still be set."""
        os.close(self.words)


class Watched(Generic[R]):
    """A coroutine that is marked in the black box from each resumption to the next wait."""

    def __init__(self, box: BlackBox, check: str, target: str, work: Coroutine[Any, Any, R]) -> None:
        self._mark = partial(box.mark, check, target)
        self._clear = box.clear
        self._work = work

    def __await__(self) -> Generator[Any, Any, R]:
        """Go on as `await work` would."""
        resume = partial(self._work.send, None)
        while True:
            self._mark()
            try:
                awaited = resume()
            except StopIteration as end:
                result: R = end.value
                return result
            finally:
                self._clear()
            try:
                sent = yield awaited
            except GeneratorExit:
                self._work.close()
                raise
            except BaseException as error:  # noqa: BLE001 - a cancellation too belongs to the work
                resume = partial(self._work.throw, error)
            else:
                resume = partial(self._work.send, sent)


def _spell(check: str, target: str) -> bytes:
    words = json.dumps([check, target]).encode()
    # A name that long is none of ours; half a mark would be read as none.
    return (words if len(words) < SIZE - 2 else json.dumps([check[:200], ""]).encode()) + b"\0"


def _read_mark(path: Path) -> Probe | None:
    try:
        with path.open("rb") as file:
            kept = file.read(SIZE)
    except OSError:
        return None
    if not kept or kept[0] != MARKED:
        return None
    try:
        check, target = json.loads(kept[1:].split(b"\0", 1)[0])
    except ValueError:
        return None
    return Probe(str(check), str(target))


def _read_trace(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_TRACE).decode("utf-8", "replace")
    except OSError:
        return ""


def _create(path: Path) -> int:
    """The descriptor of the file, emptied. Not through a link that somebody put there."""
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, OWNER_ONLY)
    os.fchmod(descriptor, OWNER_ONLY)
    return descriptor
