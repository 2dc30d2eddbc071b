"""A notifier that did not come with watchdog."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, TypeVar

from watchdog.core.answer import accept_text
from watchdog.core.errors import DeliveryError, Misbehaved
from watchdog.engine.outsiders.room import Room
from watchdog.plugins import Letter, Notifier, Parameters, Tools

R = TypeVar("R")

LONGEST_RECEIPT = 1000


class OutsideNotifier(Notifier[Any]):
    """A notifier that delivers in a thread of its own."""

    kind: ClassVar[str] = "outside"
    parameters_type: ClassVar[type[Parameters]] = Parameters

    def __init__(self, notifier: Notifier[Any], room: Room, origin: str) -> None:
        super().__init__(notifier.name, notifier.parameters)
        self.tells_by = notifier
        self.room = room
        self._origin = origin

    async def prepare(self) -> None:
        """Make ready. Raises `DeliveryError`."""

        async def make_ready(_: Tools) -> None:
            await self.tells_by.prepare()

        await self._ask(make_ready)

    async def deliver(self, letter: Letter) -> str:
        """Hand it over. Raises `DeliveryError`, whatever went wrong."""

        async def hand_over(_: Tools) -> str:
            return accept_text(await self.tells_by.deliver(letter), LONGEST_RECEIPT)

        return await self._ask(hand_over)

    async def close(self) -> None:
        """Let go of what it holds, and of its thread. Raises `DeliveryError`."""

        async def let_go(_: Tools) -> None:
            await self.tells_by.close()

        try:
            if not self.room.thread.stuck:
                await self._ask(let_go)
        finally:
            self.room.thread.close()

    async def _ask(self, ask: Callable[[Tools], Coroutine[Any, Any, R]]) -> R:
        try:
            return await self.room.run("", ask)
        except Misbehaved as error:
            raise DeliveryError(f"{self._origin}: {error}") from None


class OutsideEditor(OutsideNotifier):
    """One that can change a message after it was sent."""

    edits: ClassVar[bool] = True
