"""Time from a container's death to its start: watchdog beside the engine's own policy and a bare watcher.

The measuring itself is done by `healbench.py`, a black-box benchmark that takes all times from the engine's
own event stamps. It and the bare watcher `ref_watcher.py` (no policy, no memory, no messages: the floor) are
looked for in `../shared/bench`, or where BENCH_TOOLS says. The contestants run in turn, round by round, so
that a noisy machine is noisy for all of them; quote the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
NEVER = float("inf")
WORKS = "crash, unhealthy, wedged, mass, mass_unhealthy, mass_wedged, cold, stopped, stopped_unhealthy"


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way of healing: a command that runs in the foreground, or the engine's restart policy."""

    name: str
    command: str
    policy: str = "no"


def contestants(tools: Path) -> tuple[Contestant, ...]:
    """Who runs against whom."""
    daemon = f'WATCHDOG_LISTEN=off WATCHDOG_STATE_DIR="$HB_WORKDIR/state-$$" exec {sys.executable} -m watchdog run --config {HERE}/watchdog.yml'
    return (
        Contestant("watchdog", daemon),
        Contestant("restart: always", "", policy="always"),
        Contestant("bare watcher", f"exec {sys.executable} {tools}/ref_watcher.py bench.watchdog=on"),
    )


def measure(tools: Path, who: Contestant, work: str, runs: int) -> dict[str, list[float]]:
    """One turn of one contestant: figures by name, seconds."""
    with tempfile.TemporaryDirectory(prefix="watchdog-bench-") as folder:
        out = Path(folder) / "out.json"
        command = [sys.executable, str(tools / "healbench.py"), "--name", who.name, "--cmd", who.command]
        command += ["--label", "bench.watchdog=on", "--label", "watchdog.expect=running"]
        command += ["--restart-policy", who.policy, "--work", work, "--runs", str(runs), "--mass-runs", "1"]
        command += ["--settle", "3", "--phase", "1", "--json", str(out)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE.parent)
        if done.returncode or not out.exists():
            raise SystemExit(f"{who.name}, {work}: {done.stderr.strip()[-800:]}")
        results = json.loads(out.read_text(encoding="utf-8"))["results"][work]
    figures = {}
    for name, value in results.items():
        values = value if isinstance(value, list) else [value]
        figures[name] = [float(v) for v in values]
    return figures


def report(work: str, figure: str, taken: dict[str, list[float]]) -> None:
    """One table: medians, extremes, and each as a ratio to the engine's own policy."""
    base = statistics.median(taken.get("restart: always", [NEVER]))
    print(f"\n{work}: {figure}")
    print(f"  {'':<18}{'median':>9}{'min':>9}{'max':>9}{'n':>5}   beside restart: always")
    for name, values in taken.items():
        median = statistics.median(values)
        shown = [f"{v:9.3f}" if v != NEVER else "    never" for v in (median, min(values), max(values))]
        ratio = f"{median / base:.2f} x" if base not in (0, NEVER) and median != NEVER else "-"
        print(f"  {name:<18}{''.join(shown)}{len(values):>5}   {ratio}")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--work", default="crash", help=f"comma list of: {WORKS}")
    parser.add_argument("--rounds", type=int, default=3, help="how often everybody has a turn")
    parser.add_argument("--runs", type=int, default=5, help="faults a turn")
    asked = parser.parse_args()
    tools = Path(os.environ.get("BENCH_TOOLS", HERE.parents[1] / "shared" / "bench"))
    if not (tools / "healbench.py").exists():
        print(
            f"healbench.py is not in {tools}. Fix: set BENCH_TOOLS to the folder that holds it",
            file=sys.stderr,
        )
        return 2
    for work in asked.work.split(","):
        taken: dict[str, dict[str, list[float]]] = {}
        for number in range(asked.rounds):
            for who in contestants(tools):
                print(
                    f"{work}: round {number + 1} of {asked.rounds}, {who.name}", file=sys.stderr, flush=True
                )
                for figure, values in measure(tools, who, work, asked.runs).items():
                    taken.setdefault(figure, {}).setdefault(who.name, []).extend(values)
        for figure, by_name in taken.items():
            report(work, figure, by_name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
