"""What is known of a run when it is over. All moments are seconds of the machine's clock, which the engine's events share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tests.scenarios.engine_log import Told

FOREVER = float("inf")


class Act(StrEnum):
    """What a person does to a container."""

    STOP = "stop"
    KILL = "kill"
    PAUSE = "pause"
    UNPAUSE = "unpause"
    START = "start"
    RESTART = "restart"
    RECREATE = "recreate"


TAKES = frozenset({Act.STOP, Act.KILL, Act.PAUSE})


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment to another; FOREVER for what did not end."""

    begun: float
    ended: float = FOREVER

    def holds(self, at: float, before: float = 0.0, after: float = 0.0) -> bool:
        """Whether a moment is in it, or so many seconds around it."""
        return self.begun - before <= at <= self.ended + after

    def meets(self, other: Span) -> bool:
        """Whether they have a moment in common."""
        return self.begun < other.ended and other.begun < self.ended


@dataclass(frozen=True, slots=True)
class Hand:
    """A command of a person, from before it was typed until it returned."""

    span: Span
    target: str
    act: Act


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of the schedule as it was carried out; `done` False: it could not be, and `note` says why."""

    at: float
    kind: str
    target: str
    done: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """Maintenance of a target, from when its beginning was confirmed until its end was asked for."""

    span: Span
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident of the journal. `others`: it is told in the message of another."""

    id: str
    check: str
    target: str
    opened: float
    resolved: float | None
    phase: str
    ending: str | None
    others: bool = False

    @property
    def span(self) -> Span:
        """While it was open."""
        return Span(self.opened, FOREVER if self.resolved is None else self.resolved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A changing step of the journal. `seen`: its end was witnessed, and not found out after a crash."""

    id: int
    incident: str
    target: str
    action: str
    attempt: int
    begun: float
    ended: float | None
    seen: bool
    again: bool
    result: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A notification of the journal's outbox. `key`: the same in every message that delivers it."""

    key: str
    telling: str
    target: str
    incident: str | None
    at: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """That it did nothing to a target at a moment, and why: the kind, as the journal has it."""

    at: float
    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class Post:
    """A message that arrived. `answered` False: the sender was never told so."""

    key: str
    at: float
    answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the daemon was configured to, as far as promises are counted by it.

    Attributes:
        engine_restarts: these the engine restarts by itself.
        needs: what each depends on, directly.
    """

    services: tuple[str, ...]
    engine_restarts: frozenset[str] = frozenset()
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sweep: float = 5.0
    at_once: int = 4
    actions: int = 10
    window: float = 600.0
    waits: tuple[float, ...] = (0.0, 10.0, 20.0, 40.0, 80.0)
    forget_after: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One run, from all witnesses.

    Attributes:
        lives: of each daemon: from its first answer to its death.
        births: when each daemon was launched.
        closed: while nothing could reach the engine.
        lost: while the daemon said that the engine was lost.
        unknown: while it could not see a target.
        held: (target, since) of the holds that there were at the end.
        rest: how each target stood at the end, by the daemon's word: {target: (state, the last reason)}.
    """

    rules: Rules
    span: Span
    events: Sequence[Told] = ()
    faults: Sequence[Fault] = ()
    hands: Sequence[Hand] = ()
    lives: Sequence[Span] = ()
    births: Sequence[float] = ()
    closed: Sequence[Span] = ()
    lost: Sequence[Span] = ()
    unknown: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    windows: Sequence[Window] = ()
    incidents: Sequence[Incident] = ()
    steps: Sequence[Step] = ()
    notes: Sequence[Note] = ()
    refusals: Sequence[Refusal] = ()
    posts: Sequence[Post] = ()
    held: Sequence[tuple[str, float]] = ()
    rest: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def hands_on(self, target: str) -> list[Hand]:
        """What people did to one target, in order."""
        return [hand for hand in self.hands if hand.target == target]

    def steps_on(self, target: str) -> list[Step]:
        """What the daemon did to one target, in order."""
        return [step for step in self.steps if step.target == target]

    def work(self, step: Step) -> Span:
        """While a step was carried out: a daemon that was killed did not go on."""
        life = next((life for life in self.lives if life.holds(step.begun, before=60.0)), Span(0.0))
        ended = FOREVER if step.ended is None else step.ended
        return Span(step.begun, min(ended, life.ended) if ended > life.ended or not step.seen else ended)
