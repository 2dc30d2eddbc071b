"""What bears on a decision about one target and lies outside of it: the rest of the stack, and those who work on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from watchdog.core.moment import Moment
from watchdog.core.storm import StormMove
from watchdog.core.verdict import Allow, Verdict

# In which only gentle steps are made, at most so many on one target: their count may not survive a crash.
ATTEMPTS_IN_MEMORY = 2
# How soon it is asked again what the causes show. Seconds.
CAUSES_LOOK = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """Where the trouble of a target begins. `incident`: the open one of the root, "" if it has none (it is held)."""

    target: str
    incident: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """How the stack around a target stands, at one moment.

    Attributes:
        root: the target whose trouble explains this one's.
        given_up: what explains this one's trouble was handed to a human: it is not waited for any more.
        begun: when actions on any target were begun that count against the budget.
        held: the targets that people hold.
        running: what each other action keeps busy that runs or is about to: its target, and what it acts on.
        looking: seconds for which nothing is decided on this target: what it depends on is looked at first, or was
            sick until a moment ago. None: it is decided now.
        aside: whether somebody else is at work on what concerns this target.
        maintenance: nothing may be touched; who said so and until when is told elsewhere.
        storm: this target's part in the plan of a storm. storm_incident: the incident of the whole.
        gentle: why only steps that take nothing away may be done now, "" while all may.
        most_attempts: so many attempts at most while that is so.
    """

    root: Root | None = None
    given_up: bool = False
    begun: tuple[Moment, ...] = ()
    held: frozenset[str] = frozenset()
    running: tuple[frozenset[str], ...] = ()
    looking: float | None = None
    aside: Verdict = field(default_factory=Allow)
    maintenance: bool = False
    storm: StormMove | None = None
    storm_incident: str = ""
    gentle: str = ""
    most_attempts: int | None = None
