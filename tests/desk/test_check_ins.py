"""The door for jobs."""

from __future__ import annotations

import pytest

from tests.fakes import FakeClock
from watchdog.core.check_in import CheckIn, Signal
from watchdog.core.errors import JournalError
from watchdog.desk.check_ins import CheckIns, Taken

TOKEN, OTHER = "0123456789abcdef", "fedcba9876543210"


class Book:
    """A journal in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, CheckIn] = {}
        self._errors: list[JournalError] = []

    def fail_next(self) -> None:
        self._errors.append(JournalError("full"))

    async def save_check_in(self, record: CheckIn) -> None:
        if self._errors:
            raise self._errors.pop()
        self.rows[record.name] = record

    async def check_ins(self) -> tuple[CheckIn, ...]:
        return tuple(self.rows.values())


class Door:
    """The door, and who is told."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.book = Book()
        self.changed: list[str] = []
        self.door = self.another()

    def another(self) -> CheckIns:
        return CheckIns(
            self.book, self.clock, lambda text: text.replace("secret", "[hidden]"), self.changed.append
        )


@pytest.fixture
async def stand() -> Door:
    """Two jobs are expected."""
    made = Door()
    await made.door.expect({"backup": TOKEN, "feeder": OTHER})
    return made


async def test_a_signal_is_remembered_and_looked_at(stand: Door) -> None:
    """It is written before it is answered, without secrets, and the check is asked."""
    stand.clock.advance(60)
    assert await stand.door.take("backup", TOKEN, Signal.SUCCESS, 0, "done, secret") is Taken.TAKEN
    kept = stand.book.rows["backup"]
    assert (kept.succeeded, kept.note) == (stand.clock.now(), "done, [hidden]")
    assert stand.door.last("backup") == kept
    assert stand.changed == ["backup"]


@pytest.mark.parametrize(
    ("name", "token"), [("backup", OTHER), ("backup", ""), ("other", TOKEN), ("other", ""), ("", "")]
)
async def test_another_token_and_another_job_are_the_same(stand: Door, name: str, token: str) -> None:
    """Nobody learns which of the two was wrong, and nothing is written."""
    assert await stand.door.take(name, token, Signal.SUCCESS) is Taken.UNKNOWN
    assert not stand.door.may(name, token)
    assert stand.changed == []


async def test_a_job_without_a_token_cannot_check_in(stand: Door) -> None:
    """An empty token is none, whoever sends it."""
    await stand.door.expect({"backup": ""})
    assert stand.door.last("backup") is not None
    assert await stand.door.take("backup", "", Signal.SUCCESS) is Taken.UNKNOWN
    assert stand.door.names() == ()


async def test_ten_a_minute_are_taken(stand: Door) -> None:
    """One job that repeats itself does not wear the disk out, and keeps no other from checking in."""
    for _ in range(10):
        assert await stand.door.take("backup", TOKEN, Signal.SUCCESS) is Taken.TAKEN
    assert await stand.door.take("backup", TOKEN, Signal.SUCCESS) is Taken.TOO_MANY
    assert await stand.door.take("feeder", OTHER, Signal.SUCCESS) is Taken.TAKEN
    stand.clock.advance(61)
    assert await stand.door.take("backup", TOKEN, Signal.SUCCESS) is Taken.TAKEN


async def test_a_restart_forgets_nothing(stand: Door) -> None:
    """What was said before the daemon died still counts; since when a job is expected, too."""
    await stand.door.take("backup", TOKEN, Signal.START)
    expected = stand.book.rows["feeder"].expected
    stand.clock.advance(600)
    after = stand.another()
    await after.expect({"backup": TOKEN, "feeder": OTHER, "new": TOKEN})
    backup, feeder, new = (after.last(name) for name in ("backup", "feeder", "new"))
    assert backup
    assert backup.started
    assert feeder
    assert feeder.expected == expected
    assert new
    assert new.expected == stand.clock.now()


async def test_a_full_disk_loses_no_signal(stand: Door) -> None:
    """It counts all the same for as long as the daemon lives."""
    stand.book.fail_next()
    assert await stand.door.take("backup", TOKEN, Signal.SUCCESS) is Taken.TAKEN
    known = stand.door.last("backup")
    assert known
    assert known.succeeded == stand.clock.now()


async def test_a_job_that_is_expected_again_begins_anew(stand: Door) -> None:
    """Taken out of the configuration for weeks, and put back: it is not missed since then."""
    await stand.door.take("backup", TOKEN, Signal.SUCCESS)
    await stand.door.expect({"feeder": OTHER})
    stand.clock.advance(30 * 86400)
    await stand.door.expect({"backup": TOKEN, "feeder": OTHER})
    known = stand.door.last("backup")
    assert known
    assert (known.succeeded, known.expected) == (None, stand.clock.now())
    assert stand.book.rows["backup"] == known
    feeder = stand.door.last("feeder")
    assert feeder
    assert stand.clock.now().seconds_since(feeder.expected) == 30 * 86400
