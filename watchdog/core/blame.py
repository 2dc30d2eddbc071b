"""Whose trouble is behind what a look shows: what the stack knows of dependencies, and what the look itself says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from watchdog.core.dependency import Graph
from watchdog.core.incident import Incident, Phase
from watchdog.core.observation import Observation, Status


def find_root(
    graph: Graph,
    target: str,
    seen: Observation | None,
    sick: AbstractSet[str],
    incidents: Mapping[str, Incident],
) -> str | None:
    """Where the trouble of this target begins, None if it is its own.

    `sick`: all that cannot be relied upon. Of those that only the look names (`because_of`) one that was handed to
    a human is not waited for: what can be done about this target meanwhile is done.
    """
    root = graph.root_of(target, sick)
    if root is not None:
        return root
    for cause in seen.because_of if seen is not None else ():
        if _given_up(cause, incidents):
            continue
        # What it needs counts also while the cause itself looks well: this look has shown that it is not.
        beneath = graph.root_of(cause, sick - {cause})
        if beneath is not None or cause in sick:
            return beneath or cause
    return None


def is_given_up(seen: Observation | None, incidents: Mapping[str, Incident]) -> bool:
    """Whether what the look names as the cause was handed to a human."""
    return seen is not None and any(_given_up(cause, incidents) for cause in seen.because_of)


def _given_up(cause: str, incidents: Mapping[str, Incident]) -> bool:
    return cause in incidents and incidents[cause].phase is Phase.ESCALATED


def find_explanation(
    seen: Observation | None, looks: Iterable[Observation], incidents: Mapping[str, Incident]
) -> Observation | None:
    """The look at another target that explains why this one is sick; None if it is down, or a human has the other."""
    if seen is None or seen.stopped_by is not None:
        return None
    explaining = (
        look
        for look in looks
        if look.status is Status.CRITICAL and seen.target in look.explains and look.target != seen.target
    )
    return next((look for look in explaining if not _given_up(look.target, incidents)), None)


def suspects(graph: Graph, target: str, seen: Observation | None, known: Iterable[str]) -> AbstractSet[str]:
    """The targets that are looked at before this one is touched."""
    named = frozenset(seen.because_of if seen is not None else ()) & frozenset(known)
    return named | graph.beneath.get(target, frozenset())
