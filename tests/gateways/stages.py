"""Two stages for one contract: the fake engine, and the real one with people who type `docker`."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from tests.conftest import RealEngine
from tests.fakes import FakeEngine
from watchdog.core.container import ContainerFacts, Healthcheck
from watchdog.core.event import EngineEvent
from watchdog.core.roster import ContainerRow
from watchdog.core.target import PROJECT, SERVICE
from watchdog.gateways.docker import DockerEngine, EngineOptions
from watchdog.gateways.program import Ended

BROKEN = "nope"
PROGRAM = (
    "trap {trap} TERM; echo one; echo two >&2; echo three; "
    "while :; do [ -e /crash ] && exit $(cat /crash); sleep 0.05; done"
)


class WatchedEngine(Protocol):
    """All that a gateway to an engine offers."""

    async def ping(self) -> None: ...
    async def inspect(self, container_id: str) -> ContainerFacts: ...
    async def logs(self, container_id: str, tail: int, *, stamped: bool = False) -> tuple[str, ...]: ...
    async def execute(
        self,
        container_id: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        within: float = 10.0,
    ) -> Ended: ...
    async def start(self, container_id: str) -> None: ...
    async def stop(self, container_id: str, grace: float) -> None: ...
    async def list_containers(self) -> tuple[ContainerRow, ...]: ...
    async def recent_events(self) -> tuple[tuple[EngineEvent, ...], int | None]: ...
    async def image_id(self, reference: str) -> str | None: ...
    def subscribe(self) -> AbstractAsyncContextManager[AsyncIterator[EngineEvent]]: ...


class Stage(Protocol):
    """An engine, and the people and faults around it. Containers go by a short name."""

    engine: WatchedEngine
    image: str

    async def run(
        self,
        name: str,
        *,
        started: bool = True,
        probed: bool = False,
        ignores_term: bool = False,
        broken: bool = False,
        restart: str = "no",
        project: str | None = None,
    ) -> str:
        """Make a container; its id."""
        ...

    async def crash(self, name: str, exit_code: int) -> None: ...
    async def turn_unhealthy(self, name: str) -> None: ...
    async def person(self, verb: str, name: str) -> None:
        """`docker VERB NAME`: stop, kill, start, restart, pause, unpause, rm."""
        ...

    async def engine_restarts(self, name: str) -> None: ...


class FakeStage:
    """Everything in memory."""

    def __init__(self) -> None:
        self.fake = FakeEngine()
        self.engine: WatchedEngine = self.fake
        self.image = "demo/app:1"

    async def run(
        self,
        name: str,
        *,
        started: bool = True,
        probed: bool = False,
        ignores_term: bool = False,
        broken: bool = False,
        restart: str = "no",
        project: str | None = None,
    ) -> str:
        made = self.fake.create(
            name,
            image=self.image,
            labels={PROJECT: project} if project else {},
            healthcheck=Healthcheck(interval=0.2, timeout=2.0, retries=1) if probed else None,
            restart_policy=restart,
            log=("one", "two", "three") if started else (),
        )
        made.ignores_term = ignores_term
        made.fails_to_start = f'exec: "{BROKEN}": executable file not found in $PATH' if broken else ""
        if started:
            self.fake.person_starts(name)
        return made.id

    async def crash(self, name: str, exit_code: int) -> None:
        self.fake.crash(name, exit_code)

    async def turn_unhealthy(self, name: str) -> None:
        self.fake.turn_unhealthy(name, "no good")

    async def person(self, verb: str, name: str) -> None:
        acts = {
            "stop": self.fake.person_stops,
            "kill": self.fake.person_kills,
            "start": self.fake.person_starts,
            "restart": self.fake.person_restarts,
            "pause": self.fake.pause,
            "unpause": self.fake.unpause,
            "rm": self.fake.person_removes,
        }
        acts[verb](name)

    async def engine_restarts(self, name: str) -> None:
        self.fake.engine_restarts(name)


class RealStage:
    """The engine of this machine; people type at its command line."""

    def __init__(self, real: RealEngine) -> None:
        self.real = real
        self.image = real.image
        self.project = f"wdtest-{uuid.uuid4().hex[:8]}"
        self.docker = DockerEngine(EngineOptions(socket=real.socket, project=self.project))
        self.engine: WatchedEngine = self.docker

    async def close(self) -> None:
        self.docker.close()
        await asyncio.to_thread(self.real.remove_all, f"watchdog.test.stage={self.project}")

    async def run(
        self,
        name: str,
        *,
        started: bool = True,
        probed: bool = False,
        ignores_term: bool = False,
        broken: bool = False,
        restart: str = "no",
        project: str | None = None,
    ) -> str:
        labels = {PROJECT: project or self.project, SERVICE: name, "watchdog.test.stage": self.project}
        options = [part for key, value in labels.items() for part in ("-l", f"{key}={value}")]
        probe = "test ! -e /sick || { echo no good; exit 1; }"
        if probed:
            options += ["--health-cmd", probe, "--health-interval", "200ms", "--health-timeout", "2s"]
            options += ["--health-retries", "1"]
        options += ["-l", self.real.label, "--network", "none", "--restart", restart]
        program = PROGRAM.format(trap='""' if ignores_term else '"exit 0"')
        command = [BROKEN] if broken else ["sh", "-c", program]
        await self._cli("create", "--name", self._name(name), *options, self.image, *command)
        if started:
            await self._cli("start", self._name(name))
        return await self._cli("inspect", "-f", "{{.Id}}", self._name(name))

    async def crash(self, name: str, exit_code: int) -> None:
        await self._cli(
            "exec", self._name(name), "sh", "-c", f"echo {exit_code} > /crash.new; mv /crash.new /crash"
        )

    async def turn_unhealthy(self, name: str) -> None:
        await self._cli("exec", self._name(name), "touch", "/sick")

    async def person(self, verb: str, name: str) -> None:
        words = {"rm": ("rm", "-f"), "stop": ("stop", "-t", "1"), "restart": ("restart", "-t", "1")}
        await self._cli(*words.get(verb, (verb,)), self._name(name))

    async def engine_restarts(self, name: str) -> None:
        """It does so by itself."""

    def _name(self, name: str) -> str:
        return f"{self.project}-{name}-1"

    async def _cli(self, *arguments: str) -> str:
        return await asyncio.to_thread(self.real.cli, *arguments)
