"""Stand-ins for what lies outside: an engine, Compose and a clock that tests move by hand.

`FakeEngine` and `DockerEngine` pass the same contract (`tests/gateways/test_engine_contract.py`), so that a
unit test may believe it: the same events in the same order, the same errors.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from watchdog.core.container import ContainerFacts, Healthcheck
from watchdog.core.errors import GatewayError, NotThere, Refused, Unreachable
from watchdog.core.event import EngineEvent
from watchdog.core.moment import Moment
from watchdog.core.preflight import FirstSight
from watchdog.core.roster import ComposeOrigin, ContainerRow
from watchdog.core.target import PROJECT, SERVICE
from watchdog.gateways.program import Ended

RING = 256
NEVER_FINISHED = 0


class FakeClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, wall: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)) -> None:
        self.boot_id = "boot-1"
        self.boot = 1000.0
        self.wall = wall

    def now(self) -> Moment:
        return Moment(boot_id=self.boot_id, boot=self.boot, wall=self.wall)

    def advance(self, seconds: float) -> Moment:
        """Let time pass on both clocks; the moment that is now."""
        self.boot += seconds
        self.wall += timedelta(seconds=seconds)
        return self.now()

    def reboot(self) -> None:
        """The machine was started anew."""
        self.boot_id += "x"
        self.boot = 1.0


@dataclass(kw_only=True)
class FakeContainer:
    """One container of the fake engine; tests may change any field at any time.

    Attributes:
        recovers: becomes healthy as soon as it is started.
        ignores_term: a stop must kill it.
        fails_to_start: what the engine says when it is started, "" when that works.
        crashes_on_start: how many of its next starts end at once with exit code 1.
    """

    id: str
    name: str
    image: str
    image_id: str
    labels: dict[str, str]
    created: int
    state: str = "running"
    health: str = ""
    health_output: str = ""
    healthcheck: Healthcheck | None = None
    exit_code: int = 0
    oom_killed: bool = False
    error: str = ""
    started: int = 0
    finished: int = NEVER_FINISHED
    restart_count: int = 0
    restart_policy: str = "no"
    restart_maximum: int = 0
    memory_limit: int = 0
    stop_timeout: float = 10.0
    log: list[str] = field(default_factory=list)
    addresses: tuple[str, ...] = ()
    network_mode: str = ""
    recovers: bool = True
    ignores_term: bool = False
    fails_to_start: str = ""
    crashes_on_start: int = 0

    @property
    def up(self) -> bool:
        return self.state in ("running", "paused")

    def facts(self) -> ContainerFacts:
        return ContainerFacts(
            id=self.id,
            name=self.name,
            image_id=self.image_id,
            image=self.image,
            labels=dict(self.labels),
            state=self.state,
            health=self.health,
            health_output=self.health_output,
            healthcheck=self.healthcheck,
            exit_code=self.exit_code,
            oom_killed=self.oom_killed,
            error=self.error,
            started=self.started,
            finished=self.finished,
            restart_count=self.restart_count,
            restart_policy=self.restart_policy,
            restart_maximum=self.restart_maximum,
            memory_limit=self.memory_limit,
            stop_timeout=self.stop_timeout,
            addresses=self.addresses,
            network_mode=self.network_mode,
        )

    def row(self) -> ContainerRow:
        return ContainerRow(
            id=self.id,
            name=self.name,
            image_id=self.image_id,
            image=self.image,
            labels=dict(self.labels),
            state=self.state,
            health=self.health if self.up else "",
            created=self.created,
            network_mode=self.network_mode,
        )


class FakeEngine:
    """A Docker engine in memory: containers, people who touch them, and the events of both.

    Attributes:
        acts: what was asked of it through the gateway and changes something: ("start", container name) ...
        asked: every call through the gateway, by name.
        executed, executions: what was run inside containers, and how the next ones of it end.
        stop_before_die: engine 26 tells `stop` a millisecond before `die`, engine 20 after it.
    """

    def __init__(self, clock: FakeClock | None = None, project: str = "demo") -> None:
        self.clock = clock or FakeClock()
        self.project = project
        self.containers: dict[str, FakeContainer] = {}
        self.executed: list[tuple[str, tuple[str, ...], dict[str, str]]] = []
        self.executions: list[Ended] = []
        self.images: dict[str, str] = {}
        self.acts: list[tuple[str, str]] = []
        self.asked: list[str] = []
        self.stop_before_die = True
        self._ring: deque[EngineEvent | int] = deque(maxlen=RING)
        self._subscribers: set[asyncio.Queue[EngineEvent | Unreachable]] = set()
        self._errors: list[tuple[str, GatewayError]] = []
        self._silent = False
        self._open = asyncio.Event()
        self._open.set()
        self._numbers = 0
        self._last = 0

    # What tests arrange.

    def add(
        self,
        name: str,
        *,
        service: str | None = None,
        labels: Mapping[str, str] | None = None,
        image: str = "demo/app:1",
        state: str = "running",
        health: str = "",
        restart_policy: str = "no",
        restart_maximum: int = 0,
        healthcheck: Healthcheck | None = None,
        exit_code: int = 0,
        log: tuple[str, ...] = (),
        **more: object,
    ) -> FakeContainer:
        """A container of the project that is there already: no event tells of it.

        `service` defaults to the name; "" makes a container that Compose knows nothing of.
        """
        self._numbers += 1
        service = name if service is None else service
        made = {PROJECT: self.project, SERVICE: service} if service else {}
        now = self.time()
        container = FakeContainer(
            id=f"{self._numbers:064x}"[::-1],
            name=name,
            image=image,
            image_id=self.images.setdefault(image, f"sha256:{len(self.images):064d}"),
            labels={**made, **(labels or {})},
            created=now // 10**9,
            state=state,
            health=health,
            healthcheck=healthcheck or (Healthcheck() if health else None),
            restart_policy=restart_policy,
            restart_maximum=restart_maximum,
            exit_code=exit_code,
            started=0 if state == "created" else now,
            finished=now if state in ("exited", "dead", "restarting") else NEVER_FINISHED,
            log=list(log),
        )
        for key, value in more.items():
            if not hasattr(container, key):
                raise TypeError(f"a fake container has no {key!r}")
            setattr(container, key, value)
        self.containers[container.id] = container
        return container

    def container(self, name: str) -> FakeContainer:
        """The container of that name or id."""
        for found in self.containers.values():
            if name in (found.name, found.id):
                return found
        raise KeyError(name)

    def time(self) -> int:
        """The engine's own clock (ns): the wall of the fake clock, never the same value twice."""
        self._last = max(self._last + 1000, int(self.clock.wall.timestamp() * 1_000_000) * 1000)
        return self._last

    def crash(self, name: str, exit_code: int = 1, *, oom: bool = False) -> None:
        """The process ends by itself (or the kernel ends it); its restart policy then has its turn."""
        found = self.container(name)
        if oom:
            found.oom_killed = True
            self._tell(found, "oom")
        self._die(found, 137 if oom else exit_code)
        if found.facts().engine_restarts:
            found.state = "restarting"

    def engine_restarts(self, name: str) -> None:
        """The restart policy takes its turn."""
        found = self.container(name)
        found.restart_count += 1
        self._begin(found)

    def turn_unhealthy(self, name: str, output: str = "probe failed") -> None:
        self._health(self.container(name), "unhealthy", output)

    def turn_healthy(self, name: str) -> None:
        self._health(self.container(name), "healthy", "")

    def person_stops(self, name: str) -> None:
        """`docker stop`; of a container between two restarts of the engine only `stop` is told."""
        self._stop(self.container(name))

    def person_kills(self, name: str, signal: str = "9") -> None:
        """`docker kill`; a signal that does not end the process is only told."""
        found = self.container(name)
        self._tell(found, "kill", signal=signal)
        if signal == "9" or (signal in ("15", "2", "3", "6") and not found.ignores_term):
            self._die(found, 128 + int(signal))

    def person_starts(self, name: str) -> None:
        self._begin(self.container(name))

    def person_restarts(self, name: str) -> None:
        found = self.container(name)
        self._stop(found)
        self._begin(found)
        self._tell(found, "restart")

    def person_removes(self, name: str) -> None:
        """`docker rm -f`."""
        found = self.container(name)
        if found.up:
            self._tell(found, "kill", signal="9")
            self._die(found, 137)
        self._remove(found)

    def pause(self, name: str) -> None:
        found = self.container(name)
        found.state = "paused"
        self._tell(found, "pause")

    def unpause(self, name: str) -> None:
        found = self.container(name)
        found.state = "running"
        self._tell(found, "unpause")

    def create(self, name: str, **arguments: object) -> FakeContainer:
        """A person creates a container: told, not started."""
        made = self.add(name, state="created", **arguments)  # type: ignore[arg-type]
        self._tell(made, "create")
        return made

    def flood(self, count: int = RING) -> None:
        """So many events of other things push older ones out of the engine's memory."""
        self._ring.extend(self.time() for _ in range(count))

    def hang(self) -> None:
        """From now on every call passes its deadline (at once, in a test); the stream only falls silent."""
        self._silent = True

    def resume(self) -> None:
        self._silent = False
        self._open.set()

    def hold_calls(self) -> None:
        """From now on every call waits until `resume`."""
        self._open.clear()

    def break_stream(self) -> None:
        """Every event stream ends."""
        for queue in self._subscribers:
            queue.put_nowait(Unreachable("the event stream of the engine ended"))

    def fail_next(self, error: GatewayError, call: str = "") -> None:
        """The next call (of that name, if given) fails with this error."""
        self._errors.append((call, error))

    # What `plugins.Engine` and the listener ask.

    async def inspect(self, container_id: str) -> ContainerFacts:
        await self._answer("inspect")
        return self._find(container_id).facts()

    async def logs(self, container_id: str, tail: int, *, stamped: bool = False) -> tuple[str, ...]:
        await self._answer("logs")
        log = self._find(container_id).log
        stamp = f"{self.clock.wall:%Y-%m-%dT%H:%M:%S.%f000Z} " if stamped else ""
        return tuple(f"{stamp}{line}" for line in log[-tail:]) if tail > 0 else ()

    async def execute(
        self,
        container_id: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        within: float = 10.0,
    ) -> Ended:
        await self._answer("execute")
        found = self._find(container_id)
        if not found.up:
            raise Refused(f"container {container_id} is not running")
        self.executed.append((found.name, tuple(command), dict(environment or {})))
        return self.executions.pop(0) if self.executions else Ended(0, b"", b"")

    async def start(self, container_id: str) -> None:
        await self._answer("start")
        found = self._find(container_id)
        self.acts.append(("start", found.name))
        if found.state == "paused":
            raise Refused("cannot start a paused container, try unpause instead")
        if found.state == "running":
            return
        self._begin(found)
        if found.fails_to_start:
            raise Refused(found.fails_to_start)

    async def stop(self, container_id: str, grace: float) -> None:
        await self._answer("stop")
        found = self._find(container_id)
        self.acts.append(("stop", found.name))
        if found.up or found.state == "restarting":
            self._stop(found)

    async def list_containers(self) -> tuple[ContainerRow, ...]:
        await self._answer("list")
        return tuple(found.row() for found in self.containers.values() if self._mine(found.labels))

    async def recent_events(self) -> tuple[tuple[EngineEvent, ...], int | None]:
        await self._answer("recent_events")
        events = tuple(e for e in self._ring if isinstance(e, EngineEvent) and self._mine(e.attributes))
        if not self._ring:
            return (), None
        oldest = self._ring[0]
        return events, oldest.time if isinstance(oldest, EngineEvent) else oldest

    async def ping(self) -> None:
        await self._answer("ping")

    async def image_id(self, reference: str) -> str | None:
        await self._answer("image_id")
        return self.images.get(reference)

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[EngineEvent]]:
        await self._answer("subscribe")
        queue: asyncio.Queue[EngineEvent | Unreachable] = asyncio.Queue()
        self._subscribers.add(queue)
        try:
            yield _drain(queue)
        finally:
            self._subscribers.discard(queue)

    # What happens inside.

    async def _answer(self, call: str) -> None:
        self.asked.append(call)
        for planned in self._errors:
            if planned[0] in ("", call):
                self._errors.remove(planned)
                raise planned[1]
        await asyncio.sleep(0)
        if not self._open.is_set():
            await self._open.wait()
        if self._silent:
            raise Unreachable("the engine did not answer in time")

    def _find(self, container_id: str) -> FakeContainer:
        try:
            return self.container(container_id)
        except KeyError:
            raise NotThere(f"No such container: {container_id}") from None

    def _mine(self, labels: Mapping[str, str]) -> bool:
        return labels.get(PROJECT) == self.project

    def _begin(self, found: FakeContainer) -> None:
        if found.fails_to_start:
            found.state = "exited" if found.started else "created"
            found.exit_code, found.error = 127, found.fails_to_start
            return
        found.state, found.exit_code, found.error, found.oom_killed = "running", 0, "", False
        found.health = "starting" if found.healthcheck else ""
        found.started = self.time()
        self._tell(found, "start")
        if found.crashes_on_start > 0:
            found.crashes_on_start -= 1
            self.crash(found.id)
        elif found.healthcheck and found.recovers:
            self._health(found, "healthy", "")

    def _stop(self, found: FakeContainer) -> None:
        if found.up:
            self._tell(found, "kill", signal="15")
            if found.ignores_term:
                self._tell(found, "kill", signal="9")
        if self.stop_before_die:
            self._tell(found, "stop")
        if found.up:
            self._die(found, 137 if found.ignores_term else 0)
        if not self.stop_before_die:
            self._tell(found, "stop")
        found.state = "exited"

    def _die(self, found: FakeContainer, exit_code: int) -> None:
        found.state, found.exit_code = "exited", exit_code
        found.finished = self.time()
        found.health = "unhealthy" if found.healthcheck else ""
        self._tell(found, "die", exitCode=str(exit_code))

    def _remove(self, found: FakeContainer) -> None:
        del self.containers[found.id]
        self._tell(found, "destroy")

    def _health(self, found: FakeContainer, health: str, output: str) -> None:
        found.health, found.health_output = health, output
        self._tell(found, "health_status", health=health)

    def _tell(self, found: FakeContainer, action: str, **attributes: str) -> None:
        event = EngineEvent(
            action=action,
            container_id=found.id,
            time=self.time(),
            attributes={"name": found.name, "image": found.image, **found.labels, **attributes},
        )
        self._ring.append(event)
        if self._mine(event.attributes) and not self._silent:
            for queue in self._subscribers:
                queue.put_nowait(event)


