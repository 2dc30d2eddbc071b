import asyncio
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.gateways.journal_samples import a_case, a_notification, an_incident, at
from watchdog.core.durability import Opening
from watchdog.core.errors import JournalError
from watchdog.core.incident import Phase
from watchdog.core.roster import Known
from watchdog.core.run import Outcome, Result
from watchdog.core.story import Trigger
from watchdog.gateways.journal import Journal

# Saves and says so, until it is killed.
WRITER = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from tests.gateways.journal_samples import a_case, a_notification, an_incident, at
from watchdog.gateways.journal import Journal

async def main():
    journal = await Journal.open(Path(sys.argv[1]))
    first = int(sys.argv[2])
    for number in range(first, first + 100000):
        case = a_case(replace(an_incident(1), attempts=number))
        await journal.save(case, (a_notification(case.incident, number),), str(number), at(number))
        step = await journal.begin_step(
            incident="1", playbook="p", target="api", action=str(number), rung=0, attempt=1,
            container_id=None, text="", now=at(number),
        )
        print(number, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    journal = await Journal.open(path)
    yield journal
    await journal.close()


async def test_the_story_of_an_incident_is_told_from_end_to_end(journal: Journal) -> None:
    """Opened, acted on, healed: every decision, step, its evidence and what people were told."""
    incident = an_incident()
    opened, healed = a_notification(incident, 1), a_notification(incident, 9)
    done = Outcome(result=Result.DONE, evidence=("listening on 80",))
    await journal.save(a_case(incident), (opened,), "opened", at(1))
    step = await journal.begin_step(
        incident="1",
        playbook="container-crash",
        target="api",
        action="start_container",
        rung=0,
        attempt=1,
        container_id="c1",
        text="start api",
        now=at(2),
    )
    (begun,) = await journal.open_steps()
    await journal.end_step(step, done, at(3))
    await journal.delivered((1,), "log", "", at(4))
    await journal.failed((1,), "telegram", "timeout", permanent=False, now=at(4))
    resolved = replace(incident, phase=Phase.RESOLVED, resolved=at(9))
    await journal.save(a_case(resolved), (healed,), "healed", at(9))
    await journal.end_run("1", "healed", at(9))

    story = await journal.story("1")

    assert resolved == story.incident
    assert [entry.text for entry in story.entries] == ["opened", "healed"]
    assert story.run is not None
    assert ("healed", Trigger.INCIDENT, at(9)) == (story.run.result, story.run.trigger, story.run.ended)
    assert (replace(begun, ended=at(3), outcome=done),) == story.steps
    assert [opened, healed] == [told.notification for told in story.told]
    assert [delivery.notifier for delivery in story.told[0].deliveries] == ["log", "telegram"]


async def test_a_restart_finds_everything_again(path: Path) -> None:
    """Cases, numbers, targets, an interrupted step, news and the story are there for the next daemon."""
    incident, known = an_incident(4, phase=Phase.ACTING), Known(target="api", container_id="c1")
    journal = await Journal.open(path)
    await journal.save(a_case(incident), (a_notification(incident),), "opened", at(1))
    await journal.begin_step(
        incident="4",
        playbook="p",
        target="api",
        action="a",
        rung=1,
        attempt=2,
        container_id=None,
        text="t",
        now=at(2),
        trigger=Trigger.OPERATOR,
    )
    assert len(await journal.undelivered("log")) == 1
    await journal.save_targets((known, replace(known, target="gone")))
    await journal.forget_target("gone")
    await journal.note("daemon.stopped", "stopped", now=at(3))
    await journal.close()

    journal = await Journal.open(path)

    assert (a_case(incident),) == await journal.load_cases()
    assert await journal.last_incident_number() == 4
    assert (known,) == await journal.load_targets()
    assert (incident,) == await journal.incidents(5, "api")
    assert len(await journal.undelivered("log")) == 1
    assert [entry.text for entry in await journal.recent_entries(5)] == ["opened", "stopped"]
    (step,) = await journal.open_steps()
    assert (step.trigger, step.rung, step.attempt) == (Trigger.OPERATOR, 1, 2)
    await journal.settle_step(step.id, Outcome(result=Result.INTERRUPTED), at(5))
    assert await journal.open_steps() == ()
    await journal.failed((1,), "log", "gone", permanent=True, now=at(6))
    assert await journal.undelivered("log") == ()
    await journal.close()


async def test_many_at_once_are_written_in_the_order_of_their_calls(journal: Journal) -> None:
    """Responder, runner and dispatcher never wait for each other's order: first come, first written."""
    await asyncio.gather(*(journal.note("n", str(number), now=at(number)) for number in range(300)))

    assert [str(number) for number in range(300)] == [e.text for e in await journal.recent_entries(300)]


async def test_closing_writes_what_was_asked_for_before(path: Path) -> None:
    """A graceful stop loses nothing, not even what nobody waited for yet."""
    journal = await Journal.open(path)
    calls = [asyncio.create_task(journal.note("n", str(number), now=at(1))) for number in range(50)]
    await asyncio.sleep(0)

    await journal.close()
    await journal.close()

    assert all(call.done() for call in calls)
    journal = await Journal.open(path)
    assert len(await journal.recent_entries(100)) == 50
    await journal.close()


async def test_a_closed_journal_says_so(path: Path) -> None:
    """Nobody believes that something was written after the end."""
    journal = await Journal.open(path)
    await journal.close()

    with pytest.raises(JournalError, match="the journal is closed"):
        await journal.note("n", "late", now=at(1))


async def test_a_journal_that_cannot_be_opened_says_why(tmp_path: Path, path: Path, journal: Journal) -> None:
    """The reason and the fix reach the one who starts the daemon; the other watchdog is not disturbed."""
    with pytest.raises(JournalError, match="its folder does not exist"):
        await Journal.open(tmp_path / "missing" / "journal.db")
    with pytest.raises(JournalError, match="another watchdog"):
        await Journal.open(path)

    await journal.note("n", "still here", now=at(1))


async def test_a_journal_without_one_of_its_tables_is_set_aside(path: Path) -> None:
    """A file that somebody edited is no journal any more: it is put away, and the next start is an ordinary one."""
    await (await Journal.open(path)).close()
    with closing(sqlite3.connect(path)) as shell:
        shell.execute("DROP TABLE outbox")

    journal = await Journal.open(path)
    await journal.close()

    assert journal.opening.damage == "it lacks outbox.at_wall"
    journal = await Journal.open(path)
    await journal.close()
    assert journal.opening == Opening()


def start_writer(path: Path, first: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(first)], stdout=subprocess.PIPE, text=True
    )


