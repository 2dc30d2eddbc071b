"""Emergency bypasses are for an incident, are counted down, and are withdrawn in any case."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.engine.parts import News, Tasks, until
from tests.fakes import FakeClock
from tests.front.tools import FakeDoors
from watchdog.core.bypass import Bypass, OpenBypass, read_sources
from watchdog.core.decision import Perform
from watchdog.core.errors import JournalError, Refused, Unreachable
from watchdog.core.happening import Happening
from watchdog.core.notification import Notification, Telling
from watchdog.core.playbook import Rung, Step
from watchdog.engine.bypass_watch import BypassWatch

OPEN, LEFT, CLOSED = Telling.BYPASS_OPEN, Telling.BYPASS_LEFT, Telling.BYPASS_CLOSED


class House:
    """A watch over doors, and what people are told."""

    def __init__(self, left_every: float = 300.0) -> None:
        self.clock = FakeClock()
        self.doors = FakeDoors(self.clock)
        self.tasks = Tasks()
        self.news = News()
        self.told: list[Notification] = []
        self.broken = False
        self.watch = BypassWatch(
            doors=self.doors,
            clock=self.clock,
            tell=self.tell,
            told=lambda: None,
            spawn=self.tasks.spawn,
            publish=self.news.publish,
            left_every=left_every,
            again=0.0,
        )

    async def tell(self, notification: Notification) -> None:
        if self.broken:
            raise JournalError("the disk is full")
        self.told.append(notification)

    @property
    def tellings(self) -> list[Telling]:
        return [each.telling for each in self.told]

    def begins(self, *, approved: bool = False, incident: str = "7") -> None:
        """The step that opens one begins, for the page's incident."""
        step = Step(action="open_bypass", on="grafana")
        order = Perform(incident, "dashboard", "web-unreachable", Rung(step), 0, 1)
        self.watch.began(order, approved=approved)

    async def opens(self, lasts: float = 1800.0) -> OpenBypass:
        await self.watch.begin()
        self.begins()
        return await self.watch.open(Bypass(target="grafana", container="c", lasts=lasts))

    def resolved(self, incident: str) -> None:
        self.watch.follow(
            Happening(name="incident.resolved", at=self.clock.now(), target="dashboard", incident=incident)
        )


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    yield made
    await made.tasks.stop()


async def test_it_is_told_in_the_incident_that_it_is_for(house: House) -> None:
    """Who reads of the page's trouble reads where it can be reached meanwhile, and until when."""
    opened = await house.opens()
    assert (opened.incident, opened.page) == ("7", "dashboard")
    (told,) = house.told
    assert (told.telling, told.target, told.incident) == (OPEN, "dashboard", "7")
    assert told.facts["where"] == "127.0.0.1:3000"
    assert told.facts["app"] == "grafana"


async def test_open_already_it_is_neither_told_nor_counted_twice(house: House) -> None:
    """A step that is done again finds it open."""
    first = await house.opens()
    assert await house.watch.open(Bypass(target="grafana", container="c")) == first
    assert house.tellings == [OPEN]


async def test_one_for_others_takes_the_place_of_the_one_for_this_machine() -> None:
    """People read who may come, and how to get there; the end of the first one's time does not end the second."""
    house = House()
    try:
        await house.opens(lasts=0.05)
        sources = read_sources(["203.0.113.7"])
        public = await house.watch.open(Bypass(target="grafana", container="c", sources=sources))
        assert house.doors.there == [public]
        first, second = house.told
        assert (first.facts["tunnel"], "sources" in first.facts) == ("127.0.0.1:3000", False)
        assert (second.facts["sources"], "tunnel" in second.facts) == ("203.0.113.7", False)
        await until(lambda: len(house.tasks.running) == 1)
        assert house.doors.there == [public]
        assert house.tellings == [OPEN, OPEN]
    finally:
        await house.tasks.stop()


