"""Storms: when one begins and ends, in one incident and one message, whatever becomes of the daemon."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.parts import News
from tests.fakes import FakeClock
from watchdog.core.errors import JournalError
from watchdog.core.incident import Case, Ending, Incident, Phase
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.storm import Common, Move, Storm, StormLimits
from watchdog.core.suppression import STACK
from watchdog.engine.weather import LOOKED_AGAIN, NAMED, STORM, Weather


class Sky:
    """A stack in which a test makes targets sick. `moves`: what is done about them; asked otherwise."""

    def __init__(self, clock: FakeClock, watched: int) -> None:
        self.clock = clock
        self.storm: Storm | None = None
        self.storm_incident = ""
        self.ill: dict[str, Moment] = {}
        self.moves: dict[str, Move] = {}
        self.number = watched
        self.shares: tuple[Common, str, bool] | None = None

    def sick(self) -> dict[str, Moment]:
        return self.ill

    def watched(self) -> int:
        return self.number

    def cause(self) -> tuple[Common, str, bool] | None:
        return self.shares

    def plan(self) -> dict[str, Move]:
        return {name: self.moves.get(name, Move.ASK) for name in self.ill}


class Book:
    """A journal in memory."""

    def __init__(self) -> None:
        self.cases: list[Case] = []
        self.told: list[Notification] = []
        self._errors: list[JournalError] = []

    def fail_next(self) -> None:
        self._errors.append(JournalError("the disk is full"))

    async def save(
        self, case: Case, notifications: tuple[Notification, ...], reason: str, now: Moment
    ) -> None:
        if self._errors:
            raise self._errors.pop()
        self.cases.append(case)
        self.told += notifications

    @property
    def incident(self) -> Incident:
        incident = self.cases[-1].incident
        assert incident is not None
        return incident


class Watch:
    """A weather over a sky, with all that it was heard to say."""

    def __init__(self, watched: int = 6) -> None:
        self.clock = FakeClock()
        self.book = Book()
        self.sky = Sky(self.clock, watched)
        self.begin()

    def begin(self) -> None:
        """A daemon begins; what lies outside of it stays."""
        ill, moves = self.sky.ill, self.sky.moves
        self.sky = Sky(self.clock, self.sky.number)
        self.sky.ill, self.sky.moves = ill, moves
        self.news = News()
        self.asked: list[str] = []
        self.waked = 0
        self.weather = Weather(
            journal=self.book,
            clock=self.clock,
            sky=self.sky,
            limits=StormLimits,
            severity=lambda name: Severity.CRITICAL if name == "db" else Severity.WARNING,
            number=self._number,
            ask=self.asked.append,
            told=self._wake,
            publish=self.news.publish,
        )

    def _number(self) -> str:
        return str(len(self.book.cases) + 7)

    def _wake(self) -> None:
        self.waked += 1

    def storms(self) -> bool:
        """Whether a storm goes on."""
        return self.sky.storm is not None

    def storms_unheard(self) -> None:
        """A storm goes on of which no incident tells."""
        self.sky.storm = Storm(begun=self.clock.now(), targets=frozenset({"api"}))

    async def falls(self, *names: str) -> None:
        """These turn sick now, and it is looked."""
        for name in names:
            self.sky.ill[name] = self.clock.now()
        await self.weather.look()

    async def well(self, *names: str) -> None:
        """These are well again, and it is looked."""
        for name in names:
            self.sky.ill.pop(name, None)
        await self.weather.look()


async def test_half_of_the_stack_is_one_incident() -> None:
    """Two of six are two troubles; the third within a minute makes it one for all, told once, to a human."""
    watch = Watch()
    await watch.falls("api", "web")
    assert watch.book.told == []
    watch.sky.shares = (Common.NETWORK, "backend", True)
    await watch.falls("db")
    await watch.weather.look()
    assert [told.telling for told in watch.book.told] == [Telling.STORM]
    told = watch.book.told[0]
    assert (told.target, told.incident, told.severity) == (STACK, "7", Severity.CRITICAL)
    assert (told.facts["sick"], told.facts["watched"], told.facts["asks"]) == (3, 6, 3)
    assert (told.facts["shared"], told.facts["shared_name"], told.facts["strong"]) == (
        "network",
        "backend",
        True,
    )
    assert "targets" not in told.facts
    assert (watch.book.incident.check, watch.book.incident.phase) == (STORM, Phase.ESCALATED)
    assert watch.sky.storm_incident == "7"
    assert sorted(watch.asked) == ["api", "db", "web"]
    assert watch.news.names() == ["incident.opened"]
    assert watch.waked == 1


async def test_what_turned_sick_one_after_the_other_is_none() -> None:
    """Three within three minutes are three troubles."""
    watch = Watch()
    for name in ("api", "web", "db"):
        await watch.falls(name)
        watch.clock.advance(61)
    assert not watch.storms()


async def test_it_is_over_when_one_is_left() -> None:
    """The last one gets a while, and is a trouble of its own then; people hear how many were caught, and which one is not well."""
    watch = Watch()
    await watch.falls("api", "web", "db")
    watch.clock.advance(40)
    await watch.well("api", "web")
    assert watch.storms()
    watch.clock.advance(10)
    await watch.weather.look()
    told = watch.book.told[-1]
    assert told.telling is Telling.STORM_OVER
    assert (told.facts["caught"], told.facts["well"], told.facts["still"]) == (3, 2, "db")
    assert told.facts["seconds"] == pytest.approx(50.0)
    assert (watch.book.incident.phase, watch.book.incident.ending) == (Phase.RESOLVED, Ending.RECOVERED)
    assert not watch.storms()
    assert watch.sky.storm_incident == ""
    assert watch.news.names() == ["incident.opened", "incident.resolved"]
    assert sorted(watch.asked) == ["api", "api", "db", "db", "web", "web"]


async def test_all_well_names_nobody() -> None:
    """Nothing is left to be named."""
    watch = Watch()
    await watch.falls("api", "web", "db")
    await watch.well("api", "web", "db")
    assert "still" not in watch.book.told[-1].facts


async def test_it_is_not_over_while_its_plan_is_at_work() -> None:
    """One still waits for its turn: it must not be told as a trouble of its own."""
    watch = Watch()
    watch.sky.moves["db"] = Move.START
    await watch.falls("api", "web", "db")
    assert watch.book.told[0].facts["starts"] == 1
    await watch.well("api", "web")
    assert watch.storms()
    watch.sky.moves.clear()
    await watch.well("db")
    assert not watch.storms()


async def test_a_storm_that_comes_again_is_the_same() -> None:
    """The last ones get their while anew when others have fallen again meanwhile."""
    watch = Watch()
    await watch.falls("api", "web", "db")
    await watch.well("api", "web")
    watch.clock.advance(9)
    await watch.falls("api", "web")
    await watch.well("api", "web")
    watch.clock.advance(9)
    await watch.weather.look()
    assert watch.storms()


async def test_who_falls_later_is_a_part_of_it() -> None:
    """It grows, and goes on as the same incident."""
    watch = Watch()
    await watch.falls("api", "web", "db")
    watch.clock.advance(30)
    await watch.falls("mail")
    assert watch.sky.storm is not None
    assert watch.sky.storm.targets == {"api", "web", "db", "mail"}
    assert len(watch.book.told) == 1


async def test_hundreds_are_not_all_named() -> None:
    """The message stays short: some names, and how many more."""
    watch = Watch(watched=300)
    await watch.falls(*(f"job-{number:03}" for number in range(200)))
    names = str(watch.book.told[0].facts["names"])
    assert names.count("job-") == NAMED
    assert names.endswith(" +192")


class TestTheJournalRefuses:
    async def test_a_storm_that_could_not_be_written_down_has_not_begun(self) -> None:
        """Nothing changed, nothing was told; the next look tries again."""
        watch = Watch()
        watch.book.fail_next()
        with pytest.raises(JournalError):
            await watch.falls("api", "web", "db")
        assert (watch.sky.storm, watch.sky.storm_incident, watch.asked) == (None, "", [])
        await watch.weather.look()
        assert [told.telling for told in watch.book.told] == [Telling.STORM]

    async def test_an_end_that_could_not_be_written_down_is_none(self) -> None:
        """It goes on until the end is on the disk."""
        watch = Watch()
        await watch.falls("api", "web", "db")
        watch.book.fail_next()
        with pytest.raises(JournalError):
            await watch.well("api", "web", "db")
        assert watch.storms()
        await watch.weather.look()
        assert not watch.storms()


class TestTheDaemonReturns:
    async def test_a_storm_goes_on_as_the_same_incident(self) -> None:
        """Killed in its middle: the same number, nothing told twice, and not over before all were looked at."""
        watch = Watch()
        await watch.falls("api", "web", "db")
        incident = watch.book.incident
        watch.sky.ill.clear()  # a daemon that begins has seen nothing yet
        watch.begin()
        watch.weather.remember(incident)
        assert watch.sky.storm == Storm(begun=incident.opened, targets=frozenset({"api", "web", "db"}))
        await watch.weather.look()
        assert watch.sky.storm_incident == incident.id
        watch.clock.advance(5)
        await watch.falls("api", "web", "db")
        watch.clock.advance(LOOKED_AGAIN)
        await watch.weather.look()
        assert watch.storms()
        await watch.well("api", "web", "db")
        assert [told.telling for told in watch.book.told] == [Telling.STORM, Telling.STORM_OVER]
        assert {told.incident for told in watch.book.told} == {incident.id}

    async def test_it_is_over_if_all_were_well_meanwhile(self) -> None:
        """The stack came back while nobody was there: said once all have been looked at again."""
        watch = Watch()
        await watch.falls("api", "web", "db")
        incident = watch.book.incident
        watch.sky.ill.clear()
        watch.begin()
        watch.weather.remember(incident)
        watch.clock.advance(LOOKED_AGAIN)
        await watch.weather.look()
        assert watch.book.told[-1].telling is Telling.STORM_OVER
        assert watch.book.incident == replace(
            incident, phase=Phase.RESOLVED, ending=Ending.RECOVERED, resolved=watch.clock.now()
        )

    async def test_a_storm_that_nobody_remembers_is_dropped(self) -> None:
        """A storm without an incident has no story to end."""
        watch = Watch()
        watch.storms_unheard()
        await watch.weather.look()
        assert not watch.storms()
        assert watch.book.told == []
