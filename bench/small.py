"""What it costs and how soon it speaks: measurements that the black-box benchmark does not know."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from bench.engine_count import EngineCount
from bench.outside import Outside
from bench.tools import LABELS, find_healbench

# After its start, and after a heal, until it has come to rest: a verification lasts 10 s.
SETTLE = 4.0
REST = 14.0


@dataclass(slots=True)
class Idle:
    """What a daemon cost that had nothing to do. CPU seconds and requests a minute."""

    containers: int
    cpu: float
    requests: float
    which: str
    rss: float


@dataclass(slots=True)
class Told:
    """Seconds from a death to the first message about it at the Bot API; the first heal of a daemon stands alone."""

    first: float
    later: list[float] = field(default_factory=list)


def start_times(runs: int) -> list[float]:
    """Milliseconds of `watchdog --version`, from the outside."""
    program = os.path.join(os.path.dirname(sys.executable), "watchdog")  # noqa: PTH118, PTH120 - a string for exec
    took = []
    for _ in range(runs):
        begun = time.perf_counter()
        subprocess.run([program, "--version"], stdout=subprocess.DEVNULL, check=True)
        took.append((time.perf_counter() - begun) * 1000)
    return took


def idle(world: Outside, counts: tuple[int, ...], window: float, *, rest: float = REST) -> Iterator[Idle]:
    """With every feature on: the cost of so many sleeping containers, after one heal; its memory then."""
    with _containers() as bench:
        for count in counts:
            bench.create(count - len(bench.names))
            yield _idle(world, bench, window, rest, features=True)


def memory(world: Outside, *, features: bool, rest: float = REST) -> float:
    """MiB that are resident, after one heal, with 5 containers."""
    with _containers() as bench:
        bench.create(5)
        return _idle(world, bench, 0.0, rest, features=features).rss


def message_times(world: Outside, runs: int) -> Told:
    """A death and its message, so many times, each on another container."""
    with _containers() as bench:
        names = bench.create(runs)
        pids = {name: bench.pid(name) for name in names}
        with _daemon(world, bench, names):
            took = [_message_time(world, bench, name, pids[name]) for name in names]
    return Told(took[0], took[1:])


def _idle(world: Outside, bench: Any, window: float, rest: float, *, features: bool) -> Idle:
    path = world.folder / f"e{len(bench.names)}{int(features)}"
    with (
        EngineCount(path) as count,
        _daemon(world, bench, bench.names, features=features, socket_path=str(path)) as watcher,
    ):
        _crash(bench, bench.names[0], bench.pid(bench.names[0]))
        time.sleep(rest)
        count.reset()
        before = watcher.cpu()
        time.sleep(window)
        minutes = window / 60 or 1
        cpu, requests = (watcher.cpu() - before) / minutes, count.total / minutes
        rss, _ = watcher.mem()
        return Idle(len(bench.names), cpu, requests, count.by_kind(), rss)


def _crash(bench: Any, name: str, pid: int) -> int:
    """Kill its process, from the outside; engine time (ns) of the death, once it runs again."""
    asked = time.time_ns()
    os.kill(pid, 9)
    died = bench.ev.wait(name, "die", asked - 10**9, 10)
    if died is None or bench.ev.wait(name, "start", died, 30) is None:
        raise SystemExit(f"{name} was not healed within 30 s")
    return int(died)


def _message_time(world: Outside, bench: Any, name: str, pid: int) -> float:
    died = _crash(bench, name, pid)
    deadline = time.monotonic() + 20
    # The stand-in's clock is the monotonic one, the engine's the wall's.
    behind = time.time() - time.monotonic()
    while time.monotonic() < deadline:
        about = [each.at for each in world.telegram.posted() if name in each.text]
        if about:
            return min(about) + behind - died / 1e9
        time.sleep(0.02)
    return float("inf")


@contextmanager
def _containers() -> Iterator[Any]:
    """The benchmark's own way of making containers, hearing of their events and removing them."""
    asked = SimpleNamespace(
        prefix="perf", label=list(LABELS), network="none", restart_policy="no", cmd="", keep=False
    )
    bench = find_healbench().Bench(asked)
    try:
        yield bench
    finally:
        bench.close()


@contextmanager
def _daemon(
    world: Outside, bench: Any, names: list[str], *, features: bool = True, socket_path: str = ""
) -> Iterator[Any]:
    """The daemon in a control group of its own, so that all it starts is counted."""
    bench.a.cmd = world.command(features=features, socket_path=socket_path)
    watcher = bench.start_watcher(names, settle=SETTLE)
    try:
        yield watcher
    finally:
        bench.stop_watcher()