async def test_the_end_of_one_does_not_reach_the_one_that_is_opened_at_that_moment() -> None:
    """A human said yes just before the time of the first one was over: what they allowed is open, and stays so."""
    house = House()
    try:
        first = await house.opens(lasts=0.02)
        sources = read_sources(["203.0.113.7"])
        house.doors.slow = asyncio.Event()
        opening = asyncio.ensure_future(
            house.watch.open(Bypass(target="grafana", container="c", sources=sources))
        )
        await until(lambda: house.tellings == [OPEN, CLOSED])
        assert first not in house.doors.there
        house.doors.slow.set()
        public = await opening
        assert house.doors.there == [public]
        assert house.tellings == [OPEN, CLOSED, OPEN]
        house.resolved(public.incident)
        await until(lambda: house.tellings == [OPEN, CLOSED, OPEN, CLOSED])
        assert house.doors.there == []
    finally:
        await house.tasks.stop()


async def test_it_is_withdrawn_when_its_incident_is_over(house: House) -> None:
    """The page is served again: nothing stays published. The end of another incident changes nothing."""
    await house.opens()
    house.resolved("8")
    assert house.doors.there
    house.resolved("7")
    await until(lambda: CLOSED in house.tellings)
    assert house.doors.there == []
    assert house.told[-1].facts["reason"] == "bypass-not-needed"


async def test_an_engine_that_refuses_to_close_it_is_asked_again(house: House) -> None:
    """It is withdrawn, however often that takes."""
    await house.opens()
    house.doors.fail_next(Unreachable("away"), Refused("busy"))
    house.resolved("7")
    await until(lambda: CLOSED in house.tellings)
    assert house.doors.there == []
    assert house.news.names().count("bypass.not_closed") == 2


async def test_its_time_is_counted_down_and_over() -> None:
    """People read how long it has left, and that it is closed at the end."""
    house = House(left_every=0.02)
    await house.opens(lasts=0.05)
    await until(lambda: CLOSED in house.tellings)
    assert house.tellings == [OPEN, LEFT, LEFT, CLOSED]
    assert [round(float(each.facts["seconds"] or 0), 2) for each in house.told[1:3]] == [0.03, 0.01]
    assert house.told[-1].facts["reason"] == "bypass-expired"
    assert house.doors.there == []
    await house.tasks.done()


async def test_nothing_is_left_when_the_daemon_ends(house: House) -> None:
    """A watchdog that is stopped takes its doors with it; one that opened none asks for nothing."""
    await house.watch.end()
    await house.opens()
    await house.watch.end()
    assert house.doors.there == []
    assert house.tellings == [OPEN, CLOSED]


async def test_what_a_killed_daemon_left_open_is_closed_first(house: House) -> None:
    """It is told in the incident that it was for, and no new one opens before that."""
    await house.doors.open(Bypass(target="grafana", container="c", incident="6", page="dashboard"))
    house.doors.fail_next(Unreachable("away"))
    house.begins()
    opening = asyncio.ensure_future(house.watch.open(Bypass(target="grafana", container="c")))
    await asyncio.sleep(0)
    assert not opening.done()
    await house.watch.begin()
    opened = await opening
    assert [each.incident for each in house.told if each.telling is CLOSED] == ["6"]
    assert (opened.container, opened.incident) == ("f2", "7")


async def test_a_yes_is_for_the_step_that_it_was_said_to(house: House) -> None:
    """The next step on the same target has none."""
    house.begins(approved=True)
    assert house.watch.approved("grafana")
    assert not house.watch.approved("nginx")
    house.begins()
    assert not house.watch.approved("grafana")


async def test_a_journal_that_cannot_be_written_stops_nothing(house: House) -> None:
    """It opens and closes although nobody can be told."""
    house.broken = True
    await house.opens()
    house.resolved("7")
    await until(lambda: not house.doors.there)


async def test_what_cannot_be_opened_is_said_by_the_step(house: House) -> None:
    """A refusal is the action's to tell, and is told as nothing else."""
    house.doors.fail_next()
    await house.watch.begin()
    house.doors.fail_next(Refused("what it would lead to does not run"))
    with pytest.raises(Refused):
        await house.watch.open(replace(Bypass(target="grafana", container="c")))
    assert house.told == []
