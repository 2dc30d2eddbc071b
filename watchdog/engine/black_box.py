"""What survives the end of a frozen process: whose code ran on the loop at that moment, and where it stood.

The mark is a few bytes of a mapped file: setting it costs no system call, and the kernel keeps it when the
process dies. It says who was working, not who was waiting: a check that awaits an answer is not marked. What works in a
thread of its own has a slot of its own: it can stop the loop, too, by holding the GIL.
"""

from __future__ import annotations

import itertools
import json
import mmap
import os
import threading
from collections.abc import Callable, Coroutine, Generator, MutableSequence
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from watchdog.core.freeze import Freeze, Probe, read_freeze

R = TypeVar("R")

SIZE = 4096
# Behind the loop's own mark: so many threads at once can be marked, in so many bytes each. Others are not blamed.
SLOTS, SLOT = 16, 512
# In a slot, before its words: how many marks were set before it.
COUNT = 8
# The first byte says whether anything follows it: written last, cleared first.
CLEAR, MARKED = 0, 1
# Check and target; and the thread.
PARTS_OF_MARK, PARTS_OF_SLOT = 2, 3
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
        probe, outside = _read_marks(folder / MARK_FILE)
        self.trace = _read_trace(folder / TRACE_FILE)
        self.found: Freeze | None = read_freeze(self.trace, probe, outside)
        try:
            self.words = _create(folder / TRACE_FILE)
        except OSError:
            self.words = os.dup(STDERR)
        try:
            file = _create(folder / MARK_FILE)
            try:
                # Blocks on the disk, not a hole: a full disk would end us by SIGBUS at the first mark.
                os.posix_fallocate(file, 0, SIZE + SLOTS * SLOT)
                self._memory = mmap.mmap(file, SIZE + SLOTS * SLOT)
            finally:
                os.close(file)
        except OSError:
            self._memory = mmap.mmap(-1, SIZE + SLOTS * SLOT)
        self._free = list(reversed(range(SIZE, SIZE + SLOTS * SLOT, SLOT)))
        self._count = itertools.count()
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
        return Watched(partial(self.mark, check, target), self.clear, work)

    def lend(self) -> Slot:
        """A slot for a thread; one that marks nothing when all are taken."""
        place = self._free.pop() if self._free else None
        return Slot(self._memory, place, self._count, self._free)

    def close(self) -> None:
        """Let go of the file for last words: nobody may be about to write them. Marks can still be set."""
        os.close(self.words)


class Slot:
    """Where one thread is marked. Set by the thread; cleared also by the loop: what lets the loop run is to blame for nothing."""

    def __init__(
        self, memory: mmap.mmap, place: int | None, count: itertools.count[int], free: MutableSequence[int]
    ) -> None:
        self._memory = memory
        self._place = place
        self._count = count
        self._free = free

    def watch(self, check: str, target: str, work: Coroutine[Any, Any, R]) -> Watched[R]:
        """The same work to be awaited in the thread, marked exactly while its own code runs."""
        return Watched(partial(self._mark, check, target), self.clear, work)

    def clear(self) -> None:
        """Its code does not run, or does no harm."""
        if self._place is not None:
            self._memory[self._place] = CLEAR

    def give_back(self) -> None:
        """The thread runs nothing any more."""
        if self._place is not None:
            self.clear()
            self._free.append(self._place)
            self._place = None

    def _mark(self, check: str, target: str) -> None:
        at = self._place
        if at is not None:
            words = _spell(check, target, threading.get_ident(), room=SLOT - COUNT)
            mark = next(self._count).to_bytes(COUNT, "big") + words
            self._memory[at + 1 : at + 1 + len(mark)] = mark
            self._memory[at] = MARKED


class Watched(Generic[R]):
    """A coroutine that is marked in the black box from each resumption to the next wait."""

    def __init__(
        self, mark: Callable[[], None], clear: Callable[[], None], work: Coroutine[Any, Any, R]
    ) -> None:
        self._mark = mark
        self._clear = clear
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


def _spell(check: str, target: str, *thread: int, room: int = SIZE) -> bytes:
    words = json.dumps([check, target, *thread]).encode()
    # A name that long is none of ours; half a mark would be read as none.
    fits = len(words) < room - 2
    return (words if fits else json.dumps([check[:60], "", *thread]).encode()) + b"\0"


def _read_marks(path: Path) -> tuple[Probe | None, dict[int, Probe]]:
    """Whose code ran on the loop, and in which other threads; of those the one that began last comes first."""
    try:
        with path.open("rb") as file:
            kept = file.read(SIZE + SLOTS * SLOT)
    except OSError:
        return None, {}
    found = []
    for at in range(SIZE, len(kept), SLOT):
        slot = kept[at : at + SLOT]
        marked = _read_words(slot[1 + COUNT :]) if slot[0] == MARKED else None
        if marked is not None and len(marked) == PARTS_OF_SLOT and isinstance(marked[2], int):
            found.append((slot[1 : 1 + COUNT], marked[2], Probe(str(marked[0]), str(marked[1]))))
    outside = {thread: probe for _, thread, probe in sorted(found, key=lambda each: each[0], reverse=True)}
    on_loop = _read_words(kept[1:SIZE]) if kept and kept[0] == MARKED else None
    if on_loop is None or len(on_loop) != PARTS_OF_MARK:
        return None, outside
    return Probe(str(on_loop[0]), str(on_loop[1])), outside


def _read_words(kept: bytes) -> list[Any] | None:
    try:
        words = json.loads(kept.split(b"\0", 1)[0])
    except ValueError:
        return None
    return words if isinstance(words, list) else None


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
