"""What the daemon is told of its Docker engine."""

from __future__ import annotations

from dataclasses import dataclass

from watchdog.core.target import PROJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """Which engine, which of its containers, and how patient. Seconds.

    Attributes:
        project: the Compose project whose containers are seen ...
        label: ... or a label filter instead, `key` or `key=value`. One of the two.
        call_within: deadline of a look.
        start_within: deadline of a start, with its wait for a free slot.
        looks: looks at once; `starts` and `stops` likewise.
        abandoned: so many calls past their deadline open the circuit.
        own_id: the container never to be seen; found out when "".
    """

    socket: str = "/var/run/docker.sock"
    project: str = ""
    label: str = ""
    call_within: float = 5.0
    start_within: float = 60.0
    looks: int = 4
    starts: int = 4
    stops: int = 20
    abandoned: int = 4
    own_id: str = ""

    def __post_init__(self) -> None:
        if bool(self.project) == bool(self.label):
            raise ValueError("an engine is watched by a project or by a label, one of the two")

    @property
    def scope(self) -> str:
        """The label filter that all containers in sight pass."""
        return self.label or f"{PROJECT}={self.project}"
