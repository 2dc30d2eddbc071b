"""A journal that is cut at any of its writes: what SIGKILL does, at every point where it can matter."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

from watchdog.gateways.journal import Journal
from watchdog.gateways.journal_thread import JournalThread


class Cut(BaseException):
    """The process ended here."""


class Scissors:
    """Counts the transactions of one life of a daemon, and ends that life at one of them.

    Attributes:
        at: which commit is the last one, counted from 1; 0: none is.
        lost: that one does not reach the disk; else it does, and its caller never learns it.
        commits: those so far.
        last: the statement that began with the latest transaction.
        dead: it happened.
    """

    def __init__(self, at: int = 0, *, lost: bool = False) -> None:
        self.at = at
        self.lost = lost
        self.commits = 0
        self.last = ""
        self.dead = False

    def cut(self, connection: sqlite3.Connection) -> None:
        """A transaction is about to be committed."""
        self.commits += 1
        if self.commits != self.at:
            return
        if not self.lost:
            connection.execute("COMMIT")
        self.dead = True
        raise Cut


class CutConnection:
    """SQLite, up to the cut."""

    def __init__(self, real: sqlite3.Connection, scissors: Scissors) -> None:
        self.real = real
        self.scissors = scissors

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if self.scissors.dead:
            raise Cut
        if sql == "COMMIT":
            self.scissors.cut(self.real)
        elif sql.startswith(("INSERT", "UPDATE", "DELETE")):
            self.scissors.last = sql
        return self.real.execute(sql, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class CutThread(JournalThread):
    """The journal's thread: after the cut nobody gets an answer."""

    def __init__(self, thread: JournalThread, scissors: Scissors, die: Callable[[], None]) -> None:
        self.thread = thread
        self.scissors = scissors
        self.die = die
        self.unanswered: list[asyncio.Future[None]] = []

    async def call(self, work: Callable[[], Any]) -> Any:
        if not self.scissors.dead:
            try:
                answer = await self.thread.call(work)
            except Cut:
                pass
            else:
                if not self.scissors.dead:
                    return answer
        self.die()
        unanswered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.unanswered.append(unanswered)
        return await unanswered

    def stop(self) -> None:
        self.thread.stop()


async def take_scissors(journal: Journal, scissors: Scissors, die: Callable[[], None]) -> CutThread:
    """From now on this journal can be cut; `die` is called in the loop when it is."""
    thread, disk = journal._thread, journal._file._disk

    def wrap() -> None:
        disk.connection = CutConnection(disk.connection, scissors)  # type: ignore[assignment]

    await thread.call(wrap)
    cut = CutThread(thread, scissors, die)
    journal._thread = cut
    return cut


async def bury(journal: Journal, cut: CutThread) -> None:
    """What the kernel does with what a killed process had: its files are closed, its tasks are no more."""
    for unanswered in cut.unanswered:
        unanswered.cancel()
    await asyncio.sleep(0)
    disk = journal._file._disk

    def release() -> None:
        connection: Any = disk.connection
        connection.real.close()
        disk._claim.close()

    await cut.thread.call(release)
    cut.thread.stop()
    journal._closed = True
