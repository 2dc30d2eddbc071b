"""Everything that is measured, with its goal, in one table: `make bench`, or `python -m bench`.

How fast it heals is taken by `healbench.py`, a black-box benchmark that knows nothing of watchdog, from the engine's
own event stamps; watchdog runs in alternation with the engine's own `restart: always` and with a bare watcher
(`ref_watcher.py`: no policy, no memory, no messages). Quote the ratios: seconds belong to the machine. Under a quarter
of an hour on a quiet machine; ARGS="--quick" is a few minutes and proves less.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import small
from bench.figures import NEVER, Figure, median, ratio, show, spread
from bench.heals import ALWAYS, HOLE, OURS, REF, Plan, Taken, contest
from bench.outside import Outside, outside
from bench.tools import find_healbench, load

# What a container that ignores SIGTERM is given before it is killed. Seconds.
STOP_TIMEOUT = 10.0
PLANS = {
    "crash": Plan(work="crash", who=(OURS, ALWAYS, REF, HOLE), rounds=4, runs=5),
    "unhealthy": Plan(work="unhealthy", who=(OURS, REF), rounds=3, runs=5),
    "mass": Plan(work="mass", who=(OURS, ALWAYS, REF), rounds=4),
    "wedged": Plan(work="wedged", who=(OURS,), rounds=1, runs=1),
    "mass_wedged": Plan(work="mass_wedged", who=(OURS,), rounds=1, limits=False),
    "cold": Plan(work="cold", who=(OURS, REF), rounds=1, runs=6),
    "kill": Plan(work="kill", who=(OURS,), rounds=1, runs=2, patience=4.0),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for. `scale`: of the rounds; `window`: seconds of idling."""

    scale: float
    window: float
    counts: tuple[int, ...]
    messages: int


Measurement = Callable[[Outside, Asked], Iterator[Figure]]


def _heal(work: str, world: Outside, asked: Asked) -> tuple[Taken, float]:
    before = load()
    taken = contest(PLANS[work].scaled(asked.scale), world)
    return taken, max(before, load())


def _crash(world: Outside, asked: Asked) -> Iterator[Figure]:
    taken, busy = _heal("crash", world, asked)
    heal = taken["heal_s"]
    beside = f"{OURS} {spread(heal[OURS])}; {ALWAYS} {spread(heal[ALWAYS])}; {REF} {spread(heal[REF])}"
    yield Figure(
        name="crash -> running, beside `restart: always`",
        value=ratio(heal[OURS], heal[ALWAYS]),
        unit="x",
        limit=0.85,
        detail=beside,
        load=busy,
    )
    yield Figure(
        name="the same, nobody outside answering, beside normal",
        value=ratio(heal[HOLE], heal[OURS]),
        unit="x",
        limit=1.05,
        detail=spread(heal[HOLE]),
        load=busy,
    )


def _unhealthy(world: Outside, asked: Asked) -> Iterator[Figure]:
    taken, busy = _heal("unhealthy", world, asked)
    seen, back = taken["detect_s"], taken["restarted_s"]
    detail = f"{OURS} {spread(seen[OURS])}; {REF} {spread(seen[REF])}"
    name = "unhealthy -> first action, beside the bare watcher"
    yield Figure(name=name, value=ratio(seen[OURS], seen[REF]), unit="x", limit=1.5, detail=detail, load=busy)
    detail = f"{OURS} {spread(back[OURS])}; {REF} {spread(back[REF])}"
    yield Figure(
        name="unhealthy -> running", value=ratio(back[OURS], back[REF]), unit="x", detail=detail, load=busy
    )


def _mass(world: Outside, asked: Asked) -> Iterator[Figure]:
    taken, busy = _heal("mass", world, asked)
    back = taken["all_back_s"]
    yield Figure(
        name="20 killed at once, all back, beside `restart: always`",
        value=ratio(back[OURS], back[ALWAYS]),
        unit="x",
        limit=0.95,
        detail=f"{OURS} {spread(back[OURS])}; {ALWAYS} {spread(back[ALWAYS])}; {REF} {spread(back[REF])}",
        load=busy,
    )


def _wedged(world: Outside, asked: Asked) -> Iterator[Figure]:
    taken, busy = _heal("wedged", world, asked)
    back = taken["restarted_s"][OURS]
    value = median(back) / STOP_TIMEOUT
    name = "one that ignores SIGTERM, running, in stop timeouts"
    yield Figure(name=name, value=value, unit="x", detail=spread(back, 2), load=busy)


def _mass_wedged(world: Outside, asked: Asked) -> Iterator[Figure]:
    taken, busy = _heal("mass_wedged", world, asked)
    back = taken["all_back_s"][OURS]
    yield Figure(
        name="20 that ignore SIGTERM, all back, in stop timeouts (storm and budget out of the way)",
        value=median(back) / STOP_TIMEOUT,
        unit="x",
        limit=1.7,
        detail=spread(back, 2),
        load=busy,
    )


