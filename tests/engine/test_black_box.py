"""What survives a frozen process."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from watchdog.core.freeze import Probe
from watchdog.engine.black_box import MARK_FILE, SIZE, SLOTS, TRACE_FILE, BlackBox

R = TypeVar("R")
TRACE = 'Timeout (0:00:04)!\nThread 0x1 (most recent call first):\n  File "/a/b.py", line 1 in f\n'


def marked(folder: Path) -> Probe | None:
    """Whom a daemon after this one would blame for a freeze now."""
    (folder / TRACE_FILE).write_text(TRACE)
    box = BlackBox(folder)
    box.close()
    assert box.found is not None
    return box.found.probe


def test_the_mark_outlives_a_process_that_is_killed(tmp_path: Path) -> None:
    """SIGKILL between two instructions: the mark is still there, and blames only if the process froze."""
    code = (
        "import os, pathlib, sys; from watchdog.engine.black_box import BlackBox;"
        "box = BlackBox(pathlib.Path(sys.argv[1])); box.mark('heavy', 'app#2'); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], check=False, timeout=20)
    assert done.returncode == -9

    killed = BlackBox(tmp_path)
    killed.mark("heavy", "app#2")
    killed.close()
    assert killed.found is None
    assert marked(tmp_path) == Probe("heavy", "app#2")


def test_a_new_daemon_begins_with_an_empty_box(tmp_path: Path) -> None:
    """What was found is found once."""
    (tmp_path / TRACE_FILE).write_text(TRACE)
    first, second = BlackBox(tmp_path), BlackBox(tmp_path)
    assert first.found is not None
    assert first.trace == TRACE
    assert second.found is None
    first.close()
    second.close()
    for name in (MARK_FILE, TRACE_FILE):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert (tmp_path / MARK_FILE).stat().st_blocks * 512 >= SIZE


@pytest.mark.parametrize(
    "content", [b"", b"\x01", b"\x01\xff\xfe\x00", b'\x01["a"]\x00', b"\x01[1,2,3]\x00", b"\x02x"]
)
def test_a_mark_that_cannot_be_read_blames_nobody(tmp_path: Path, content: bytes) -> None:
    """Half a mark, another version's, garbage: the daemon starts."""
    (tmp_path / MARK_FILE).write_bytes(content)
    assert marked(tmp_path) is None


def test_a_folder_that_cannot_be_written_costs_only_the_memory(tmp_path: Path) -> None:
    """Marks can be set all the same, and last words go to the log."""
    box = BlackBox(tmp_path / "not" / "there")
    box.mark("heavy", "app")
    box.clear()
    os.write(box.words, b"")
    box.close()


def test_names_of_any_length_and_script_fit(tmp_path: Path) -> None:
    """A long mark does not shine through a short one, an endless one breaks nothing."""
    box = BlackBox(tmp_path)
    for check, target in (("x" * 9999, "y"), ("é" * 60, "ü" * 60), ("a", "b")):
        box.mark(check, target)
    box.close()
    assert marked(tmp_path) == Probe("a", "b")


async def test_only_who_works_is_marked(tmp_path: Path) -> None:
    """A check that waits is not blamed for what others do meanwhile; its answer and its error come through."""
    box = BlackBox(tmp_path)
    memory = box._memory
    ticket: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    seen = []

    async def look() -> str:
        seen.append(memory[0])
        answer = await ticket
        seen.append(memory[0])
        await asyncio.sleep(0)
        if answer == "broken":
            raise ValueError(answer)
        return answer

    task = asyncio.ensure_future(_await(box, look()))
    await asyncio.sleep(0)
    assert (seen, memory[0]) == ([1], 0)
    ticket.set_result("well")
    assert await task == "well"
    assert (seen, memory[0]) == ([1, 1], 0)

    ticket = asyncio.get_running_loop().create_future()
    ticket.set_result("broken")
    with pytest.raises(ValueError, match="broken"):
        await _await(box, look())
    assert memory[0] == 0
    box.close()


