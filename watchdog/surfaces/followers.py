"""Those who follow the happenings: each has a bounded queue, and who reads too slowly is dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from watchdog.core.happening import Happening

# A burst of the whole stack fits; beyond it the reader has stopped reading.
ROOM = 512
MOST_FOLLOWERS = 32


class Follower:
    """One who follows. `take` ends with None when there is no more."""

    def __init__(self, target: str | None, drop: Callable[[], None]) -> None:
        self._target = target
        self._drop = drop
        self._queue: asyncio.Queue[Happening | None] = asyncio.Queue(ROOM)

    def offer(self, happening: Happening) -> bool:
        """Hand over a happening that concerns it, without waiting; False when it reads too slowly."""
        if self._target is not None and happening.target not in (None, self._target):
            return True
        try:
            self._queue.put_nowait(happening)
        except asyncio.QueueFull:
            return False
        return True

    async def take(self, within: float) -> Happening | None:
        """The next happening, None at the end; raises TimeoutError when there is none for so many seconds."""
        async with asyncio.timeout(within):
            return await self._queue.get()

    def end(self) -> None:
        """There is no more: let it read the rest, or drop it when it has no room for that."""
        try:
            self._queue.put_nowait(None)
        except asyncio.QueueFull:
            self._drop()

    def drop(self) -> None:
        """Cut its line."""
        self._drop()


class Followers:
    """All of them."""

    def __init__(self) -> None:
        self._followers: set[Follower] = set()

    @property
    def full(self) -> bool:
        """Whether there is room for one more."""
        return len(self._followers) >= MOST_FOLLOWERS

    def add(self, follower: Follower) -> None:
        """Begin to hand happenings to it."""
        self._followers.add(follower)

    def remove(self, follower: Follower) -> None:
        """It has left."""
        self._followers.discard(follower)

    def publish(self, happening: Happening) -> None:
        """Hand a happening to everyone; never waits."""
        for follower in tuple(self._followers):
            if not follower.offer(happening):
                self._followers.discard(follower)
                follower.drop()

    def end(self) -> None:
        """Tell everyone that there is no more."""
        for follower in tuple(self._followers):
            self._followers.discard(follower)
            follower.end()
