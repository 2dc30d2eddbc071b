"""Checks that did not come with watchdog, asked by the whole daemon in process."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.engine.outsiders import eventually
from tests.engine.world import World, configure, make_engine, running
from tests.evil import ORIGIN
from watchdog.config import CheckConfig, Config
from watchdog.core.conduct import ENOUGH
from watchdog.core.freeze import Liveness
from watchdog.core.observation import Observation, Status
from watchdog.engine.monitor import Question
from watchdog.registry import CHECK_KINDS

ROOT = Path(__file__).resolve().parents[3]
NAMED = f"the plug-in check evil of {ORIGIN} (evil_plugins:Evil): "
MISCONDUCT = {
    "block": "no answer within 0.1 s",
    "spin": "no answer within 0.1 s",
    "never_end": "no answer within 0.1 s",
    "cling": "no answer within 0.1 s",
    "raise": "it raised ValueError: no idea",
    "exit": "it raised SystemExit: 7",
    "interrupt": "it raised KeyboardInterrupt",
    "nothing": "it answered with nothing, not with an Observation",
    "wrong_type": "it answered with a dict, not with an Observation",
    "other_target": "it answered about another target",
    "other_check": "it answered for another check",
    "naive_time": "its time has no time zone",
    "future": "its time is none that has been",
    "much_evidence": "its evidence has 100000 lines, and 500 are allowed",
    "long_fact": "its fact why is 10000000 characters long, and 4000 are allowed",
    "threads": "it leaves threads behind: ",
}


def with_evil(does: str, within: float = 0.1) -> Config:
    """The usual checks, and an evil one beside them."""
    kind: Any = CHECK_KINDS["evil"]
    check = kind("evil", kind.parameters_type(does=does))
    config = configure()
    added = CheckConfig(name="evil", check=check, playbook="container-crash", within=within)
    return replace(config, checks=(*config.checks, added))


@asynccontextmanager
async def guest(folder: Path, does: str, within: float = 0.1) -> AsyncIterator[World]:
    """A daemon with the target `app`, and an evil check that does this."""
    engine = make_engine()
    engine.add("app", log=("serving",))
    async with running(engine, folder, with_evil(does, within)) as world:
        await world.looked("app")
        yield world


async def ask(world: World) -> Observation:
    """What the evil check says of the target, asked now; fails if the daemon's loop stood still meanwhile."""
    question = next(each for each in questions(world) if each.check.name == "evil")
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.005)
            beats += 1

    task = asyncio.create_task(beat())
    begun = asyncio.get_running_loop().time()
    seen = await world.app.desk._monitor._probe(question, "app")  # type: ignore[attr-defined]
    lasted = asyncio.get_running_loop().time() - begun
    task.cancel()
    assert beats >= int(lasted / 0.3), f"the loop came round {beats} times in {lasted:.2f} s"
    assert isinstance(seen, Observation)
    return seen


def questions(world: World) -> tuple[Question, ...]:
    """What is asked of every target."""
    asked: tuple[Question, ...] = world.app.desk._monitor._questions  # type: ignore[attr-defined]
    return asked


@pytest.mark.parametrize("does", MISCONDUCT)
async def test_a_check_that_misbehaves_is_unknown_by_its_name(
    evil: ModuleType, tmp_path: Path, does: str
) -> None:
    """Whatever it does: UNKNOWN with a reason that names it, the loop goes on, our own check heals as ever."""
    # Only of what never answers the deadline is the point; a busy machine may take its time for the rest.
    within = 0.1 if "no answer" in MISCONDUCT[does] else 5.0
    async with guest(tmp_path, does, within) as world:
        deadline = time.monotonic() + 10
        seen = await ask(world)
        while seen.status is Status.OK and does == "threads" and time.monotonic() < deadline:
            # Whose threads they are is known only while no other plug-in runs: one of the tests before may still.
            seen = await ask(world)
        assert seen.status is Status.UNKNOWN
        reason = str(seen.finding.facts["reason"])
        left_behind = NAMED + "it has not come back from what it was asked before"
        assert reason.startswith(NAMED + MISCONDUCT[does]) or (
            does in ("block", "spin", "cling") and reason == left_behind
        )
        world.engine.crash("app")
        incident = await world.newest("resolved")
        assert incident.check == "containers"


@pytest.mark.parametrize("does", ["raise", "block", "nothing"])
async def test_after_five_failures_in_a_row_it_is_switched_off_and_told_once(
    evil: ModuleType, tmp_path: Path, does: str
) -> None:
    """It is not asked any more, people are told once, and it is shown in health, metrics and the status."""
    async with guest(tmp_path, does, within=0.02) as world:
        for _ in range(ENOUGH):
            if len(questions(world)) > 1:
                await ask(world)
        await world.until(lambda: len(questions(world)) == 1)
        await world.until(lambda: world.app.desk.status()["degraded"])
        assert world.app.desk.status()["degraded"] == [
            "the check evil is switched off: it went wrong again and again"
        ]
        assert "check-switched-off" in (await world.app.desk.health())["reasons"]
        assert 'watchdog_check_switched_off{check="evil"} 1.0' in await scraped(world)

        async def told() -> bool:
            return "switched_off" in await world.tellings()

        await eventually(told)
        assert (await world.tellings()).count("switched_off") == 1
    # The same configuration after a restart: still off, and not told again.
    async with guest(tmp_path, does) as world:
        assert [each.check.name for each in questions(world)] == ["containers"]
        assert (await world.tellings()).count("switched_off") == 1


