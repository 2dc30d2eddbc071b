"""The stage of a scenario: its Compose project, the daemon under test, and the engine's own event log.

All times are differences of the engine's own clock, so the harness's scheduling is not in them.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SOCKET = "/var/run/docker.sock"
CHANGING = (
    "start",
    "stop",
    "kill",
    "die",
    "destroy",
    "create",
    "pause",
    "unpause",
    "restart",
    "oom",
    "health_status",
)


class Failed(Exception):  # noqa: N818 - a scenario has failed
    """What was promised did not happen, or something else did."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event of the engine: its clock in seconds, what, to which service, and the details."""

    at: float
    action: str
    service: str
    container_id: str
    attributes: dict[str, str]


@dataclass(slots=True)
class Timing:
    """The seconds that a scenario reports."""

    detect: float | None = None
    heal: float | None = None
    verify: float | None = None


@dataclass
class Stage:
    """One running scenario."""

    name: str
    folder: Path
    work: Path
    project: str
    timing: Timing = field(default_factory=Timing)
    socket: str = SOCKET
    _events: list[Told] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _listener: subprocess.Popen[str] | None = None
    _daemon: subprocess.Popen[bytes] | None = None

    # --- the stack ---

    def compose(self, *words: str, check: bool = True, timeout: float = 120) -> str:
        """Run docker compose on the scenario's project, as a person at the keyboard would."""
        command = ["docker", "compose", "-p", self.project, "-f", str(self.work / "compose.yml"), *words]
        return self._command(command, check=check, timeout=timeout)

    def docker(self, *words: str, check: bool = True, timeout: float = 60) -> str:
        """Run docker, as a person at the keyboard would."""
        return self._command(["docker", *words], check=check, timeout=timeout)

    def container(self, service: str) -> str:
        """The id of a service's container (running or not)."""
        found = self.compose("ps", "-a", "-q", service).split()
        if not found:
            raise Failed(f"{service} has no container")
        return found[0]

    def inside(self, service: str, script: str, *, check: bool = False) -> str:
        """Run a shell line inside a container, as root: a fault from within, without a `kill` event."""
        return self.docker("exec", "-u", "0", self.container(service), "sh", "-c", script, check=check)

    def inspect(self, service: str) -> dict[str, Any]:
        """The engine's own word on a container."""
        return dict(json.loads(self.docker("inspect", self.container(service)))[0])

    def up(self) -> None:
        """Start the stack and wait until what has a healthcheck is healthy."""
        self.compose("up", "-d", "--quiet-pull")
        self._listen()

        def ready() -> bool:
            rows = [
                json.loads(line) for line in self.compose("ps", "-a", "--format", "json").splitlines() if line
            ]
            return all(row["Health"] in ("", "healthy") for row in rows if row["State"] == "running")

        self.wait("the stack is up", ready, 60)

    # --- the daemon ---

    def start_daemon(self, *, config: str = "watchdog.yml", within: float = 20) -> None:
        """Start the daemon as a user would, and wait until it answers."""
        log = (self.work / "daemon.log").open("ab")
        environment = {**os.environ, "WATCHDOG_STATE_DIR": str(self.state)}
        self._daemon = subprocess.Popen(
            [sys.executable, "-m", "watchdog", "run", "--config", str(self.work / config)],
            stdout=log,
            stderr=log,
            env=environment,
            cwd=self.work,
            start_new_session=True,
        )
        log.close()

        def answers() -> bool:
            if self._daemon is not None and self._daemon.poll() is not None:
                raise Failed(f"the daemon ended with {self._daemon.returncode}:\n{self.log()[-2000:]}")
            return self.status() is not None

        self.wait("the daemon answers", answers, within)

    def watching(self, *targets: str, within: float = 20) -> None:
        """Wait until the daemon has looked at these targets."""

        def looked() -> bool:
            seen = {row["target"]: row for row in (self.status() or {}).get("targets", [])}
            return all(seen.get(target, {}).get("status") not in (None, "unknown") for target in targets)

        self.wait(f"the daemon watches {', '.join(targets)}", looked, within)

    def kill_daemon(self) -> None:
        """SIGKILL: no goodbye."""
        if self._daemon is not None:
            self._daemon.send_signal(signal.SIGKILL)
            self._daemon.wait(10)
            self._daemon = None

    def stop_daemon(self) -> int:
        """SIGTERM; the exit code."""
        if self._daemon is None:
            return 0
        self._daemon.send_signal(signal.SIGTERM)
        code = self._daemon.wait(10)
        self._daemon = None
        return code

    @property
    def state(self) -> Path:
        """The daemon's state folder."""
        return self.work / "state"

    def watchdog(
        self, *words: str, check: bool = False, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line against the daemon under test."""
        done = subprocess.run(
            [sys.executable, "-m", "watchdog", *words],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env={**os.environ, "WATCHDOG_STATE_DIR": str(self.state)},
        )
        if check and done.returncode:
            raise Failed(f"watchdog {' '.join(words)} exited {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def status(self) -> dict[str, Any] | None:
        """`watchdog status --json`, None when no daemon answers."""
        done = self.watchdog("status", "--json")
        try:
            return dict(json.loads(done.stdout))
        except ValueError:
            return None

    def target(self, name: str) -> dict[str, Any]:
        """One target of the status."""
        for row in (self.status() or {}).get("targets", []):
            if row["target"] == name:
                return dict(row)
        return {}

    def incidents(self) -> list[dict[str, Any]]:
        """All incidents of the journal, newest first."""
        return list(json.loads(self.watchdog("incidents", "--json").stdout)["incidents"])

    def story(self, incident: str) -> dict[str, Any]:
        """One incident with its steps."""
        return dict(json.loads(self.watchdog("incidents", incident, "--json").stdout))

    def log(self) -> str:
        """What the daemon wrote."""
        path = self.work / "daemon.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    # --- what the engine tells ---

    def mark(self) -> float:
        """The engine's clock now: what comes after this moment."""
        return time.time()

    def told(self, service: str, action: str, *, after: float = 0) -> list[Told]:
        """The events of a service since a mark."""
        with self._news:
            return [t for t in self._events if t.service == service and t.action == action and t.at > after]

    def await_event(self, service: str, action: str, *, after: float = 0, within: float = 30) -> Told:
        """The first such event since a mark; Failed if it does not come within so many seconds."""
        deadline = time.monotonic() + within
        while True:
            found = self.told(service, action, after=after)
            if found:
                return found[0]
            left = deadline - time.monotonic()
            if left <= 0:
                raise Failed(f"no {action!r} of {service} within {within:g} s\n{self.recent()}")
            with self._news:
                self._news.wait(min(left, 0.5))

    def never(self, service: str, action: str, *, after: float, during: float) -> None:
        """Watch for so many seconds that something does not happen."""
        deadline = time.monotonic() + during
        while (left := deadline - time.monotonic()) > 0:
            found = self.told(service, action, after=after)
            if found:
                raise Failed(
                    f"{service}: {action} although nothing of that sort was promised\n{self.recent()}"
                )
            with self._news:
                self._news.wait(min(left, 0.5))

    def recent(self) -> str:
        """The latest events, for an error message."""
        with self._news:
            lines = [f"  {t.at:.3f} {t.service} {t.action} {t.attributes}" for t in self._events[-25:]]
        return "latest events:\n" + "\n".join(lines)

    # --- waiting and checking ---

    def wait(self, what: str, condition: Callable[[], object], within: float) -> None:
        """Wait for a condition with a deadline."""
        deadline = time.monotonic() + within
        pause = queue.SimpleQueue[None]()
        while not condition():
            if time.monotonic() > deadline:
                raise Failed(f"not within {within:g} s: {what}\n{self.recent()}")
            try:
                pause.get(timeout=0.2)
            except queue.Empty:
                continue

    def incident_ends(self, target: str, phase: str = "resolved", *, within: float = 60) -> dict[str, Any]:
        """Wait until the target's newest incident is in that phase; the incident."""

        def there() -> bool:
            return any(i["target"] == target and i["phase"] == phase for i in self.incidents()[:3])

        self.wait(f"an incident of {target} is {phase}", there, within)
        return next(i for i in self.incidents() if i["target"] == target and i["phase"] == phase)

    def expect(self, what: str, truth: object) -> None:
        """One assertion, named."""
        if not truth:
            raise Failed(f"{what}\n{self.recent()}")

    def alive(self) -> None:
        """The daemon still runs and answers."""
        self.expect("the daemon is alive", self._daemon is not None and self._daemon.poll() is None)
        self.expect("the daemon answers", self.status() is not None)

    # --- parts ---

    def _command(self, command: list[str], *, check: bool, timeout: float) -> str:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout, check=False, cwd=self.work
        )
        if check and done.returncode:
            raise Failed(f"{' '.join(command)} exited {done.returncode}: {done.stderr.strip()[-800:]}")
        return done.stdout

    def _listen(self) -> None:
        command = ["docker", "events", "--format", "{{json .}}", "--filter", "type=container"]
        command += [
            "--filter",
            f"label=com.docker.compose.project={self.project}",
            "--since",
            str(int(time.time()) - 60),
        ]
        self._listener = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        threading.Thread(target=self._read, args=(self._listener,), daemon=True).start()

    def _read(self, listener: subprocess.Popen[str]) -> None:
        assert listener.stdout is not None
        for line in listener.stdout:
            event = json.loads(line)
            action, _, detail = event["Action"].partition(": ")
            if action not in CHANGING:
                continue
            attributes = dict(event["Actor"]["Attributes"])
            if detail:
                attributes["health"] = detail
            told = Told(
                at=event["timeNano"] / 1e9,
                action=action,
                service=attributes.get("com.docker.compose.service", ""),
                container_id=event["Actor"]["ID"],
                attributes={
                    k: v for k, v in attributes.items() if not k.startswith("com.docker") and len(v) < 200
                },
            )
            with self._news:
                self._events.append(told)
                self._news.notify_all()

    def close(self) -> None:
        """End what was started, whatever state it is in."""
        if self._daemon is not None:
            self.kill_daemon()
        self.compose("down", "-v", "-t", "0", "--remove-orphans", check=False)
        if self._listener is not None:
            self._listener.terminate()
            self._listener.wait(5)


@contextmanager
def set_up(name: str, folder: Path, work: Path) -> Iterator[Stage]:
    """A stage for one scenario: its files copied, their `{project}` filled in; torn down in any case."""
    project = f"wd-{name}-{os.getpid()}"
    for source in folder.glob("*.yml"):
        text = source.read_text(encoding="utf-8").replace("{project}", project)
        text = text.replace("{playbooks}", str(Path(__file__).parents[2] / "config" / "playbooks"))
        (work / source.name).write_text(text, encoding="utf-8")
    stage = Stage(name=name, folder=folder, work=work, project=project)
    stage.state.mkdir(mode=0o700)
    try:
        yield stage
    finally:
        stage.close()
