"""Something that happened inside the daemon, for whoever listens: logs, metrics, a person following."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from watchdog.core.moment import Moment
from watchdog.core.observation import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One dotted noun (`incident.opened`, `step.begun`) with its facts. Nothing in it is secret."""

    name: str
    at: Moment
    target: str | None = None
    incident: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)


Publish = Callable[[Happening], None]
