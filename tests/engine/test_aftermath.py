"""What a daemon makes of how the one before it ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.parts import News
from tests.fakes import FakeClock
from watchdog.core.errors import JournalError
from watchdog.core.freeze import Freeze, Probe
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Telling
from watchdog.engine.aftermath import Book, Switch, account_for
from watchdog.gateways.journal import Journal

HEAVY = Freeze(seconds=60, places=("match (re/__init__.py:166)",), probe=Probe("heavy", "app"))


class House:
    """A journal and those who listen."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.news = News()
        self.clock = FakeClock()

    async def begin(self, freeze: Freeze | None, fingerprint: str = "one") -> tuple[str, ...]:
        """A daemon starts after such an end."""
        return await account_for(
            freeze,
            "the traceback",
            journal=self.journal,
            fingerprint=fingerprint,
            checks=["containers", "heavy"],
            clock=self.clock,
            publish=self.news.publish,
        )

    async def told(self) -> list[Notification]:
        return [entry.notification for entry in await self.journal.undelivered("phone", 100)]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house with an empty journal."""
    journal = await Journal.open(tmp_path / "journal.db")
    await journal.undelivered("phone", 1)
    yield House(journal)
    await journal.close()


async def test_a_check_that_freezes_twice_is_switched_off_and_told_once(house: House) -> None:
    """The first time it is written down; the second time it is off, and stays off without further words."""
    assert await house.begin(HEAVY) == ()
    assert await house.begin(None) == ()
    assert await house.begin(HEAVY) == ("heavy",)
    assert await house.begin(None) == ("heavy",)
    assert await house.begin(HEAVY) == ("heavy",)

    (told,) = await house.told()
    assert (told.telling, told.target, told.incident) == (Telling.SWITCHED_OFF, "heavy", None)
    assert told.finding.facts == {"seconds": "60", "place": "match (re/__init__.py:166)"}


async def test_another_configuration_or_version_switches_it_on_again(house: House) -> None:
    """Who mends something gets another chance."""
    await house.begin(HEAVY)
    assert await house.begin(HEAVY) == ("heavy",)
    assert await house.begin(None, "two") == ()


async def test_a_freeze_is_told_in_the_log_with_its_traceback_and_written_down(house: House) -> None:
    """Whoever looks for the cause finds all there is."""
    await house.begin(Freeze(seconds=4, places=("sleep (x.py:1)",)))
    (told,) = house.news.heard
    assert told.name == "daemon.frozen"
    assert told.facts["stack"] == "the traceback"
    assert "no check was at work" in str(told.facts["reason"])
    assert [entry.kind for entry in await house.journal.recent_entries(9)] == ["daemon.frozen"]


async def test_a_clean_end_leaves_nothing_to_say(house: House) -> None:
    """No news without a freeze."""
    assert await house.begin(None) == ()
    assert house.news.heard == []


class BrokenBook:
    """A journal that cannot be used."""

    async def save_misconduct(
        self, check: str, fingerprint: str, reason: str, notification: Notification, now: Moment
    ) -> None:
        raise JournalError("the disk is full")

    async def misconduct(self, fingerprint: str) -> dict[str, str]:
        raise JournalError("the disk is full")

    async def forgive(self, check: str) -> None:
        raise JournalError("the disk is full")

    async def save_freeze(
        self,
        freeze: Freeze,
        fingerprint: str,
        text: str,
        notifications: tuple[Notification, ...],
        now: Moment,
    ) -> None:
        raise JournalError("the disk is full")

    async def freezes(self, fingerprint: str) -> dict[str, int]:
        return {"heavy": 5}


async def test_a_journal_that_cannot_be_used_keeps_no_daemon_from_starting() -> None:
    """A full disk switches no check off; it is said."""
    news = News()
    off = await account_for(
        HEAVY,
        "",
        journal=BrokenBook(),
        fingerprint="one",
        checks=["heavy"],
        clock=FakeClock(),
        publish=news.publish,
    )
    assert off == ()
    assert news.reasons("journal.failed") == ["the disk is full"]


class Panel:
    """A switch, and those who hear of it."""

    def __init__(self, journal: Book) -> None:
        self.news = News()
        self.clock = FakeClock()
        self.turns = 0
        self.switch = Switch(
            journal=journal, clock=self.clock, publish=self.news.publish, changed=self._turn, told=self._turn
        )

    def _turn(self) -> None:
        self.turns += 1

    async def begin(self, fingerprint: str = "one", freeze: Freeze | None = None) -> tuple[str, ...]:
        await self.switch.begin(freeze, "", fingerprint, ["containers", "heavy", "odd"])
        return self.switch.off


async def test_a_check_that_goes_wrong_is_switched_off_and_told_once(house: House) -> None:
    """It stays off over a restart, until the configuration is another."""
    panel = Panel(house.journal)
    assert await panel.begin() == ()
    await panel.switch.failed("odd", "it raised ValueError: no")
    await panel.switch.failed("odd", "it raised ValueError: no")

    assert panel.switch.off == panel.switch.misbehaved == ("odd",)
    assert panel.turns == 2
    assert panel.news.names() == ["check.switched_off"]
    (told,) = await house.told()
    assert (told.telling, told.target) == (Telling.SWITCHED_OFF, "odd")
    assert told.finding.facts == {"times": 5, "reason": "it raised ValueError: no"}
    (entry,) = await house.journal.recent_entries(9)
    assert entry.text == "the check odd is switched off: it raised ValueError: no"

    assert await Panel(house.journal).begin() == ("odd",)
    assert await Panel(house.journal).begin("two") == ()
    await panel.switch.turn_over("two", ["odd"])
    assert not panel.switch.off


async def test_a_person_has_a_check_asked_again(house: House) -> None:
    """Also one that froze: nothing is held against it any more, now and at the next start."""
    await house.begin(HEAVY)
    panel = Panel(house.journal)
    assert await panel.begin(freeze=HEAVY) == ("heavy",)
    await panel.switch.failed("odd", "rubbish")
    assert (panel.switch.froze, panel.switch.misbehaved) == (("heavy",), ("odd",))

    assert not await panel.switch.give_back("containers")
    assert await panel.switch.give_back("heavy")
    assert await panel.switch.give_back("odd")
    assert not panel.switch.off
    assert await Panel(house.journal).begin() == ()


async def test_what_cannot_be_written_down_is_off_all_the_same() -> None:
    """A full disk does not have a broken check asked for ever."""
    panel = Panel(BrokenBook())
    await panel.begin()
    await panel.switch.failed("odd", "rubbish")
    assert panel.switch.misbehaved == ("odd",)
    assert panel.news.reasons("journal.failed") == ["the disk is full"]
