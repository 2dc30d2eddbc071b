"""What the engine tells of a container, and whose hand was behind it.

An inspect of a container that a person stopped looks the same, byte for byte, as one of a container that
ended by itself: only the events tell them apart, and of those the *first* terminating signal since the start
decides (the last one is misleading: `docker stop` of a container that ignores TERM ends with KILL).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from watchdog.core.moment import Moment
from watchdog.core.observation import Hand

# HUP, USR1, USR2, WINCH and the like ask a process for something; these ask it to end.
TERMINATING = frozenset({"15", "9", "2", "3", "6", "TERM", "KILL", "INT", "QUIT", "ABRT"})
WATCHED_ACTIONS = (
    "create",
    "destroy",
    "die",
    "health_status",
    "kill",
    "oom",
    "pause",
    "restart",
    "start",
    "stop",
    "unpause",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineEvent:
    """One event of one container. `time` is the engine's own clock, nanoseconds since 1970."""

    action: str
    container_id: str
    time: int
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def terminating(self) -> bool:
        """True for a kill whose signal asks the process to end (the container's own stop signal too)."""
        return self.action == "kill" and self.attributes.get("signal", "").removeprefix("SIG") in TERMINATING


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What a running step of ours is about to do to a container, counted, so that a second stop is a person's.

    `left` holds how many events of each action are ours still.
    """

    container_id: str
    left: Mapping[str, int]

    @classmethod
    def of_stop(cls, container_id: str) -> Announcement:
        """A stop is one signal, possibly a KILL after it, a death and the engine's word that it stopped."""
        return cls(container_id=container_id, left={"kill": 2, "die": 1, "stop": 1})

    @classmethod
    def of_replacement(cls, container_id: str) -> Announcement:
        """A replacement stops the old container and removes it."""
        return cls(container_id=container_id, left={"kill": 2, "die": 1, "stop": 1, "destroy": 1})

    def claim(self, event: EngineEvent) -> Announcement | None:
        """The announcement less this event if the event is ours, None if it is somebody else's."""
        left = self.left.get(event.action, 0)
        if event.container_id != self.container_id or left == 0:
            return None
        return replace(self, left={**self.left, event.action: left - 1})


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What is known of a container since its latest start.

    Attributes:
        known_from: engine time (ns) since when every event of it was seen; None when nothing is known.
        first_kill: whose terminating signal came first, None if there was none.
        killed_at: when we heard of that signal.
        ended_by: whose hand ended it, once it died.
        removed_by: whose hand removed it.
        created_by: whose hand created it, if we saw that.
    """

    container_id: str
    known_from: int | None = None
    first_kill: Hand | None = None
    killed_at: Moment | None = None
    ended_by: Hand | None = None
    removed_by: Hand | None = None
    created_by: Hand | None = None

    def after(self, event: EngineEvent, hand: Hand, now: Moment, stop_window: float) -> Life:
        """The life after one more event. `hand`: WATCHDOG if we announced it, else PERSON.

        `stop_window`: seconds that may lie between a stop signal and the death it causes; a death seen
        without its signal is only the container's own if events were seen for that long before it.
        """
        match event.action:
            case "start" | "unpause":
                known = event.time if self.known_from is None else self.known_from
                return Life(container_id=self.container_id, known_from=known, created_by=self.created_by)
            case "create":
                return replace(self, created_by=hand)
            case "kill" if event.terminating and self.first_kill is None:
                return replace(self, first_kill=hand, killed_at=now)
            case "die":
                return replace(self, ended_by=self.who_ended(event.time, stop_window))
            case "stop" if hand is Hand.PERSON and self.first_kill is not Hand.WATCHDOG:
                # A container stopped between two restarts of the engine's own dies no second time.
                return replace(self, first_kill=hand, ended_by=hand, killed_at=now)
            case "destroy":
                return replace(self, removed_by=hand)
            case _:
                return self

    def who_ended(self, finished: int, stop_window: float) -> Hand:
        """Whose hand ended it at engine time `finished` (ns), as far as the events seen can tell."""
        if self.ended_by is not None:
            return self.ended_by
        if self.first_kill is not None:
            return self.first_kill
        if self.known_from is not None and self.known_from <= finished - int(stop_window * 1e9):
            return Hand.ITSELF
        return Hand.UNKNOWN
