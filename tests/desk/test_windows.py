"""Maintenance and silences, as people ask for them."""

from __future__ import annotations

import json

import pytest

from tests.desk.people import Office
from watchdog.core.errors import NotThere
from watchdog.core.maintenance import Purpose
from watchdog.desk import UnknownName

MAINTENANCE, SILENCE = Purpose.MAINTENANCE, Purpose.SILENCE


@pytest.fixture
def office() -> Office:
    """A desk with two targets, one of them twice."""
    office = Office()
    for name in ("api", "api#2", "db"):
        office.watch(name)
    return office


async def test_a_maintenance_is_in_the_status_with_all_that_people_ask(office: Office) -> None:
    """What is not touched, until when, by whose word and why, and how to end it; also of each target."""
    desk = office.desk
    begun = await desk.windows.begin(MAINTENANCE, ("api",), "ada\x1b[2J", 7200.0, "disks\x1b[2J")
    assert begun["covers"] == ["api", "api#2"]
    status = desk.status()
    (window,) = status["maintenance"]
    assert window == begun["window"]
    assert (window["id"], window["targets"], window["by"], window["why"]) == ("m1", ["api"], "ada", "disks")
    assert (window["until"], window["left"]) == ("2026-11-23T14:00:00.000+00:00", 7200.0)
    assert window["commands"] == ["watchdog maintenance end m1"]
    assert [each["maintenance"] for each in status["targets"]] == ["m1", "m1", None]
    assert status["silences"] == []
    assert desk.status("db")["maintenance"] == []
    json.dumps(status)
    assert office.book.lines == ["maintenance m1 of api, until 2026-11-23 14:00, begun by ada: disks"]


async def test_without_a_length_it_lasts_until_it_is_ended(office: Office) -> None:
    """No end is shown for what has none."""
    begun = await office.desk.windows.begin(SILENCE, None, "ada", None, "")
    window = begun["window"]
    assert (window["id"], window["targets"], window["until"], window["left"]) == ("s1", None, None, None)
    assert begun["covers"] == ["api", "api#2", "db"]
    ended = await office.desk.windows.end(SILENCE, "bob", "s1")
    assert (ended["window"]["over"], ended["window"]["commands"]) == (True, [])
    assert office.desk.status()["silences"] == []
    assert [each["id"] for each in (await office.desk.windows.listed(SILENCE, every=True))["windows"]] == [
        "s1"
    ]
    assert (await office.desk.windows.listed(SILENCE))["windows"] == []


async def test_a_dry_run_begins_nothing(office: Office) -> None:
    """What it would be for is shown, and nothing has changed."""
    shown = await office.desk.windows.begin(MAINTENANCE, ("db",), "ada", 60.0, "", dry_run=True)
    assert (shown["dry_run"], shown["covers"]) == (True, ["db"])
    assert office.desk.status()["maintenance"] == office.book.windows == []


async def test_a_name_that_nobody_knows_is_answered_with_the_right_one(office: Office) -> None:
    """Nobody works on a database that is healed under their hands because of a typing mistake."""
    with pytest.raises(UnknownName) as caught:
        await office.desk.windows.begin(MAINTENANCE, ("db", "apy"), "ada", 60.0, "")
    assert caught.value.fix == "did you mean api? known: api, api#2, db"
    assert office.book.windows == []
    await office.desk.windows.begin(MAINTENANCE, ("db",), "ada", 60.0, "")
    with pytest.raises(UnknownName) as caught:
        await office.desk.windows.end(MAINTENANCE, "ada", "m2")
    assert caught.value.fix == "known: m1"
    with pytest.raises(NotThere):
        await office.desk.windows.end(SILENCE, "ada", None)
