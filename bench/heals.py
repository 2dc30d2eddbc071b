"""How fast it heals: contestants in turn, round by round, so that a noisy machine is noisy for all of them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.outside import Outside
from bench.tools import HEALBENCH, LABEL, LABELS, REF_WATCHER

ALWAYS, REF, OURS, HOLE = "restart: always", "bare watcher", "watchdog", "watchdog, nobody outside answers"


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way of healing: a command that runs in the foreground, or the engine's restart policy."""

    name: str
    command: str
    policy: str = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured of one work: how often everybody has a turn, and how many faults a turn has.

    `gap`: seconds, at most, of chance before each fault; `patience`: after so many it counts as never healed;
    `limits`: whether those of the stack are at their defaults.
    """

    work: str
    who: tuple[str, ...]
    rounds: int
    runs: int = 1
    gap: float = 0.5
    patience: float = 30.0
    limits: bool = True

    def scaled(self, factor: float) -> Plan:
        """The same with so many times the rounds, at least one."""
        return replace(self, rounds=max(1, round(self.rounds * factor)))


# Seconds by figure of the work and by contestant.
Taken = dict[str, dict[str, list[float]]]


def contestant(name: str, world: Outside, *, limits: bool) -> Contestant:
    """Who that is."""
    if name == ALWAYS:
        return Contestant(name, "", policy="always")
    if name == REF:
        return Contestant(name, f"exec {sys.executable} {REF_WATCHER} {LABEL}")
    return Contestant(name, world.command(hole=name == HOLE, limits=limits))


def contest(plan: Plan, world: Outside) -> Taken:
    """All turns of all contestants of one work."""
    taken: Taken = {}
    for number in range(plan.rounds):
        # Who begins is another one each time.
        turn = number % len(plan.who)
        for name in (*plan.who[turn:], *plan.who[:turn]):
            print(f"{plan.work}: round {number + 1} of {plan.rounds}, {name}", file=sys.stderr, flush=True)
            for figure, values in _measure(contestant(name, world, limits=plan.limits), plan).items():
                taken.setdefault(figure, {}).setdefault(name, []).extend(values)
    return taken


def _measure(who: Contestant, plan: Plan) -> dict[str, list[float]]:
    """One turn: figures by name, seconds."""
    with tempfile.TemporaryDirectory(prefix="wd-turn-") as folder:
        out = Path(folder) / "out.json"
        labels: Sequence[str] = [part for label in LABELS for part in ("--label", label)]
        command = [sys.executable, str(HEALBENCH), "--name", who.name, "--cmd", who.command, *labels]
        command += ["--restart-policy", who.policy, "--work", plan.work, "--runs", str(plan.runs)]
        command += [
            "--timeout",
            str(plan.patience),
            "--mass-runs",
            "1",
            "--settle",
            "3",
            "--phase",
            str(plan.gap),
            "--json",
            str(out),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        if done.returncode or not out.exists():
            raise SystemExit(f"{who.name}, {plan.work}: {done.stderr.strip()[-800:]}")
        results = json.loads(out.read_text(encoding="utf-8"))["results"][plan.work]
    figures = {}
    for name, value in results.items():
        values = value if isinstance(value, list) else [value]
        figures[name] = [float(v) for v in values]
    return figures
