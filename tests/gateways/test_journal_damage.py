import asyncio
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes import FakeClock
from tests.gateways.journal_samples import a_case, a_hold, a_notification, an_incident, at
from watchdog.core.guardrail import Attempt, Ledger
from watchdog.core.incident import Phase
from watchdog.core.roster import Known
from watchdog.gateways import journal_damage
from watchdog.gateways.journal import Journal
from watchdog.gateways.journal_damage import KEPT, set_aside
from watchdog.gateways.journal_file import JournalFile

NOW = datetime(2026, 11, 23, 9, 41, 2, tzinfo=UTC)
ASIDE = "journal.db.damaged-2026-11-23T09-41-02Z"
# Tables of which nothing is taken over, and why.
LEFT = {
    "entries",  # the story: it stays readable where it lies
    "beat",  # nothing to know
    "life",  # a fresh journal is young
    "days",
    "sqlite_stat1",
}


def at_nine() -> FakeClock:
    return FakeClock(NOW)


def end_of_a_page(content: bytes) -> bytes:
    """The same with a page in its middle torn: half of it is from another time."""
    torn = bytearray(content)
    middle = len(torn) // 8192 * 4096
    torn[middle : middle + 2048] = random.Random(1).randbytes(2048)
    return bytes(torn)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "zero bytes": lambda _: b"",
    "zeros": lambda whole: b"\0" * len(whole),
    "garbage": lambda whole: random.Random(2).randbytes(len(whole)),
    "text": lambda _: b"hello world, this is no database at all" * 400,
    "no database under its head": lambda _: b"SQLite format 3\0" + b"\xff" * 4096,
    "truncated": lambda whole: whole[: len(whole) // 2],
    "truncated in its head": lambda whole: whole[:60],
    "torn page": end_of_a_page,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_journal_is_set_aside_and_a_fresh_one_begins(kind: str, path: Path) -> None:
    """Whatever is found in its place: it is kept as it was under a name with the date, and the next start is ordinary."""
    JournalFile(path).close()
    content = DAMAGE[kind](path.read_bytes())
    path.write_bytes(content)

    with closing(JournalFile(path, now=at_nine().now)) as file:
        assert file.opening.set_aside == ASIDE
        assert file.opening.damage
        assert file.opening.forgetful
        with file.transaction():
            file.do("INSERT INTO cases VALUES ('container', 'api')")

    assert path.with_name(ASIDE).read_bytes() == content
    with closing(JournalFile(path)) as file:
        assert not file.opening.forgetful
        assert file.number("SELECT count(*) FROM cases") == 1


def test_a_database_of_another_program_is_set_aside_unchanged(path: Path) -> None:
    """What another program wrote in the journal's place loses neither content nor mode."""
    with closing(sqlite3.connect(path)) as theirs:
        theirs.execute("CREATE TABLE holds (a)")
    path.chmod(0o644)
    before = (path.read_bytes(), path.stat().st_mode)

    with closing(JournalFile(path, now=at_nine().now)) as file:
        assert file.opening.damage == "it is a database, but no journal of watchdog"
        assert file.opening.carried == {}

    aside = path.with_name(ASIDE)
    assert before == (aside.read_bytes(), aside.stat().st_mode)


def test_what_sqlite_kept_beside_it_goes_with_it(path: Path) -> None:
    """The write-ahead log belongs to its database: it is found beside it, under the same name."""
    path.write_bytes(b"garbage")
    path.with_name("journal.db-wal").write_bytes(b"log")

    assert set_aside(path, NOW).name == ASIDE

    assert path.with_name(f"{ASIDE}-wal").read_bytes() == b"log"
    assert not path.exists()
    assert not path.with_name("journal.db-wal").exists()


def test_no_damaged_journal_is_overwritten_and_not_too_many_are_kept(path: Path) -> None:
    """Twice in a second, or every day: the first one and the latest ones are there, the disk is not filled."""
    for number in range(KEPT + 3):
        path.write_bytes(str(number).encode())
        set_aside(path, NOW)

    kept = [each.read_bytes() for each in path.parent.glob("*damaged*")]
    assert sorted(kept) == [b"0", *(str(number).encode() for number in range(4, KEPT + 3))]


async def fill(path: Path) -> None:
    """A journal with a hold, a ledger, an incident in its middle, and news that nobody got yet."""
    journal = await Journal.open(path)
    acting = an_incident(41, phase=Phase.ACTING)
    ledger = Ledger(target="api", attempts=(Attempt(action="restart_container", at=at(3)),))
    for number in range(300):
        await journal.note("n", f"{number}".ljust(200), now=at(number))
    await journal.save(a_case(acting, ledger), (a_notification(acting),), "opened", at(1))
    await journal.begin_step(
        incident="41",
        playbook="p",
        target="api",
        action="restart_container",
        rung=1,
        attempt=1,
        container_id="c1",
        text="t",
        now=at(2),
    )
    held = a_case(replace(an_incident(40, "db"), phase=Phase.RESOLVED), hold=a_hold("db"))
    await journal.save(held, (a_notification(held.incident),), "held", at(3))
    await journal.save_targets((Known(target="api", container_id="c1"),))
    assert len(await journal.undelivered("log")) == 2
    await journal.delivered((1,), "log", "", at(4))
    await journal.close()


def tear(path: Path, table: str) -> None:
    """Damage the last page of a table."""
    with closing(sqlite3.connect(path)) as shell:
        shell.execute("PRAGMA journal_mode = DELETE")
        try:
            (page,) = shell.execute(
                "SELECT max(pageno) FROM dbstat WHERE name = ? AND pagetype = 'leaf'", [table]
            ).fetchone()
        except sqlite3.OperationalError:
            (page,) = shell.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", [table]).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(random.Random(3).randbytes(4096))


async def test_what_can_still_be_read_is_taken_over(path: Path) -> None:
    """A torn page in the story costs the story: holds, attempts, the open incident and its news are there."""
    await fill(path)
    tear(path, "entries")

    journal = await Journal.open(path)

    cases = {case.target: case for case in await journal.load_cases()}
    assert cases["db"].hold == a_hold("db")
    assert len(cases["api"].ledger.attempts) == 1
    assert cases["api"].incident == an_incident(41, phase=Phase.ACTING)
    assert await journal.last_incident_number() == 41
    assert [step.action for step in await journal.open_steps()] == ["restart_container"]
    assert [known.target for known in await journal.load_targets()] == ["api"]
    (news,) = await journal.undelivered("log")
    assert news.id == 2
    assert await journal.recent_entries(10) == ()
    assert journal.opening.carried["holds"] == 1
    await journal.close()


@pytest.mark.parametrize("table", ["outbox", "deliveries", "notifiers"])
async def test_news_are_not_told_a_second_time(path: Path, table: str) -> None:
    """When it cannot be read what was delivered already, nothing old is told at all."""
    await fill(path)
    tear(path, table)

    journal = await Journal.open(path)

    assert await journal.undelivered("log") == ()
    assert len(await journal.load_cases()) == 2
    await journal.close()


async def test_a_row_that_makes_no_sense_costs_that_row(path: Path) -> None:
    """A record that no start could read would end every start: the journal is set aside and the rest taken over."""
    await fill(path)
    with closing(sqlite3.connect(path)) as shell, shell:
        shell.execute("UPDATE targets SET record = json_set(record, '$.present', 'perhaps')")

    journal = await Journal.open(path)

    assert "a stored Known cannot be understood" in journal.opening.damage
    assert await journal.load_targets() == ()
    assert len(await journal.load_cases()) == 2
    await journal.close()


async def test_every_table_is_taken_over_or_left_on_purpose(path: Path) -> None:
    """A table that is added later is not forgotten here."""
    await (await Journal.open(path)).close()
    with closing(sqlite3.connect(path)) as shell:
        there = {name for (name,) in shell.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    taken = {table.name for table in (*journal_damage._TABLES, *journal_damage._NEWS)}

    assert there - LEFT == taken


def wound(path: Path, whole: bytes, chance: random.Random) -> None:
    """Put a journal in its place that is damaged somewhere."""
    for left in path.parent.glob("journal.db*"):
        left.unlink()
    wounded = bytearray(whole)
    for _ in range(chance.choice((1, 1, 3, 50))):
        place, size = chance.randrange(len(wounded)), chance.choice((1, 16, 4096))
        wounded[place : place + size] = chance.randbytes(size)
    path.write_bytes(wounded[: chance.choice((len(wounded), chance.randrange(len(wounded))))])


@pytest.mark.parametrize("seed", range(4))
async def test_damage_anywhere_never_stops_a_start(path: Path, seed: int) -> None:
    """Twenty-five random wounds each: the daemon starts with what is left or with a fresh journal, and can write."""
    chance = random.Random(seed)
    await fill(path)
    whole = await asyncio.to_thread(path.read_bytes)
    for _ in range(25):
        wound(path, whole, chance)

        journal = await Journal.open(path)
        await journal.load_cases()
        await journal.undelivered("log")
        await journal.save(a_case(an_incident(99, "new")), (), "goes on", at(9))
        await journal.close()
