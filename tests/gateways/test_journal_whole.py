"""Each write of the journal is one transaction: what a crash leaves is all of it, or nothing."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.gateways.journal_samples import a_case, a_hold, a_notification, a_proposal, an_incident, at
from tests.scissors import Scissors, bury, take_scissors
from watchdog.core.check_in import CheckIn
from watchdog.core.freeze import Freeze, Probe
from watchdog.core.kept import KeptConfig
from watchdog.core.preflight import FirstSight
from watchdog.core.roster import Known
from watchdog.core.run import Outcome, Result
from watchdog.gateways.journal import Journal

FREEZE = Freeze(seconds=60.0, places=("f (x.py:1)",), probe=Probe("c", "t"))
SIGHT = FirstSight(container_id="c", version="2", keys={})
STEP = {
    "incident": "1",
    "playbook": "p",
    "target": "api",
    "action": "a",
    "rung": 0,
    "attempt": 1,
    "container_id": None,
    "text": "t",
    "now": at(2),
}
# Every method that writes, called so that it does; `forget` is many small ones on purpose.
WRITES: dict[str, Callable[[Journal], Awaitable[object]]] = {
    "save": lambda j: j.save(
        a_case(an_incident(2, "db"), hold=a_hold("db")), (a_notification(),) * 3, "why", at(2)
    ),
    "begin_step": lambda j: j.begin_step(**STEP),  # type: ignore[arg-type]
    "end_step": lambda j: j.end_step(1, Outcome(result=Result.DONE), at(3)),
    "settle_step": lambda j: j.settle_step(1, Outcome(result=Result.INTERRUPTED), at(3)),
    "end_run": lambda j: j.end_run("1", "healed", at(3)),
    "delivered": lambda j: j.delivered((1, 2), "log", "receipt", at(3)),
    "failed": lambda j: j.failed((1, 2), "log", "no", permanent=False, now=at(3)),
    "undelivered": lambda j: j.undelivered("new"),
    "tell": lambda j: j.tell(a_notification()),
    "keep_config": lambda j: j.keep_config(KeptConfig(path="/w.yml", files={}, at=at(1))),
    "beat": lambda j: j.beat(at(1)),
    "save_freeze": lambda j: j.save_freeze(FREEZE, "f", "text", (a_notification(),), at(1)),
    "save_targets": lambda j: j.save_targets(
        (Known(target="a", container_id="1"), Known(target="b", container_id="2"))
    ),
    "forget_target": lambda j: j.forget_target("a"),
    "save_proposal": lambda j: j.save_proposal(a_proposal()),
    "save_first_sight": lambda j: j.save_first_sight(SIGHT),
    "forget_first_sights": lambda j: j.forget_first_sights(("a", "b")),
    "save_check_in": lambda j: j.save_check_in(CheckIn(name="backup", expected=at(1))),
    "note": lambda j: j.note("n", "text", now=at(1)),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.mark.parametrize("name", WRITES)
async def test_every_write_is_whole_or_not_at_all(path: Path, name: str) -> None:
    """Each is one transaction: killed just before its end, nothing of it is there; just after, all of it."""
    found = []
    for lost in (None, True, False):
        for leftover in path.parent.glob("journal.db*"):
            leftover.unlink()
        journal = await Journal.open(path)
        await journal.save(a_case(an_incident()), (a_notification(),) * 2, "opened", at(1))
        await journal.begin_step(**STEP)  # type: ignore[arg-type]
        before = contents(path)
        scissors = Scissors(0 if lost is None else 1, lost=bool(lost))
        cut = await take_scissors(journal, scissors, lambda: None)
        call = asyncio.ensure_future(WRITES[name](journal))
        await asyncio.wait([call, asyncio.ensure_future(gone(scissors))], return_when="FIRST_COMPLETED")
        assert scissors.commits == 1
        found.append(contents(path))
        call.cancel()
        await asyncio.wait([call])
        await bury(journal, cut)

    assert found[1] == before
    assert found[2] == found[0]


async def gone(scissors: Scissors) -> None:
    """Wait until the process is dead, if it is to die."""
    while scissors.at and not scissors.dead:  # noqa: ASYNC110 - a test polls, with a deadline
        await asyncio.sleep(0)
    if not scissors.at:
        await asyncio.Event().wait()


def contents(path: Path) -> list[str]:
    """All that is on the disk."""
    with closing(sqlite3.connect(path)) as shell:
        return list(shell.iterdump())
