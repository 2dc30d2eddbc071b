"""The journal as it lives in the loop: its thread, its end, and an eye on the disk while that takes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from watchdog.core.durability import Durability, Opening, Store
from watchdog.core.errors import JournalError
from watchdog.gateways.journal_file import JournalFile
from watchdog.gateways.journal_thread import JournalThread

R = TypeVar("R")

# Seconds between two tries to write to a disk that is full, or fails.
TRY_EVERY = 5.0


class JournalLife:
    """What a journal is beside what it keeps."""

    def __init__(self, thread: JournalThread, file: JournalFile, try_every: float = TRY_EVERY) -> None:
        self._thread = thread
        self._file = file
        self._try_every = try_every
        self._closed = False
        self._durability = Durability()
        self._followers: list[Callable[[Durability], None]] = []
        self._trying: asyncio.Task[None] | None = None
        self._notice()

    @property
    def opening(self) -> Opening:
        """In what state the journal was found."""
        return self._file.opening

    @property
    def durability(self) -> Durability:
        """Where writes go now: after a call it says where those of that call went."""
        return self._durability

    def follow(self, changed: Callable[[Durability], None]) -> None:
        """Hear in the loop of every change of where writes go, before the caller of that write goes on."""
        self._followers.append(changed)

    async def close(self) -> None:
        """Finish what was asked for, close the file and give up the claim. Twice does no harm."""
        if self._closed:
            return
        self._closed = True
        if self._trying is not None:
            self._trying.cancel()
        try:
            await self._thread.call(self._file.close)
        finally:
            self._thread.stop()

    async def _call(self, work: Callable[[], R]) -> R:
        if self._closed:
            raise JournalError("the journal is closed")
        try:
            return await self._thread.call(work)
        finally:
            self._notice()

    def _notice(self) -> None:
        now = self._file.durability
        if now == self._durability:
            return
        self._durability = now
        for follower in self._followers:
            follower(now)
        if now.store in (Store.RESERVE, Store.MEMORY) and (self._trying is None or self._trying.done()):
            self._trying = asyncio.get_running_loop().create_task(self._try(), name="journal's disk")

    async def _try(self) -> None:
        while self._durability.store in (Store.RESERVE, Store.MEMORY):
            await asyncio.sleep(self._try_every)
            with suppress(JournalError):
                await self._call(self._file.try_again)