async def scraped(world: World) -> str:
    """The metrics, as Prometheus gets them."""
    return (await world.app.web._metrics()).decode()


async def test_a_person_has_it_asked_again(evil: ModuleType, tmp_path: Path) -> None:
    """`watchdog retry evil` switches it on; an unknown name is refused as before."""
    async with guest(tmp_path, "raise") as world:
        for _ in range(ENOUGH):
            if len(questions(world)) > 1:
                await ask(world)
        await world.until(lambda: len(questions(world)) == 1)
        answer = await world.app.desk.retry("evil", "anna")
        assert answer == {
            "order": "retry",
            "target": "evil",
            "by": "anna",
            "answer": "it is asked again",
            "status": None,
        }
        assert len(questions(world)) == 2
        assert world.app.desk.status()["degraded"] == []
    with closing(sqlite3.connect(tmp_path / "journal.db")) as journal:
        (text,) = journal.execute("SELECT text FROM entries WHERE kind = 'order'").fetchone()
        assert text == "retry of the check evil ordered by anna"


async def test_another_configuration_switches_it_on_again(evil: ModuleType, tmp_path: Path) -> None:
    """What went wrong under one configuration is not held against it under another."""
    async with guest(tmp_path, "raise") as world:
        for _ in range(ENOUGH):
            if len(questions(world)) > 1:
                await ask(world)
        await world.until(lambda: len(questions(world)) == 1)
    with closing(sqlite3.connect(tmp_path / "journal.db")) as journal:
        journal.execute("UPDATE misconduct SET fingerprint = 'another'")
        journal.commit()
    async with guest(tmp_path, "well") as world:
        assert len(questions(world)) == 2


async def test_one_thread_is_left_behind_and_no_more(evil: ModuleType, tmp_path: Path) -> None:
    """A check that blocks is not asked again until it returns, and then it is."""
    async with guest(tmp_path, "block", within=0.3) as world:
        room = world.app.outsiders._checks["evil"].room
        check: Any = world.app.outsiders._checks["evil"].asks
        await world.until(lambda: room.thread.stuck)
        asked = check.asked
        seen = await ask(world)
        assert "has not come back" in str(seen.finding.facts["reason"])
        assert check.asked == asked == 1
        evil.LET_GO.set()
        await world.until(lambda: not room.thread.stuck)
        assert (await ask(world)).status is Status.OK


FROZEN = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, "tests/plugins_evil")
from tests.engine.outsiders.test_check import guest_that_watches_itself
asyncio.run(guest_that_watches_itself(Path(sys.argv[1])))
"""


async def guest_that_watches_itself(folder: Path) -> None:
    """In a process of its own, which this ends: a daemon whose evil check never lets go of the GIL."""
    engine = make_engine()
    engine.add("app")
    config = replace(with_evil("hold_the_gil"), liveness=Liveness(freeze=1.0))
    async with running(engine, folder, config) as world:
        if len(questions(world)) == 1:
            return  # it is switched off: there is nothing to wait for
        world.app.watch.arm()
        await world.looked("app")
        await asyncio.sleep(60)


def test_a_check_that_held_the_gil_twice_starts_switched_off(tmp_path: Path) -> None:
    """Each time the process ends itself by its liveness; the third one does not ask it, and people are told once."""
    ended = []
    for _ in range(3):
        command = [sys.executable, "-c", FROZEN, str(tmp_path / "state")]
        done = subprocess.run(command, cwd=ROOT, check=False, timeout=20, capture_output=True, text=True)
        ended.append(done.returncode)
    assert ended == [1, 1, 0], done.stderr
    with closing(sqlite3.connect(tmp_path / "state" / "journal.db")) as journal:
        told = journal.execute("SELECT telling, target FROM outbox WHERE telling = 'switched_off'").fetchall()
        frozen = journal.execute("SELECT check_name, target FROM freezes").fetchall()
    assert told == [("switched_off", "evil")]
    assert frozen == [("evil", "app")] * 2


async def test_what_cannot_be_looked_at_is_no_misconduct(evil: ModuleType, tmp_path: Path) -> None:
    """A plug-in that says that the other side cannot be reached is unknown for as long as that lasts."""
    async with guest(tmp_path, "cannot_look") as world:
        for _ in range(ENOUGH + 1):
            seen = await ask(world)
        assert seen.finding.facts["reason"] == "the shop is closed"
        assert len(questions(world)) == 2


@pytest.mark.parametrize("does", ["leave_a_task", "stop_the_loop", "tools", "well"])
async def test_an_answer_is_an_answer_whatever_else_it_did(
    evil: ModuleType, tmp_path: Path, does: str
) -> None:
    """Its loop is its own; the engine, the log and the roster can be asked from there."""
    async with guest(tmp_path, does, within=2.0) as world:
        for _ in range(3):
            seen = await ask(world)
            assert seen.status is Status.OK, seen
        if does == "tools":
            assert seen.evidence == ("serving",)
            assert seen.finding.facts == {"known": True}
        check: Any = world.app.outsiders._checks["evil"].asks
        assert check.threads == {"watchdog-plugin-evil"}
