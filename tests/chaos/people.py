"""How each fault is brought about on the real engine, and what is remembered of it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.chaos.receiver import Receiver
from tests.chaos.record import Act, Fault, Hand, Span, Window
from tests.chaos.schedule import Kind, Planned
from tests.scenarios.proxy import EngineProxy, Road
from tests.scenarios.stage import Failed, Stage

# A death is heard of, decided on and healed within so many seconds, mostly.
LONGEST_HEAL = 0.5
COMMANDS: dict[Kind, Act] = {
    Kind.PERSON_STOPS: Act.STOP,
    Kind.PERSON_KILLS: Act.KILL,
    Kind.PERSON_RESTARTS: Act.RESTART,
    Kind.PAUSE: Act.PAUSE,
}


class NotNow(Exception):  # noqa: N818 - it is no error
    """A fault that means nothing as things stand: what should be stopped does not run."""


class People:
    """All who do something to the stack, side by side: never two at once on one target.

    Attributes:
        faults, hands, windows, closed, lives, births: as in `Record`, so far.
    """

    def __init__(self, stage: Stage, proxy: EngineProxy, receiver: Receiver) -> None:
        self._stage, self._proxy, self._receiver = stage, proxy, receiver
        self._outside: Path = stage.work / "outside"
        self._one = defaultdict[str, threading.Lock](threading.Lock)
        self._daemon, self._road = threading.Lock(), threading.Lock()
        self._begun: dict[str, tuple[str, float]] = {}
        self._taken: dict[str, Act] = {}
        self._shut: float | None = None
        self.faults: list[Fault] = []
        self.hands: list[Hand] = []
        self.windows: list[Window] = []
        self.closed: list[Span] = []
        self.lives: list[Span] = []
        self.births: list[float] = []
        self._ready = 0.0

    def carry_out(self, planned: Planned) -> None:
        """Bring one fault about. What goes wrong with that is noted with it."""
        at = time.time()
        target = ", ".join(planned.targets)
        try:
            target = self._do(planned) or target
            self.faults.append(Fault(at, planned.kind, target, done=True))
        except NotNow as reason:
            self.faults.append(Fault(at, planned.kind, target, done=False, note=str(reason)))
        except Failed as failed:
            self.faults.append(
                Fault(at, planned.kind, target, done=False, note=str(failed).splitlines()[0][:200])
            )

    def _do(self, planned: Planned) -> str:
        """Do it; the name of the target where it was chosen only now."""
        kind = planned.kind
        if kind is Kind.PERSON_STARTS:
            return self._gives_back(planned.pick)
        alone: dict[Kind, Callable[[], object]] = {
            Kind.DAEMON_KILLED: self.kill_daemon,
            Kind.DAEMON_BACK: self.start_daemon,
            Kind.ENGINE_REFUSES: lambda: self._shuts(Road.REFUSE),
            Kind.ENGINE_HANGS: lambda: self._shuts(Road.SWALLOW),
            Kind.ENGINE_BACK: self.open_road,
            Kind.ANSWER_LOST: self._receiver.lose_next,
            Kind.RECEIVER_DOWN: lambda: self._receiver.be(down=True),
            Kind.RECEIVER_BACK: lambda: self._receiver.be(down=False),
        }
        to_each: dict[Kind, Callable[[str], object]] = {
            Kind.KILL_9: self._kill_9,
            Kind.MANY: self._kill_9,
            Kind.EXIT: lambda target: self._ask(target, "exit"),
            Kind.UNHEALTHY: lambda target: self._ask(target, "sick"),
            Kind.OUTAGE: lambda target: self._ask(target, "sick"),
            Kind.BAD_START: lambda target: self._ask(target, "bad", "exit"),
            Kind.MENDED: lambda target: (self._outside / f"{target}.bad").unlink(missing_ok=True),
            Kind.CUT: lambda target: self._cut(target, planned.pick),
            Kind.UNPAUSE: self._unpauses,
            Kind.RECREATE: self._recreates,
            Kind.MAINTENANCE: self._begins_maintenance,
            Kind.MAINTENANCE_ENDS: self._ends_maintenance,
        }
        if kind in alone:
            alone[kind]()
        for target in planned.targets if kind in to_each else ():
            to_each[kind](target)
        if kind in COMMANDS:
            self._takes(planned.targets[0], COMMANDS[kind])
        return ""

    # --- what befalls a container from within ---

    def _kill_9(self, target: str) -> None:
        status, _, process = self._look(target)
        if status != "running" or not process:
            raise NotNow(f"it is {status}")
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)

    def _cut(self, target: str, pick: float) -> None:
        """The daemon dies a moment after it heard of a death: deciding, writing, or while the engine starts."""
        self._kill_9(target)
        time.sleep(pick * LONGEST_HEAL)
        self.kill_daemon()

    def _ask(self, target: str, *what: str) -> None:
        status, *_ = self._look(target)
        if status != "running":
            raise NotNow(f"it is {status}")
        for each in what:
            (self._outside / f"{target}.{each}").touch()

    def _look(self, target: str) -> tuple[str, str, int]:
        """Its state, its container's id and its first process on this machine."""
        found = self._stage.containers(f"label=com.docker.compose.service={target}")
        if len(found) != 1:
            raise NotNow(f"it has {len(found)} containers")
        words = self._stage.docker(
            "inspect", "--format", "{{.State.Status}} {{.Id}} {{.State.Pid}}", found[0], check=False
        ).split()
        if len(words) != 3:
            raise NotNow("it is gone")
        return words[0], words[1], int(words[2])

    # --- people at the keyboard ---

    def _takes(self, target: str, act: Act) -> None:
        with self._one[target]:
            status, container, _ = self._look(target)
            if status != "running":
                raise NotNow(f"it is {status}")
            self._hand(target, act, "docker", act.value, container)
            self._taken[target] = act
            if act is Act.RESTART:
                self._taken.pop(target)

    def _gives_back(self, pick: float) -> str:
        down = sorted(name for name, act in list(self._taken.items()) if act is not Act.PAUSE)
        if not down:
            raise NotNow("nothing is taken down")
        target = down[int(pick * len(down))]
        with self._one[target]:
            _, container, _ = self._look(target)
            self._hand(target, Act.START, "docker", "start", container)
            self._taken.pop(target, None)
        return target

    def _unpauses(self, target: str) -> None:
        with self._one[target]:
            status, container, _ = self._look(target)
            if status != "paused":
                raise NotNow(f"it is {status}")
            self._hand(target, Act.UNPAUSE, "docker", "unpause", container)
            self._taken.pop(target, None)

    def _recreates(self, target: str) -> None:
        with self._one[target]:
            words = ("up", "-d", "--force-recreate", "--no-deps", "--quiet-pull", target)
            self._hand(target, Act.RECREATE, "compose", *words)
            self._taken.pop(target, None)

    def _hand(self, target: str, act: Act, program: str, *words: str) -> None:
        begun = time.time()
        run = self._stage.compose if program == "compose" else self._stage.docker
        try:
            run(*words)
        finally:
            self.hands.append(Hand(Span(begun, time.time()), target, act))

    def _begins_maintenance(self, target: str) -> None:
        with self._daemon:
            if target in self._begun or not self._ready:
                raise NotNow("no daemon runs" if not self._ready else "it is in maintenance")
            answer = self._stage.daemon.command("maintenance", "begin", target, "--why", "chaos")
            self._begun[target] = str(answer["window"]["id"]), time.time()

    def _ends_maintenance(self, target: str) -> None:
        with self._daemon:
            if target not in self._begun or not self._ready:
                raise NotNow("it is in none" if self._ready else "no daemon runs")
            window, begun = self._begun[target]
            self.windows.append(Window(Span(begun, time.time()), target))
            self._stage.daemon.command("maintenance", "end", window)
            del self._begun[target]

    # --- the daemon, and its road to the engine ---

    def start_daemon(self) -> None:
        """A new daemon, if none runs; returns when it answers."""
        with self._daemon:
            if self._ready:
                raise NotNow("one runs")
            self.births.append(time.time())
            self._stage.start_daemon(within=30)
            self._ready = time.time()

    def kill_daemon(self) -> None:
        """SIGKILL."""
        with self._daemon:
            if not self._ready:
                raise NotNow("none runs")
            self._stage.daemon.kill()
            self.lives.append(Span(self._ready, time.time()))
            self._ready = 0.0

    def end_daemon(self) -> int:
        """SIGTERM, at the very end; its exit code."""
        with self._daemon:
            if not self._ready:
                return 0
            begun, self._ready = self._ready, 0.0
            code = self._stage.daemon.end()
            self.lives.append(Span(begun, time.time()))
            return code

    def _shuts(self, road: Road) -> None:
        with self._road:
            if self._shut is not None:
                raise NotNow("it is away")
            self._proxy.be(road)
            self._shut = time.time()

    def open_road(self) -> None:
        """The engine can be reached again."""
        with self._road:
            if self._shut is None:
                raise NotNow("it is there")
            self.closed.append(Span(self._shut, time.time()))
            self._shut = None
            self._proxy.be(Road.PASS)

    # --- the end ---

    def settle(self) -> None:
        """Nothing new goes wrong: what is needed is there again, and what was broken outside is mended."""
        with suppress(NotNow):
            self.open_road()
        self._receiver.be(down=False)
        with suppress(NotNow):
            self.start_daemon()
        for target in list(self._begun):
            with suppress(NotNow):
                self._ends_maintenance(target)
        for name in ("*.bad", "*.sick", "*.exit"):
            for path in self._outside.glob(name):
                path.unlink(missing_ok=True)
