from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.gateways.waiting import until
from watchdog.core.errors import Unreachable
from watchdog.gateways.program import run_program

ENVIRONMENT = {"PATH": os.environ["PATH"]}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


async def test_a_program_gives_its_output_and_its_complaint() -> None:
    """Both streams and the exit code."""
    ended = await run_program(("sh", "-c", "echo out; echo oops >&2; exit 3"), ENVIRONMENT, within=10)
    assert (ended.code, ended.output, ended.complaint) == (3, b"out\n", b"oops\n")


async def test_a_program_sees_only_the_environment_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon's own settings and secrets stay with the daemon."""
    monkeypatch.setenv("TELEGRAM_TOKEN", "hush")
    ended = await run_program(("env",), {**ENVIRONMENT, "A": "b"}, within=10)
    assert b"A=b" in ended.output
    assert b"hush" not in ended.output


async def test_a_complaint_is_bounded() -> None:
    """Of a program that talks without end only the last words are kept."""
    ended = await run_program(
        ("sh", "-c", "yes no | head -c 300000 >&2; echo last >&2"), ENVIRONMENT, within=10
    )
    assert len(ended.complaint) == 16 * 1024
    assert ended.complaint.endswith(b"last\n")


async def test_a_program_that_is_not_there_is_unreachable() -> None:
    """The error names it."""
    with pytest.raises(Unreachable, match="no-such-program could not be run: No such file"):
        await run_program(("no-such-program",), ENVIRONMENT, within=10)


async def test_a_program_past_its_deadline_is_killed_with_its_children(tmp_path: Path) -> None:
    """Nothing that it started goes on."""
    script = f"sleep 60 & echo $! > {tmp_path}/child; echo $$ > {tmp_path}/self; wait"
    with pytest.raises(Unreachable, match=r"did not end within 0\.5 s and was killed"):
        await run_program(("sh", "-c", script), ENVIRONMENT, within=0.5)
    pids = [int((tmp_path / name).read_text()) for name in ("child", "self")]
    await until(lambda: not any(alive(pid) for pid in pids))


async def test_a_child_that_outlives_its_parent_is_killed_too(tmp_path: Path) -> None:
    """A parent that ends while its child holds the output open is no way out."""
    script = f"sleep 60 & echo $! > {tmp_path}/child"
    with pytest.raises(Unreachable, match="did not end"):
        await run_program(("sh", "-c", script), ENVIRONMENT, within=0.5)
    child = int((tmp_path / "child").read_text())
    await until(lambda: not alive(child))


async def test_a_cancelled_caller_leaves_no_program_behind(tmp_path: Path) -> None:
    """Stopping the daemon stops what it runs."""
    pid_file = tmp_path / "pid"
    script = f"echo $$ > {pid_file}.new; mv {pid_file}.new {pid_file}; exec sleep 60"
    run = asyncio.create_task(run_program(("sh", "-c", script), ENVIRONMENT, within=60))
    await until(pid_file.exists)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    pid = int(pid_file.read_text())
    await until(lambda: not alive(pid))
