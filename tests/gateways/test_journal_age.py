import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes import FakeClock
from tests.gateways.journal_samples import a_case, a_hold, a_notification, an_incident, at
from watchdog.core.guardrail import Attempt, Ledger
from watchdog.core.incident import Incident, Phase
from watchdog.core.moment import Moment
from watchdog.core.run import Outcome, Result
from watchdog.gateways.journal import Journal

DAY = 86400.0
KEEP = 90 * DAY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    journal = await Journal.open(path)
    yield journal
    await journal.close()


async def live(journal: Journal, clock: FakeClock, days: int) -> int:
    """Let days pass in which a daemon lives; how many rows were forgotten."""
    gone = 0
    for _ in range(days):
        clock.advance(DAY)
        gone += await journal.forget(KEEP, ("log",), clock.now())
    return gone


async def tell_all(journal: Journal, now: Moment) -> None:
    """The notifier tells what there is."""
    for entry in await journal.undelivered("log", 1000):
        await journal.delivered((entry.id,), "log", "", now)


async def happen(journal: Journal, number: int, now: Moment, target: str = "api") -> Incident:
    """An incident from its beginning to its end."""
    incident = replace(an_incident(number, target), opened=now)
    await journal.save(a_case(incident), (a_notification(incident),), "opened", now)
    step = await journal.begin_step(
        incident=incident.id,
        playbook="p",
        target=target,
        action="restart_container",
        rung=0,
        attempt=1,
        container_id="c",
        text="t",
        now=now,
    )
    await journal.end_step(step, Outcome(result=Result.DONE, evidence=("line",) * 20), now)
    resolved = replace(incident, phase=Phase.RESOLVED, resolved=now)
    await journal.save(a_case(resolved), (a_notification(incident),), "healed", now)
    await journal.end_run(incident.id, "healed", now)
    return resolved


def count(path: Path, *tables: str) -> list[int]:
    with closing(sqlite3.connect(path)) as shell:
        return [shell.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]


EVERYTHING = ("incidents", "runs", "steps", "entries", "outbox", "deliveries")


async def test_what_is_old_closed_and_told_is_forgotten(
    journal: Journal, path: Path, clock: FakeClock
) -> None:
    """After ninety days an incident is gone with all that hangs on it; a younger one is untouched."""
    await journal.undelivered("log")
    await live(journal, clock, 1)
    await happen(journal, 1, clock.now())
    await journal.note("order", "a line of no incident", now=clock.now())
    await tell_all(journal, clock.now())
    await live(journal, clock, 60)
    second = await happen(journal, 2, clock.now())
    await tell_all(journal, clock.now())

    assert await live(journal, clock, 29) == 0
    assert await live(journal, clock, 3) > 0

    assert (second,) == await journal.incidents(10)
    assert count(path, *EVERYTHING) == [1, 1, 1, 2, 2, 2]
    assert await journal.last_incident_number() == 2


async def test_what_still_matters_is_never_forgotten(journal: Journal, path: Path, clock: FakeClock) -> None:
    """Open incidents, holds, attempts and what nobody was told yet stay, however old."""
    await journal.undelivered("log")
    await live(journal, clock, 1)
    ledger = Ledger(target="db", attempts=(Attempt(action="restart_container", at=at()),))
    await journal.save(a_case(an_incident(1, "api")), (), "opened", clock.now())
    await journal.save(a_case(an_incident(2, "db", Phase.ESCALATED), ledger), (), "opened", clock.now())
    held = replace(a_case(), target="web", ledger=Ledger(target="web"), hold=a_hold("web"))
    await journal.save(held, (replace(a_notification(), target="web"),), "held", clock.now())
    await tell_all(journal, clock.now())
    await happen(journal, 3, clock.now(), "untold")
    cases = await journal.load_cases()

    await live(journal, clock, 200)

    assert cases == await journal.load_cases()
    assert {incident.id for incident in await journal.incidents(10)} == {"1", "2", "3"}
    assert len(await journal.undelivered("log")) == 2
    assert len((await journal.story("1")).entries) == 1
    assert count(path, "outbox") == [3]


async def test_a_notifier_that_is_gone_keeps_nothing(journal: Journal, clock: FakeClock) -> None:
    """What a notifier that is configured no more was never told does not stay for ever."""
    await journal.undelivered("log")
    await journal.undelivered("gone")
    await live(journal, clock, 1)
    await happen(journal, 1, clock.now())
    await happen(journal, 2, clock.now())
    await tell_all(journal, clock.now())

    await live(journal, clock, 92)

    assert [incident.id for incident in await journal.incidents(10)] == ["2"]


async def test_the_latest_word_of_each_kind_stays(journal: Journal, clock: FakeClock) -> None:
    """That the configuration is broken was told: however long ago, it is not told again."""
    await live(journal, clock, 1)
    first, last = a_notification(), replace(a_notification(), target="db")
    await journal.undelivered("log")
    await journal.tell(first)
    await journal.tell(last)
    await tell_all(journal, clock.now())

    await live(journal, clock, 100)

    assert last == await journal.last_told(last.telling)


@pytest.mark.parametrize("jump", [3600, -3600, 3652 * DAY, -3652 * DAY])
async def test_a_jump_of_the_wall_clock_makes_nothing_old(
    journal: Journal, clock: FakeClock, jump: float
) -> None:
    """Ten years ahead or an hour back: only days that were lived through count."""
    await journal.undelivered("log")
    await live(journal, clock, 1)
    await happen(journal, 1, clock.now())
    await happen(journal, 2, clock.now())
    await tell_all(journal, clock.now())
    await live(journal, clock, 10)

    clock.wall += timedelta(seconds=jump)

    assert await live(journal, clock, 79) == 0
    assert await live(journal, clock, 3) > 0


async def test_reboots_make_nothing_old_too_early(journal: Journal, clock: FakeClock) -> None:
    """How long a machine was off is not known, so that time does not count; the time before it does."""
    await journal.undelivered("log")
    await live(journal, clock, 1)
    await happen(journal, 1, clock.now())
    await happen(journal, 2, clock.now())
    await tell_all(journal, clock.now())
    for _ in range(3):
        await live(journal, clock, 25)
        clock.reboot()

    assert await live(journal, clock, 14) == 0
    assert await live(journal, clock, 4) > 0


async def test_a_year_leaves_a_journal_that_does_not_grow(
    journal: Journal, path: Path, clock: FakeClock
) -> None:
    """A year of a restless stack: the file stays as large as ninety days need, and every batch is short."""
    await journal.undelivered("log")
    chance, number, sizes = random.Random(1), 0, []
    for _ in range(365):
        for _ in range(chance.randrange(3)):
            number += 1
            await happen(journal, number, clock.now(), f"t{number % 20}")
        for _ in range(5):
            await journal.note("n", "x" * 100, now=clock.now())
        await tell_all(journal, clock.now())
        await live(journal, clock, 1)
        with closing(sqlite3.connect(path)) as shell:
            sizes.append(shell.execute("PRAGMA page_count").fetchone()[0])

    assert max(sizes[120:]) < sizes[95] * 1.3
    assert count(path, "days")[0] <= 92
    with closing(sqlite3.connect(path)) as shell:
        assert shell.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert shell.execute("PRAGMA foreign_key_check").fetchall() == []


async def test_asked_more_often_it_counts_the_same_days(
    journal: Journal, path: Path, clock: FakeClock
) -> None:
    """Asked every hour, or after every start, it remembers one mark a day."""
    for _ in range(200):
        clock.advance(3600)
        assert await journal.forget(KEEP, ("log",), clock.now()) == 0

    assert count(path, "days") == [9]
