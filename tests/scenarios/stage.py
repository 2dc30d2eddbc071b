"""The stage of a scenario: its Compose project, the daemon under test, and the engine as a witness.

All times are differences of the engine's own clock, so the harness's scheduling is not in them.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.scenarios.daemon import Daemon, Json
from tests.scenarios.engine_log import EngineLog, Told
from tests.scenarios.failed import Failed

__all__ = ["SOCKET", "Failed", "Stage", "Timing", "Told", "set_up"]

SOCKET = "/var/run/docker.sock"
PLAYBOOKS = Path(__file__).parents[2] / "config" / "playbooks"
# What a scenario's compose file may name; stand-ins of the demo, unless `make verify-upstream` says otherwise.
UPSTREAM = {
    "{influxdb}": os.environ.get("WATCHDOG_TEST_INFLUXDB", "watchdog-demo/influxdb:local"),
    "{grafana}": os.environ.get("WATCHDOG_TEST_GRAFANA", "watchdog-demo/grafana:local"),
}
# Which acts on which service: {"app": {"start": 1}}.
Acts = Mapping[str, int]
# What these stand for in the engine's log.
START: Acts = {"start": 1}
STOP: Acts = {"kill": 1, "stop": 1}
STOP_WEDGED: Acts = {"kill": 2, "stop": 1}
REPLACE: Acts = {"create": 1, "destroy": 1, "start": 1}


def sum_acts(*acts: Acts) -> dict[str, int]:
    """All of these together."""
    return dict(sum((Counter(each) for each in acts), Counter[str]()))


@dataclass(slots=True)
class Timing:
    """The seconds that a scenario reports: trouble -> decided to act -> up again -> proven well."""

    detect: float | None = None
    heal: float | None = None
    verify: float | None = None


@dataclass
class Stage:
    """One running scenario."""

    name: str
    work: Path
    project: str
    daemon: Daemon
    engine: EngineLog
    timing: Timing = field(default_factory=Timing)

    # --- the stack, as a person at the keyboard has it ---

    def compose(self, *words: str, check: bool = True, timeout: float = 60) -> str:
        """Run docker compose on the scenario's project."""
        command = ["docker", "compose", "-p", self.project, "-f", str(self.work / "compose.yml"), *words]
        return self._command(command, check=check, timeout=timeout)

    def docker(self, *words: str, check: bool = True, timeout: float = 60) -> str:
        """Run docker."""
        return self._command(["docker", *words], check=check, timeout=timeout)

    def docker_at_once(self, *commands: tuple[str, ...], timeout: float = 60) -> None:
        """Run these docker commands side by side, as several people would."""
        begun = [(command, self._begin("docker", *command)) for command in commands]
        deadline = time.monotonic() + timeout
        for command, process in begun:
            try:
                code = process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                raise Failed(f"docker {' '.join(command)} did not end within {timeout:g} s") from None
            if code:
                raise Failed(f"docker {' '.join(command)} exited {code}")

    def container(self, service: str) -> str:
        """The id of a service's container (running or not)."""
        found = self.containers(f"label=com.docker.compose.service={service}")
        if len(found) != 1:
            raise Failed(f"{service} has {len(found)} containers")
        return found[0]

    def containers(self, *filters: str) -> list[str]:
        """The ids of the project's containers that pass these filters of `docker ps`."""
        wanted = [f"label=com.docker.compose.project={self.project}", *filters]
        words = [word for each in wanted for word in ("--filter", each)]
        return self.docker("ps", "-aq", "--no-trunc", *words).split()

    def inside(self, service: str, script: str) -> None:
        """Run a shell line inside a container, as root: a fault from within, without a `kill` event."""
        # It may end itself with its container, so its exit code says nothing.
        self.docker("exec", "-u", "0", self.container(service), "sh", "-c", script, check=False)

    def crash(self, *services: str) -> None:
        """The main process of each falls, all at once."""
        running = [
            self._begin("docker", "exec", "-u", "0", self.container(service), "sh", "-c", KILL_MAIN)
            for service in services
        ]
        for each in running:
            each.wait(20)

    def processes(self, *services: str) -> list[int]:
        """The first process of each, on this machine: for a death that takes no time and asks nothing of the engine."""
        return [int(self.state(service)["State"]["Pid"]) for service in services]

    def state(self, service: str) -> Json:
        """The engine's own word on a container: the whole inspect."""
        return dict(json.loads(self.docker("inspect", self.container(service)))[0])

    def status_of(self, service: str) -> str:
        """The engine's one word on a container: running, exited, created, paused ..."""
        return str(self.state(service)["State"]["Status"])

    def rewrite(self, old: str, new: str) -> None:
        """Edit the compose file."""
        path = self.work / "compose.yml"
        text = path.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise Failed(f"the compose file holds {old!r} {text.count(old)} times")
        path.write_text(text.replace(old, new), encoding="utf-8")

    def fill(self, mark: str, value: str) -> None:
        """Put a value that is known only now in the place of `{mark}` in all of the scenario's files."""
        for path in self.work.glob("*.yml"):
            path.write_text(path.read_text(encoding="utf-8").replace(mark, value), encoding="utf-8")

    def up(self, *services: str, check: bool = True) -> None:
        """Start the stack (or these services) and wait until what has a healthcheck has its first answer."""
        self.engine.open()
        self.compose("up", "-d", "--quiet-pull", *services, check=check)
        self.wait("the stack is up", lambda: not self.containers("health=starting"), 30)

    # --- the daemon ---

    def start_daemon(self, *, config: str = "watchdog.yml", within: float = 20) -> None:
        """Start the daemon as a user would, and wait until it answers."""
        self.daemon.launch(config)
        self.wait(
            "the daemon answers", lambda: self.daemon.runs and self.daemon.ask("/status") is not None, within
        )

    def watching(self, *targets: str, within: float = 20) -> None:
        """Wait until the daemon has looked at these targets."""
        for target in targets:
            self.standing(target, lambda row: row["status"] not in (None, "unknown"), within=within)

    def standing(self, target: str, condition: Callable[[Json], object] | str, *, within: float = 20) -> Json:
        """Wait until the target stands so (a condition, or its `state`); how it stands then."""
        seen: Json = {}

        def stands() -> bool:
            rows = (self.daemon.ask("/status") or {}).get("targets", [])
            row = next((row for row in rows if row["target"] == target), None)
            seen.clear()
            seen.update(row or {})
            if row is None:
                return False
            return row["state"] == condition if isinstance(condition, str) else bool(condition(row))

        what = condition if isinstance(condition, str) else "as promised"
        try:
            self.wait(f"{target} stands {what}", stands, within)
        except Failed as failed:
            raise Failed(f"{failed}\nit stands: {seen}") from None
        return seen

    def incidents(self, target: str | None = None) -> list[Json]:
        """All incidents of the journal (of a target), oldest first."""
        answer = self.daemon.ask("/incidents?limit=1000")
        if answer is None:
            raise Failed("the daemon does not answer")
        return [each for each in reversed(answer["incidents"]) if target in (None, each["target"])]

    def incident_of(self, target: str, phase: str, *, within: float = 60) -> Json:
        """Wait until the target's newest incident is in that phase; the incident."""

        def there() -> bool:
            mine = self.incidents(target)
            return bool(mine) and mine[-1]["phase"] == phase

        self.wait(f"the incident of {target} is {phase}", there, within)
        return self.incidents(target)[-1]

    def story(self, incident: str) -> list[Json]:
        """The timeline of an incident."""
        return list((self.daemon.ask(f"/incidents/{incident}") or {})["timeline"])

    def steps(self, incident: str) -> list[Json]:
        """The ends of its changing steps, in order: {action, attempt, result, text, at}."""
        ends = [line for line in self.story(incident) if line["kind"] == "step.ended"]
        return [line for line in ends if line["action"] != "collect_logs"]

    def tellings(self, target: str) -> list[str]:
        """What people were told of a target, oldest first, but for the words that a step begins."""
        before: list[str] | None = None
        told = [said["telling"] for said in self.daemon.notifications(target)]
        while told != before:
            time.sleep(0.2)  # messages come a moment after what they tell of: until nothing more is told
            before, told = told, [said["telling"] for said in self.daemon.notifications(target)]
        return [telling for telling in told if telling != "acting"]

    def told(self, target: str, telling: str) -> Json:
        """The first message of this kind about a target; it comes a moment after what it tells of."""
        self.wait(f"{telling} is told of {target}", lambda: self.daemon.notifications(target, telling), 10)
        return self.daemon.notifications(target, telling)[0]

    # --- the assertions that every scenario ends with ---

    def only(self, after: float, **allowed: Acts) -> None:
        """Since a mark exactly these acts were done, and nothing else to any service; `_` stands for `-`."""
        self.engine.only(after, {name.replace("_", "-"): acts for name, acts in allowed.items()})

    def only_incidents(self, *expected: tuple[str, str]) -> None:
        """There were exactly these incidents: (target, ending, or its phase if it is still open)."""
        seen = sorted((each["target"], each["ending"] or each["phase"]) for each in self.incidents())
        self.expect(f"exactly these incidents: {sorted(expected)}, seen: {seen}", seen == sorted(expected))

    def alive(self) -> None:
        """The daemon still runs and answers, to a user too."""
        self.expect("the daemon is alive", self.daemon.runs)
        answer = self.daemon.command("status", check=False)
        self.expect("the daemon answers", answer.get("engine", {}).get("connected") is True)

    def expect(self, what: str, truth: object) -> None:
        """One assertion, named."""
        if not truth:
            raise Failed(f"{what}\n{self.engine.recent()}")

    def wait(self, what: str, condition: Callable[[], object], within: float) -> None:
        """Wait for a condition with a deadline."""
        deadline = time.monotonic() + within
        while not condition():
            if time.monotonic() > deadline:
                raise Failed(f"not within {within:g} s: {what}\n{self.engine.recent()}")
            time.sleep(0.1)

    def let_pass(self, seconds: float) -> None:
        """Give it time to do what it must not do."""
        time.sleep(seconds)

    def mark(self) -> float:
        """The engine's clock now: what comes after this moment."""
        return time.time()

    # --- parts ---

    def _begin(self, *command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _command(self, command: list[str], *, check: bool, timeout: float) -> str:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=timeout, check=False, cwd=self.work
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"{' '.join(command)} did not end within {timeout:g} s") from None
        if check and done.returncode:
            raise Failed(f"{' '.join(command)} exited {done.returncode}: {done.stderr.strip()[-800:]}")
        return done.stdout

    def close(self) -> None:
        """Remove what was started, whatever state it is in. Each part is tried whatever became of the others."""
        label = f"label=com.docker.compose.project={self.project}"
        for part in (
            self.daemon.kill,
            # One KILL each: nothing that ignores TERM, or is paused, is waited for. Twice: one may be replaced.
            lambda: self._remove("ps", "-aq", then=("rm", "-f", "-v"), label=label),
            lambda: self._remove("ps", "-aq", then=("rm", "-f", "-v"), label=label),
            lambda: self._remove("network", "ls", "-q", then=("network", "rm"), label=label),
            self.engine.close,
        ):
            try:
                part()
            except (Failed, OSError, subprocess.SubprocessError) as error:
                print(f"--- not cleaned up: {error}")

    def _remove(self, *words: str, then: tuple[str, ...], label: str) -> None:
        found = self.docker(*words, "--filter", label).split()
        if found:
            self.docker(*then, *found)


# The first child of the init process is the program itself.
KILL_MAIN = "kill -9 $(cat /proc/1/task/1/children)"


def seconds_at(moment: Any) -> float:
    """A moment of the daemon's JSON, on the clock of the engine's events: they share a machine."""
    return datetime.fromisoformat(str(moment)).timestamp()


@contextmanager
def set_up(name: str, folder: Path, work: Path) -> Iterator[Stage]:
    """A stage for one scenario: its files copied, `{project}` and the like filled in; torn down in any case."""
    project = f"wd-{name}-{os.getpid()}"
    filled = {"{project}": project, "{playbooks}": str(PLAYBOOKS), "{work}": str(work), **UPSTREAM}
    for source in folder.glob("*.yml"):
        text = source.read_text(encoding="utf-8")
        for mark, value in filled.items():
            text = text.replace(mark, value)
        (work / source.name).write_text(text, encoding="utf-8")
    stage = Stage(name=name, work=work, project=project, daemon=Daemon(work), engine=EngineLog(project))
    try:
        yield stage
    finally:
        stage.close()
