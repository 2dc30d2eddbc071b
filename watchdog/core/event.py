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

# `docker stop -t` may give a container minutes to end; a person's signal older than this was not heeded.
STOP_PENDING = 600.0
# The engine stamps a death a little after it happened (measured: up to 0.3 s). An end noted later than that
# is not the one whose event was seen.
DEATH_SLACK_NS = 1_000_000_000
# These ask a process to end. HUP, USR1, USR2, WINCH and the like ask it for something, but may be what a
# container's image chose as its stop signal: they count only when a death follows.
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
        """True for a kill whose signal asks any process to end."""
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
        first_kill: whose terminating signal came first, None if there was none; UNKNOWN: perhaps the engine's own.
        killed_at: when we heard of that signal; None when we know of it without having heard it.
        ended_by: whose hand ended it, once it died and that is certain.
        removed_by: whose hand removed it.
        created_by: whose hand created it, if we saw that.
        started: engine time (ns) of its latest start, None if that was not seen.
        died: engine time (ns) of the latest death that was seen.
        signalled: engine time (ns) of a person's latest signal of another kind.
    """

    container_id: str
    known_from: int | None = None
    first_kill: Hand | None = None
    killed_at: Moment | None = None
    ended_by: Hand | None = None
    removed_by: Hand | None = None
    created_by: Hand | None = None
    started: int | None = None
    died: int | None = None
    signalled: int | None = None

    def after(self, event: EngineEvent, hand: Hand, now: Moment, stop_window: float) -> Life:
        """The life after one more event. `hand`: WATCHDOG if we announced it, else PERSON.

        `stop_window`: seconds that usually lie, at most, between a stop signal and the death it causes.
        """
        match event.action:
            case "start":
                known = event.time if self.known_from is None else self.known_from
                return Life(
                    container_id=self.container_id,
                    known_from=known,
                    created_by=self.created_by,
                    started=event.time,
                )
            case "create":
                return replace(self, created_by=hand)
            case "kill":
                return self._after_signal(event, hand, now, stop_window)
            case "die":
                return replace(self, died=event.time, ended_by=self._ended(event, hand, stop_window))
            case "stop" if hand is Hand.PERSON and not self._ours_unheard:
                # Also the only trace of a stop between two restarts of the engine's own: it dies no second time.
                return replace(self, first_kill=hand, ended_by=hand, killed_at=now)
            case "destroy":
                return replace(self, removed_by=hand)
            case _:
                # An unpause is no new life: the engine unpauses what a person stops, after the signal.
                return self

    def who_ended(self, finished: int, stop_window: float, started: int = 0) -> Hand:
        """Whose hand ended it at engine time `finished` (ns), as far as the events seen can tell.

        A death without a signal is only the container's own if all was seen since it started, or for
        `stop_window` seconds before the death: a stop signal may be so old.
        """
        if self.died is not None and self.end_unheard(finished, started):
            return Hand.UNKNOWN  # it lived and died once more, unseen
        if self.ended_by is not None:
            return self.ended_by
        if self.first_kill is not None:
            return self.first_kill
        if self.died is None:
            return Hand.UNKNOWN  # its end was not told yet, and so perhaps not the signal before it
        if self.known_from is not None and self.known_from <= finished - int(stop_window * 1e9):
            return Hand.ITSELF
        return Hand.UNKNOWN

    def started_since(self, finished: int) -> bool:
        """Whether it was started after its end at engine time `finished` (ns): who saw it down saw the past."""
        return self.died is None and self.started is not None and finished <= self.started

    def end_unheard(self, finished: int, started: int = 0) -> bool:
        """Whether the end at engine time `finished` (ns) has not been told to us by any event.

        `started` (ns): when what ended had been started, 0 if unknown; after the death that was told, it
        is another life that ended, however soon.
        """
        if self.died is None or finished > self.died + DEATH_SLACK_NS:
            return True
        return self.died < started < finished

    @property
    def _seen_whole(self) -> bool:
        return self.started is not None and self.known_from is not None and self.known_from <= self.started

    @property
    def _ours_unheard(self) -> bool:
        """An act of ours that was cut short and whose events were not counted."""
        return self.first_kill is Hand.WATCHDOG and self.killed_at is None

    def _after_signal(self, event: EngineEvent, hand: Hand, now: Moment, stop_window: float) -> Life:
        if not event.terminating:
            return replace(self, signalled=event.time) if hand is Hand.PERSON else self
        if self.first_kill is not None and self._pending(now, stop_window):
            return self
        # The engine may tell of a signal just after the death that it caused.
        return replace(self, first_kill=hand, killed_at=now, ended_by=None)

    def _pending(self, now: Moment, stop_window: float) -> bool:
        """The first signal may still end it: an older one was not heeded, so a new one is the first."""
        if self.killed_at is None:
            return False
        longest = STOP_PENDING if self.first_kill is Hand.PERSON else stop_window
        return now.seconds_since(self.killed_at) < longest

    def _ended(self, event: EngineEvent, hand: Hand, stop_window: float) -> Hand | None:
        if self.ended_by is not None:
            return self.ended_by
        if self.first_kill is not None:
            return self.first_kill
        if hand is Hand.WATCHDOG:
            return hand
        if self.signalled is not None and event.time - self.signalled <= int(stop_window * 1e9):
            return Hand.PERSON
        # How long its own stop may take is not known here: this long is enough for any.
        long_watched = self.known_from is not None and event.time - self.known_from >= int(STOP_PENDING * 1e9)
        return Hand.ITSELF if self._seen_whole or long_watched else None
