"""A process whose loop stands still ends, by whatever it stands still."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from watchdog.core.freeze import read_freeze

PROGRAM = """
import asyncio, os, re, sys, time
from watchdog.engine.liveness import Watch

async def main():
    words = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
    watch = Watch(float(sys.argv[2]), words)
    task = asyncio.create_task(watch.run())
    await asyncio.sleep(float(sys.argv[3]))
    print("lived", flush=True)
    {fault}
    watch.disarm()
    task.cancel()
    await asyncio.sleep(float(sys.argv[3]))

asyncio.run(main())
"""


def run(tmp_path: Path, fault: str, limit: float, lives: float) -> tuple[int, str, str, float]:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(fault=fault), tmp_path / "words", str(limit), str(lives)],
        capture_output=True,
        text=True,
        check=False,
        timeout=25,
    )
    return done.returncode, done.stdout, (tmp_path / "words").read_text(), time.monotonic() - began


@pytest.mark.parametrize(
    ("fault", "place"),
    [("time.sleep(20)", "main (<string>"), ("re.match('(a+)+$', 'a' * 60 + 'b')", "match (re/__init__.py")],
    ids=["asleep", "GIL held"],
)
def test_a_loop_that_stands_still_ends_the_process(tmp_path: Path, fault: str, place: str) -> None:
    """Within its limit, with code 1 and its last words, also while no Python code can run."""
    code, said, words, seconds = run(tmp_path, fault, 1.0, 0.0)
    freeze = read_freeze(words, None)
    assert (code, said) == (1, "lived\n")
    assert freeze is not None
    assert freeze.places[0].startswith(place)
    assert seconds < 10


def test_a_loop_that_runs_is_left_alone(tmp_path: Path) -> None:
    """It lives for several limits, and after being disarmed for as long as it likes."""
    code, said, words, _ = run(tmp_path, "pass", 0.4, 1.0)
    assert (code, said, words) == (0, "lived\n", "")
