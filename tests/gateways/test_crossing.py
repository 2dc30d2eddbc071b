"""Using what belongs to one loop from the thread of another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Protocol

import pytest

from watchdog.core.errors import Unreachable
from watchdog.gateways.crossing import cross, send_across
from watchdog.gateways.foreign_thread import ForeignThread


class Shop(Protocol):
    """What may be used."""

    async def buy(self, what: str, say: Callable[[str], None] | None = None) -> str:
        """Waits."""
        ...

    def price(self, what: str) -> int:
        """Answers at once."""
        ...


class Kiosk:
    """The shop, with more than may be used."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    async def buy(self, what: str, say: Callable[[str], None] | None = None) -> str:
        self.threads.add(threading.get_ident())
        await asyncio.sleep(0)
        if say is not None:
            say(what)
        if what == "nothing":
            raise Unreachable("closed")
        return what

    def price(self, what: str) -> int:
        self.threads.add(threading.get_ident())
        return len(what)

    def burn_down(self) -> None:
        raise AssertionError


@pytest.fixture
async def thread() -> AsyncIterator[ForeignThread]:
    """A thread that is ended with the test."""
    thread = ForeignThread("test")
    yield thread
    thread.close()


async def test_everything_happens_in_the_loop_that_it_belongs_to(thread: ForeignThread) -> None:
    """The caller waits in its thread, the work is done in ours, and an error comes back as it is."""
    kiosk = Kiosk()
    shop = cross(Shop, kiosk, asyncio.get_running_loop())  # type: ignore[type-abstract]
    said: list[int] = []

    async def use() -> tuple[str, int]:
        bread = await shop.buy("bread", say=lambda _: said.append(threading.get_ident()))
        await asyncio.sleep(0)
        return bread, shop.price("milk")

    async def fail() -> None:
        await shop.buy("nothing")

    async def who() -> int:
        return threading.get_ident()

    assert await thread.call(use) == ("bread", 4)
    assert kiosk.threads == {threading.get_ident()}
    assert said == [await thread.call(who)]
    with pytest.raises(Unreachable, match="closed"):
        await thread.call(fail)


async def test_only_what_the_protocol_names_can_be_reached() -> None:
    """A gateway can do more than a plug-in may."""
    shop = cross(Shop, Kiosk(), asyncio.get_running_loop())  # type: ignore[type-abstract]
    assert not hasattr(shop, "burn_down")


def test_a_loop_that_has_ended_can_be_asked_nothing() -> None:
    """A plug-in that outlives the daemon hears that it is ending."""
    home = asyncio.new_event_loop()
    shop = cross(Shop, Kiosk(), home)  # type: ignore[type-abstract]
    home.close()
    with pytest.raises(Unreachable, match="ending"):
        shop.price("milk")
    with pytest.raises(Unreachable, match="ending"):
        asyncio.run(shop.buy("milk"))
    send_across(print, home)("nobody hears it")
