"""What is known of a container: what the engine says of it now, and its past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from watchdog.core.event import Life
from watchdog.core.moment import Moment

# 128 + n is a shell's word for "ended by signal n"; these are the ones people meet.
SIGNALS = {
    129: "HUP",
    130: "INT",
    131: "QUIT",
    134: "ABRT",
    135: "BUS",
    137: "KILL",
    139: "SEGV",
    143: "TERM",
}
# A program that could not be run (126), was not found (127), or an engine that could not set it up (128).
NEVER_RAN = frozenset({126, 127, 128})
ALWAYS = frozenset({"always", "unless-stopped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthcheck:
    """A container's own probe. Seconds."""

    interval: float = 30.0
    timeout: float = 30.0
    start_period: float = 0.0
    retries: int = 3

    @property
    def longest(self) -> float:
        """Seconds within which the engine itself has called the container healthy or unhealthy."""
        return self.start_period + self.retries * self.interval + self.timeout


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFacts:
    """What the engine says of one container now (an inspect, in our words).

    Attributes:
        state: created, running, paused, restarting, removing, exited or dead.
        health: starting, healthy, unhealthy, or "" without a healthcheck.
        health_output: the last words of the healthcheck.
        finished: engine time (ns) of the latest end, 0 if it never ended.
        memory_limit: bytes, 0 for none.
        failing_streak: how often its healthcheck failed in a row: not unhealthy yet, but nothing to rely upon.
        network_mode: `container:ID` when it lives in another one's network namespace.
        addresses: its IP addresses, one for each of its networks.
    """

    id: str
    name: str
    image_id: str
    image: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    state: str = "running"
    health: str = ""
    health_output: str = ""
    healthcheck: Healthcheck | None = None
    exit_code: int = 0
    oom_killed: bool = False
    error: str = ""
    started: int = 0
    finished: int = 0
    restart_count: int = 0
    restart_policy: str = "no"
    restart_maximum: int = 0
    memory_limit: int = 0
    stop_timeout: float = 10.0
    failing_streak: int = 0
    network_mode: str = ""
    addresses: tuple[str, ...] = ()

    @property
    def network_owner(self) -> str:
        """The id of the container in whose network namespace it lives, "" if that is its own or the host's."""
        kind, _, container_id = self.network_mode.partition(":")
        return container_id if kind == "container" else ""

    @property
    def incarnation(self) -> str:
        """Changes at every start and every replacement."""
        return f"{self.id[:12]}@{self.started}"

    @property
    def engine_restarts(self) -> bool:
        """Whether the engine's own restart policy answers for the latest end."""
        if self.restart_policy in ALWAYS:
            return True
        if self.restart_policy != "on-failure" or self.exit_code == 0:
            return False
        return self.restart_maximum == 0 or self.restart_count < self.restart_maximum


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartSample:
    """How often the engine had restarted a container, as read at one moment."""

    at: Moment
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a container: which incarnation, and whether it was killed for want of memory."""

    incarnation: str
    out_of_memory: bool
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One target's container with all that is known of its past.

    Attributes:
        facts: None when the target has no container.
        resting_since: since when we have known it to be at rest (exited or created).
        log_tail: its last log lines, oldest first, fetched when it is down.
        ends: its latest ends.
        network_lost: the network namespace that it lives in is gone: its owner was started anew after it, or
            was replaced, which only replacing this one helps (`owner_gone`).
        defined: whether the project still asks for this service; None when that could not be told.
    """

    target: str
    facts: ContainerFacts | None
    life: Life
    restarts: tuple[RestartSample, ...] = ()
    resting_since: Moment | None = None
    log_tail: tuple[str, ...] = ()
    ends: tuple[End, ...] = ()
    network_lost: bool = False
    owner_gone: bool = False
    defined: bool | None = None
    expect_running: bool = False

    @property
    def last_log(self) -> str:
        """Its last log line, "" when none was fetched."""
        return self.log_tail[-1] if self.log_tail else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRules:
    """When the state of a container is believed. Seconds; every default is the promise.

    Attributes:
        rest: a container with a restart policy must have been down for so long: the engine has its turn.
        loop_restarts: so many restarts by the engine ...
        loop_window: ... within so long are a crash loop.
    """

    rest: float = 2.0
    loop_restarts: int = 3
    loop_window: float = 300.0