def test_killed_at_any_moment_nothing_acknowledged_is_lost(path: Path) -> None:
    """SIGKILL in the middle of writing, again and again: the journal opens and holds every answer given."""
    chance, last, acknowledged = random.Random(7), 0, set[str]()
    for _ in range(5):
        with start_writer(path, last + 1) as writer:
            assert writer.stdout is not None
            for _ in range(chance.randint(1, 150)):
                acknowledged.add(writer.stdout.readline().strip())
            writer.kill()
            acknowledged.update(writer.stdout.read().split())
        with closing(sqlite3.connect(path)) as shell:
            assert shell.execute("PRAGMA integrity_check").fetchall() == [("ok",)]

        last = asyncio.run(read_after_crash(path, acknowledged))


async def read_after_crash(path: Path, acknowledged: set[str]) -> int:
    """Check that all is there that was acknowledged; returns the last number that was written."""
    journal = await Journal.open(path)
    texts = [entry.text for entry in await journal.recent_entries(100000)]
    steps = [step.action for step in await journal.open_steps()]
    (case,) = await journal.load_cases()
    news = await journal.undelivered("log", 100000)
    await journal.close()

    assert acknowledged <= set(texts)
    assert acknowledged <= set(steps)
    # One more may be there whose answer was lost: then all of its parts are.
    assert texts == [str(round(entry.notification.at.boot)) for entry in news]
    assert case.incident is not None
    assert texts[-1] == str(case.incident.attempts)
    return int(texts[-1])


def test_killed_while_it_is_first_made_the_journal_opens_all_the_same(path: Path) -> None:
    """Wherever the first start was cut short, the second one works."""
    for sign in ("journal.db.lock", "journal.db.new", "journal.db.new-wal", "journal.db"):
        for leftover in path.parent.iterdir():
            leftover.unlink()
        with start_writer(path, 1) as writer:
            deadline = time.monotonic() + 20
            while not (path.exists() or path.with_name(sign).exists()) and time.monotonic() < deadline:
                time.sleep(0.0002)
            writer.kill()

        asyncio.run(open_and_close(path))


async def open_and_close(path: Path) -> None:
    await (await Journal.open(path)).close()