async def test_a_deadline_reaches_the_check_inside(tmp_path: Path) -> None:
    """Cancelling goes through to the check, which may clean up, and the mark is cleared."""
    box = BlackBox(tmp_path)
    cleaned = []

    async def look() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append(box._memory[0])

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await _await(box, look())
    assert (cleaned, box._memory[0]) == ([1], 0)
    box.close()


async def test_a_check_that_is_dropped_in_its_middle_is_closed(tmp_path: Path) -> None:
    """The end of the loop closes what still waits."""
    box = BlackBox(tmp_path)
    closed = []

    async def look() -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            closed.append(True)

    waiting = box.watch("heavy", "app", look()).__await__()
    next(waiting)
    waiting.close()
    assert closed == [True]
    box.close()


async def _await(box: BlackBox, work: Coroutine[Any, Any, R]) -> R:
    return await box.watch("heavy", "app", work)


# --- code in threads of its own ---

HOLDS_GIL = """
import asyncio, pathlib, re, sys, time
from functools import partial
from watchdog.engine.black_box import BlackBox
from watchdog.engine.liveness import Watch
from watchdog.gateways.foreign_thread import ForeignThread

async def hold(): re.match("(a+)+$", "a" * 60 + "b")
async def sleep(): time.sleep(60)
async def fine(): pass

async def main(how):
    box = BlackBox(pathlib.Path(sys.argv[1]))
    threads = {}
    async def ask(name, work):
        slot = box.lend()
        thread = threads[name] = ForeignThread(name, left=slot.clear)
        try:
            async with asyncio.timeout(0.3):
                await thread.call(work, partial(slot.watch, name, "app"))
        except TimeoutError:
            pass
    Watch(1.5, box.words).arm()
    await ask("innocent", fine)
    await ask("sleeper", sleep)
    if how == "thread":
        await ask("holder", hold)
    elif how == "loop":
        time.sleep(60)
    else:
        async def look(): time.sleep(60)
        await box.watch("ours", "app", look())

asyncio.run(main(sys.argv[2]))
"""


@pytest.mark.parametrize(
    ("how", "blamed", "place"),
    [
        ("thread", Probe("holder", "app"), "match (re/"),
        ("loop", None, ""),
        ("check", Probe("ours", "app"), ""),
    ],
)
def test_who_holds_the_gil_in_a_thread_is_blamed_and_who_only_sleeps_is_not(
    tmp_path: Path, how: str, blamed: Probe | None, place: str
) -> None:
    """The process ends itself; of three threads the one is found that kept the loop from running, and where it stood."""
    command = [sys.executable, "-c", HOLDS_GIL, str(tmp_path), how]
    done = subprocess.run(command, check=False, timeout=25, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr

    box = BlackBox(tmp_path)
    box.close()
    assert box.found is not None
    assert box.found.probe == blamed
    assert box.found.places[0].startswith(place)


def test_slots_are_lent_given_back_and_run_out_without_harm(tmp_path: Path) -> None:
    """More threads than slots: those without one are not blamed, and nothing breaks."""
    box = BlackBox(tmp_path)
    slots = [box.lend() for _ in range(SLOTS + 1)]
    for slot in slots:
        slot._mark("x" * 9999, "é" * 60)
        slot.clear()
        slot._mark("odd", "app")
    assert marked(tmp_path) == Probe("odd", "app")
    for slot in slots:
        slot.give_back()
    assert [box.lend()._place for _ in range(SLOTS)].count(None) == 0
    box.close()


@pytest.mark.parametrize(
    "content", [b"\x01", b"\x01" + b"\xff" * 600, b"\x01" + b"\0" * 8 + b'["a", "b", "c"]\0']
)
def test_a_slot_that_cannot_be_read_blames_nobody(tmp_path: Path, content: bytes) -> None:
    """Half a mark, or garbage: the daemon starts."""
    (tmp_path / MARK_FILE).write_bytes(b"\0" * SIZE + content)
    assert marked(tmp_path) is None
