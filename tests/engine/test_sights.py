from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from tests.fakes import FakeClock
from watchdog.core.errors import GatewayError, JournalError, Refused
from watchdog.core.preflight import FirstSight
from watchdog.core.roster import ComposeOrigin, Known
from watchdog.engine.sights import FIRST_WAIT, LONGEST_WAIT, Sights


class FakeSeer:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.remembered: set[str] = set()
        self._errors: list[GatewayError] = []

    def fail_next(self, error: GatewayError) -> None:
        self._errors.append(error)

    async def first_sight(self, origin: ComposeOrigin) -> FirstSight:
        self.asked.append(origin.container_id)
        await asyncio.sleep(0)
        if self._errors:
            raise self._errors.pop(0)
        return FirstSight(container_id=origin.container_id, version="2", keys={})

    def remember(self, sights: Iterable[FirstSight]) -> None:
        self.remembered = {sight.container_id for sight in sights}


class FakeBook:
    def __init__(self) -> None:
        self.kept: dict[str, FirstSight] = {}
        self._errors: list[GatewayError] = []

    def fail_next(self, error: GatewayError) -> None:
        self._errors.append(error)

    async def save_first_sight(self, sight: FirstSight) -> None:
        if self._errors:
            raise self._errors.pop(0)
        self.kept[sight.container_id] = sight

    async def first_sights(self) -> tuple[FirstSight, ...]:
        return tuple(self.kept.values())

    async def forget_first_sights(self, container_ids: tuple[str, ...]) -> None:
        for container_id in container_ids:
            del self.kept[container_id]


class Desk:
    def __init__(self) -> None:
        self.seer, self.book = FakeSeer(), FakeBook()
        self.targets: list[Known] = []
        self.clock = FakeClock()
        self.sights = self.begin()

    def begin(self) -> Sights:
        return Sights(compose=self.seer, journal=self.book, targets=lambda: self.targets, clock=self.clock)

    def add(self, name: str, container_id: str) -> Known:
        origin = ComposeOrigin(project="demo", service=name, container_id=container_id)
        known = Known(target=name, container_id=container_id, origin=origin)
        self.targets.append(known)
        return known


async def test_each_container_is_compared_once() -> None:
    """Its files are read when it is first seen, not at every sweep."""
    desk = Desk()
    desk.add("app", "a")
    gone = desk.add("gone", "g")
    desk.targets[-1] = replace(gone, present=False)
    desk.targets.append(Known(target="lone", container_id="l"))
    await desk.sights.take()
    await desk.sights.take()
    assert desk.seer.asked == ["a"]
    assert set(desk.book.kept) == {"a"}


async def test_what_could_not_be_told_or_written_is_tried_again() -> None:
    """A project that cannot be read just now is read the next time."""
    desk = Desk()
    desk.add("app", "a")
    desk.seer.fail_next(Refused("compose cannot read the project"))
    await desk.sights.take()
    desk.book.fail_next(JournalError("the disk is full"))
    desk.clock.advance(FIRST_WAIT)
    await desk.sights.take()
    desk.clock.advance(2 * FIRST_WAIT)
    await desk.sights.take()
    assert desk.seer.asked == ["a", "a", "a"]
    assert set(desk.book.kept) == {"a"}


async def test_an_earlier_daemons_sights_are_taken_up() -> None:
    """An edit made while the daemon was away is found: it is compared with what was seen before."""
    desk = Desk()
    desk.add("app", "a")
    await desk.sights.take()
    later = desk.begin()
    await later.remember()
    await later.take()
    assert desk.seer.asked == ["a"]
    assert desk.seer.remembered == {"a"}


async def test_those_of_replaced_containers_go() -> None:
    """Nothing is kept for ever; but an engine that lists nothing makes nobody forget."""
    desk = Desk()
    desk.add("app", "a")
    await desk.sights.take()
    replaced = desk.targets.pop()
    await desk.sights.take()
    assert set(desk.book.kept) == {"a"}
    assert replaced.origin is not None
    desk.add("app", "b")
    await desk.sights.take()
    assert set(desk.book.kept) == {"b"}
    assert desk.seer.remembered == {"b"}


async def test_two_at_once_ask_once() -> None:
    """A slow Compose is not asked twice."""
    desk = Desk()
    desk.add("app", "a")
    await asyncio.gather(desk.sights.take(), desk.sights.take())
    assert desk.seer.asked == ["a"]


async def test_what_cannot_be_told_is_tried_ever_more_rarely() -> None:
    """A machine without Compose, or a broken file, is asked again after 5 s, doubled to 5 minutes, for each container."""
    desk = Desk()
    desk.add("app", "a")
    asked: list[float] = []
    began = desk.clock.now()
    while len(asked) < 9:
        before = len(desk.seer.asked)
        desk.seer.fail_next(Refused("compose cannot read the project"))
        await desk.sights.take()
        if len(desk.seer.asked) > before:
            asked.append(desk.clock.now().seconds_since(began))
        desk.clock.advance(FIRST_WAIT)
    waits = [later - earlier for earlier, later in pairwise(asked)]
    assert waits == [5, 10, 20, 40, 80, 160, LONGEST_WAIT, LONGEST_WAIT]
    desk.add("other", "b")
    await desk.sights.take()
    assert desk.seer.asked[-1] == "b"


async def test_the_wait_of_a_container_goes_with_it() -> None:
    """Whatever comes in its place is looked at without a wait, and nothing is kept of what is gone."""
    desk = Desk()
    desk.add("app", "a")
    desk.seer.fail_next(Refused("compose cannot read the project"))
    await desk.sights.take()
    gone = desk.targets.pop()
    desk.add("app", "b")
    await desk.sights.take()
    desk.targets[:] = [gone]
    await desk.sights.take()
    assert desk.seer.asked == ["a", "b", "a"]