def _cold(world: Outside, asked: Asked) -> Iterator[Figure]:
    taken, busy = _heal("cold", world, asked)
    heal = taken["spawn_to_heal_s"]
    detail = f"{spread(heal[OURS])}; {REF} {spread(heal[REF])}"
    yield Figure(
        name="cold start -> first heal",
        value=median(heal[OURS]),
        unit="s",
        limit=1.5,
        detail=detail,
        load=busy,
    )


def _kill(world: Outside, asked: Asked) -> Iterator[Figure]:
    taken, busy = _heal("kill", world, asked)
    heal = taken["heal_s"]
    back = sum(each != NEVER for each in heal[OURS])
    name = "killed by `docker kill`, a person's doing: brought back"
    detail = f"of {len(heal[OURS])}, within {PLANS['kill'].patience:.0f} s"
    yield Figure(name=name, value=back, unit="", limit=0, detail=detail, load=busy)


def _version(_: Outside, asked: Asked) -> Iterator[Figure]:
    took = small.start_times(20 if asked.scale >= 1 else 8)
    name, detail = "`watchdog --version`", spread(took, 0, " ms")
    yield Figure(name=name, value=median(took), unit="ms", limit=150, detail=detail, load=load())


def _idle(world: Outside, asked: Asked) -> Iterator[Figure]:
    found = list(small.idle(world, asked.counts, asked.window))
    few, many = found[0], found[-1]
    costs = "; ".join(f"{each.cpu:.3f} with {each.containers}" for each in found)
    over = f"over {asked.window:.0f} s"
    yield Figure(
        name=f"idle with {many.containers} containers, CPU s a minute",
        value=many.cpu,
        unit="s",
        limit=0.3,
        detail=over,
        load=load(),
    )
    yield Figure(
        name=f"the same, beside {few.containers} containers",
        value=many.cpu / few.cpu if few.cpu else 0,
        unit="x",
        limit=1.5,
        detail=costs,
        load=load(),
    )
    yield Figure(
        name="engine requests a minute, idle",
        value=max(each.requests for each in found),
        unit="",
        limit=10,
        detail=f"{over}: {many.which}",
        load=load(),
    )
    yield Figure(
        name="RSS with everything configured, after a heal",
        value=max(each.rss for each in found),
        unit="MiB",
        limit=100,
        detail="; ".join(f"{each.rss:.1f} with {each.containers}" for each in found),
        load=load(),
    )


def _memory(world: Outside, _: Asked) -> Iterator[Figure]:
    rss = small.memory(world, features=False)
    name = "RSS without InfluxDB and Telegram, after a heal"
    yield Figure(name=name, value=rss, unit="MiB", limit=75, detail="with 5 containers", load=load())


def _message(world: Outside, asked: Asked) -> Iterator[Figure]:
    told = small.message_times(world, asked.messages)
    yield Figure(
        name="`die` -> message at the Bot API (stand-in)",
        value=median([told.first, *told.later]) * 1000,
        unit="ms",
        limit=150,
        detail=f"the daemon's first {told.first * 1000:.0f} ms; later {spread(told.later)}",
        load=load(),
    )


MEASUREMENTS: dict[str, Measurement] = {
    "version": _version,
    "crash": _crash,
    "unhealthy": _unhealthy,
    "mass": _mass,
    "wedged": _wedged,
    "mass_wedged": _mass_wedged,
    "cold": _cold,
    "message": _message,
    "memory": _memory,
    "idle": _idle,
    "kill": _kill,
}


def main() -> int:
    """The command line; exit code 1 when a goal was missed."""
    names = ", ".join(MEASUREMENTS)
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--work", default=",".join(MEASUREMENTS), help=f"comma list of: {names}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, a shorter idle, 50 containers")
    parser.add_argument("--scale", type=float, default=1.0, help="so many times the rounds")
    parser.add_argument("--json", type=Path, help="the figures also into this file")
    given = parser.parse_args()
    find_healbench()
    quick = Asked(scale=0.34, window=20.0, counts=(5, 50), messages=4)
    full = Asked(scale=given.scale, window=60.0, counts=(5, 200), messages=8)
    begun, figures = time.monotonic(), list[Figure]()
    with outside() as world:
        for work in given.work.split(","):
            if work not in MEASUREMENTS:
                parser.error(f"there is no work {work!r}; there are {names}")
            for figure in MEASUREMENTS[work](world, quick if given.quick else full):
                figures.append(figure)
                print(show([figure]).splitlines()[-1], file=sys.stderr, flush=True)
    print(show(figures))
    print(f"\n{(time.monotonic() - begun) / 60:.1f} minutes; figures of the outside are a stand-in's.")
    if given.json:
        given.json.write_text(json.dumps([asdict(each) for each in figures], indent=1), encoding="utf-8")
    return int(any(each.reached is False for each in figures))


if __name__ == "__main__":
    raise SystemExit(main())
