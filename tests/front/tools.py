"""Tools as an action of the web front is handed them, for tests with real containers and for those without."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from tests.engine.parts import SECRET, Stand
from tests.fakes import FakeClock, FakeCompose, FakeEngine
from watchdog.core.bypass import Bypass, OpenBypass
from watchdog.core.container import ContainerFacts, Sighting
from watchdog.core.errors import GatewayError, Refused
from watchdog.core.event import Announcement
from watchdog.core.redaction import redact
from watchdog.core.roster import ComposeOrigin
from watchdog.gateways.clock import SystemClock
from watchdog.gateways.docker import DockerEngine
from watchdog.gateways.front import Front
from watchdog.gateways.one_shot import OneShot, OneShots
from watchdog.gateways.program import Ended
from watchdog.plugins import Clock, Tools


class FakeDoors:
    """Bypasses as the engine has them, in memory. `there`: what is open."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.there: list[OpenBypass] = []
        self.opened = 0
        # Until this is set none comes up.
        self.slow: asyncio.Event | None = None
        self._errors: list[GatewayError] = []

    def fail_next(self, *errors: GatewayError) -> None:
        self._errors += errors

    async def open(self, bypass: Bypass) -> OpenBypass:
        self._fail()
        for each in self.there:
            if each.stands_for(bypass):
                return each
        self.there = [each for each in self.there if each.target != bypass.target]
        self.opened += 1
        self.there.append(
            OpenBypass(
                target=bypass.target,
                container=f"f{self.opened}",
                until=self.clock.now().wall + timedelta(seconds=bypass.lasts),
                where=bypass.where,
                sources=bypass.allowed,
                incident=bypass.incident,
                page=bypass.page,
            )
        )
        opened = self.there[-1]
        if self.slow is not None:
            await self.slow.wait()
            if opened not in self.there:
                raise Refused("its forwarder ended")
        return opened

    async def close(self, container: str) -> int:
        self._fail()
        before = len(self.there)
        self.there = [each for each in self.there if each.container != container]
        return before - len(self.there)

    async def close_all(self) -> int:
        self._fail()
        gone, self.there = len(self.there), []
        return gone

    async def list(self) -> tuple[OpenBypass, ...]:
        return tuple(self.there)

    def _fail(self) -> None:
        if self._errors:
            raise self._errors.pop(0)


class FakeShots:
    """One-shots in memory. `ran`: what was run; `endings`: how the next ones end."""

    def __init__(self) -> None:
        self.ran: list[OneShot] = []
        self.endings: list[Ended] = []
        self._errors: list[GatewayError] = []

    def fail_next(self, error: GatewayError) -> None:
        self._errors.append(error)

    async def describe(self, shot: OneShot) -> str:
        return f"docker run {shot.command[0]}"

    async def remove_leftovers(self) -> int:
        return 0

    async def run(self, shot: OneShot) -> Ended:
        if self._errors:
            raise self._errors.pop(0)
        self.ran.append(shot)
        return self.endings.pop(0) if self.endings else Ended(0, b"", b"")


class FakeBypasses:
    """Bypasses in memory."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.opened: dict[str, Bypass] = {}
        self._errors: list[GatewayError] = []

    def fail_next(self, error: GatewayError) -> None:
        self._errors.append(error)

    async def open(self, bypass: Bypass) -> OpenBypass:
        if self._errors:
            raise self._errors.pop(0)
        self.opened.setdefault(bypass.target, bypass)
        where = f"{bypass.address}:{bypass.published}"
        return OpenBypass(target=bypass.target, container="f", until=self.clock.now().wall, where=where)


def of_stand(stand: Stand, front: Front) -> Tools:
    """The tools of an engine in memory."""
    return Tools(
        engine=stand.engine,
        compose=stand.compose,
        containers=stand.census,
        clock=stand.clock,
        redact=lambda text: redact(text, (SECRET,)),
        front=front,
    )


@dataclass
class RealContainers:
    """Containers by the names that a test gave them."""

    ids: dict[str, str]
    announced: list[str] = field(default_factory=list)

    async def look(self, target: str) -> Sighting:
        raise NotImplementedError

    def container_of(self, target: str) -> str | None:
        return self.ids.get(target)

    def known_down(self, target: str) -> bool:
        return False

    def just_seen(self, target: str) -> ContainerFacts | None:
        return None

    def origin_of(self, target: str) -> ComposeOrigin | None:
        return None

    def replicas_of(self, target: str) -> int:
        return 1

    def announce(self, announcement: Announcement, target: str, lasts: float = 0.0) -> None:
        self.announced.append(target)


def of_engine(
    engine: DockerEngine,
    image: str,
    ids: dict[str, str],
    said: Callable[[str, str], None] = lambda _, __: None,
) -> Tools:
    """The tools of a real engine; one-shots are of an image that has what they run."""
    memory = FakeEngine()
    return Tools(
        engine=engine,
        compose=FakeCompose(memory),
        containers=RealContainers(ids),
        clock=SystemClock(),
        redact=lambda text: redact(text, ()),
        progress=said,
        front=Front(shots=OneShots(engine, image), bypasses=FakeBypasses(memory.clock)),
    )
