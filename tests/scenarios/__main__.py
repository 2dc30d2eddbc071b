"""Runs scenarios by name and prints what each one showed."""

from __future__ import annotations

import argparse
import importlib.util
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tests.scenarios.evidence import evidence
from tests.scenarios.stage import Failed, Timing, set_up

HERE = Path(__file__).parent
# Every scenario is meant to take less than 90 s; one that hangs is ended here, and cleaned up.
LONGEST = 180
TAIL, WIDE = 60, 300


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table at the end."""

    name: str
    passed: bool
    seconds: float
    timing: Timing


def names() -> list[str]:
    """All scenarios: the folders that hold a scenario.py, by name."""
    return sorted(path.parent.name for path in HERE.glob("*/scenario.py"))


def load(name: str) -> ModuleType:
    """The module of one scenario."""
    path = HERE / name / "scenario.py"
    spec = importlib.util.spec_from_file_location(f"scenario_{name.replace('-', '_')}", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"cannot read {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def ended_in_time(seconds: int) -> Iterator[None]:
    """Failed in the middle of whatever goes on, once so many seconds are over."""

    def ring(*_: object) -> None:
        raise Failed(f"not over within {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run(name: str) -> Row:
    """Run one scenario; prints its story as it goes."""
    module = load(name)
    print(f"\n=== {name}: {(module.__doc__ or '').strip().splitlines()[0]}", flush=True)
    began = time.monotonic()
    timing, passed = Timing(), False
    with tempfile.TemporaryDirectory(prefix=f"watchdog-{name}-") as work:
        try:
            with set_up(name, HERE / name, Path(work)) as stage:
                timing = stage.timing
                try:
                    with ended_in_time(LONGEST):
                        module.scenario(stage)
                        if leans_on := getattr(module, "LEANS_ON", ()):
                            print(f"    {evidence(stage, leans_on)}")
                    passed = True
                except BaseException:
                    tail = [line[:WIDE] for line in stage.daemon.log().splitlines()[-TAIL:]]
                    print("--- the daemon's log (tail)", *tail, sep="\n")
                    raise
        except Failed as failed:
            print(f"FAILED: {failed}")
        except Exception:  # noqa: BLE001 - one broken scenario must not hide the others
            traceback.print_exc(file=sys.stdout)
    row = Row(name, passed, time.monotonic() - began, timing)
    print(show(row), flush=True)
    return row


def show(row: Row) -> str:
    """One line of the table."""

    def seconds(value: float | None) -> str:
        return f"{value:8.3f}" if value is not None else "       -"

    verdict = "passed" if row.passed else "FAILED"
    return (
        f"{row.name:<24} {verdict}  detect {seconds(row.timing.detect)}  heal {seconds(row.timing.heal)}  "
        f"verify {seconds(row.timing.verify)}  whole {row.seconds:7.1f} s"
    )


def end_politely(number: int, _: object) -> None:
    """A signal to end is an exception like any other, so that what was started is removed."""
    raise SystemExit(128 + number)


def smoke_or_leaning(known: list[str], on: str | None) -> list[str]:
    """The quick ones, or those that lean on services named here and on no other."""
    if on is None:
        return [name for name in known if getattr(load(name), "SMOKE", False)]
    leaning = {name: set(getattr(load(name), "LEANS_ON", ())) for name in known}
    return [name for name, services in leaning.items() if services and services <= set(on.split(","))]


def main() -> int:
    """The command line."""
    signal.signal(signal.SIGTERM, end_politely)
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios", description=__doc__)
    parser.add_argument("name", nargs="*", help="scenarios to run")
    parser.add_argument("--all", action="store_true", help="run all of them")
    parser.add_argument("--smoke", action="store_true", help="run the quick ones that `make test` runs")
    parser.add_argument(
        "--leaning", metavar="NAME,NAME", help="run those that lean on influxdb or grafana, and on no other"
    )
    parser.add_argument("--list", action="store_true", help="name them")
    asked = parser.parse_args()
    known = names()
    if asked.list:
        for name in known:
            print(f"{name:<24} {(load(name).__doc__ or '').strip().splitlines()[0]}")
        return 0
    chosen = asked.name or (known if asked.all else smoke_or_leaning(known, asked.leaning))
    unknown = [name for name in chosen if name not in known]
    if unknown:
        print(f"no scenario {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    rows = [run(name) for name in chosen]
    print("\n--- scenarios, seconds by the engine's own clock")
    for row in rows:
        print(show(row))
    failed = [row for row in rows if not row.passed]
    print(f"{len(rows) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    raise SystemExit(main())