async def _drain(queue: asyncio.Queue[EngineEvent | Unreachable]) -> AsyncIterator[EngineEvent]:
    while True:
        told = await queue.get()
        if isinstance(told, Unreachable):
            raise told
        yield told


class FakeCompose:
    """Docker Compose over a fake engine.

    Attributes:
        acts: the services that were recreated, in order.
        undefined: services that the project does not ask for any more.
        unclear: services of which nobody can tell.
        built: services with a `build:`; what a build makes is `next_image`.
        context: what a build is made of.
    """

    def __init__(self, engine: FakeEngine) -> None:
        self.engine = engine
        self.acts: list[str] = []
        self.undefined: set[str] = set()
        self.unclear: set[str] = set()
        self.built: set[str] = set()
        self.builds_made: list[str] = []
        self.named: dict[str, str] = {}
        self.context = "1"
        self.next_image = "sha256:built"
        self._pending: dict[str, str] = {}
        self._errors: list[GatewayError] = []

    def fail_next(self, error: GatewayError) -> None:
        """The next call fails with this error."""
        self._errors.append(error)

    async def recreate(self, origin: ComposeOrigin, say: Callable[[str], None] | None = None) -> None:
        await asyncio.sleep(0)
        self._fail()
        self.acts.append(origin.service)
        if origin.service in self.undefined:
            raise Refused(f"the project does not define {origin.service} any more")
        self._replace(origin, say, None)

    async def build(self, origin: ComposeOrigin, say: Callable[[str], None] | None = None) -> None:
        await asyncio.sleep(0)
        self._pending[origin.service] = origin.image_id
        if say is not None:
            say("#1 building")
        self._fail()
        self.builds_made.append(origin.service)
        self.named[origin.service] = self.next_image

    async def replace(self, origin: ComposeOrigin, say: Callable[[str], None] | None = None) -> None:
        await asyncio.sleep(0)
        self._fail()
        self._replace(origin, say, self.named.get(origin.service, self.next_image))

    async def give_back(self, origin: ComposeOrigin) -> bool | None:
        await asyncio.sleep(0)
        self._fail()
        before = self._pending.get(origin.service)
        if before is None:
            return None
        self.named[origin.service] = before
        return origin.image_id != before

    async def pin(self, origin: ComposeOrigin, *, build: bool = False) -> Mapping[str, str]:
        await asyncio.sleep(0)
        if build and origin.service not in self.built:
            raise Refused(f"{origin.service} has no `build:` in its files")
        pinned = {"runs": origin.image_id, "config": "1"}
        return {**pinned, "context": self.context} if build else pinned

    def builds(self, origin: ComposeOrigin) -> bool | None:
        return origin.service in self.built

    async def first_sight(self, origin: ComposeOrigin) -> FirstSight:
        return FirstSight(container_id=origin.container_id, version="2", keys={}, faithful=True)

    def remember(self, sights: Iterable[FirstSight]) -> None:
        pass

    async def settled(self, origin: ComposeOrigin) -> None:
        self._pending.pop(origin.service, None)

    def _replace(
        self, origin: ComposeOrigin, say: Callable[[str], None] | None, image_id: str | None
    ) -> None:
        if say is not None:
            say(f"Container {origin.service} Recreated")
        engine = self.engine
        for old in [c for c in engine.containers.values() if c.labels.get(SERVICE) == origin.service]:
            new = engine.create(f"{old.id[:12]}_{old.name}", service=origin.service, image=old.image)
            for name in ("labels", "healthcheck", "restart_policy", "restart_maximum", "recovers"):
                setattr(new, name, getattr(old, name))
            for name in ("ignores_term", "fails_to_start", "crashes_on_start"):
                setattr(new, name, getattr(old, name))
            new.image_id = image_id or old.image_id
            if old.up:
                engine.person_stops(old.id)
            engine.person_removes(old.id)
            new.name = old.name
            engine.person_starts(new.id)

    async def defines(self, origin: ComposeOrigin) -> bool | None:
        await asyncio.sleep(0)
        self._fail()
        if origin.service in self.unclear:
            return None
        return origin.service not in self.undefined

    def _fail(self) -> None:
        if self._errors:
            raise self._errors.pop(0)
