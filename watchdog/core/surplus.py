"""Which messages are told no more when too many wait: a channel that was away for days must not drown people.

What stays is how it stands: of what goes on, its beginning, what asked for a human, and the latest; of what is over, its
end. What goes is only counted, and people are told how many.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchdog.core.moment import Moment
from watchdog.core.notification import ASKING, Telling

# So many may wait for one channel.
MOST = 1000

# What is true on the way only: what comes later says more.
_PASSING = frozenset(
    {Telling.ACTING, Telling.REMINDED, Telling.SUPPRESSED, Telling.AFFECTED, Telling.FLAPPING}
)
# Outside of incidents: each says how it stands since then, until another of the same kind does.
_STANDS = (
    frozenset({Telling.HELD, Telling.ASKED, Telling.RELEASED}),
    frozenset({Telling.WARNED, Telling.WARNING_OVER}),
    frozenset({Telling.CONFIG_BROKEN, Telling.CONFIG_MENDED}),
    frozenset({Telling.ENGINE_LOST, Telling.ENGINE_FOUND}),
    frozenset({Telling.JOURNAL_FULL, Telling.JOURNAL_WELL}),
    frozenset({Telling.MAINTENANCE_BEGUN, Telling.MAINTENANCE_ENDED}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message that waits for one channel.

    Attributes:
        over: its incident is resolved.
        begun: something of its incident was delivered by this channel: people wait for the end.
    """

    id: int
    telling: Telling
    target: str
    incident: str | None = None
    over: bool = False
    begun: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Surplus:
    """What one channel left out, and has not told of yet: how many messages, of how many incidents, the oldest when.

    `latest`: the id of the newest of them.
    """

    count: int
    incidents: int
    since: Moment
    latest: int


def choose_surplus(waiting: Sequence[Waiting], most: int = MOST) -> tuple[int, ...]:
    """Which of these (oldest first) to leave out, so that `most` stay; fewer if there is nothing more to spare.

    First what later messages make worthless. Then whole stories that are over and of which nothing was told: at first
    those in which no human was called. An incident of which anything is told keeps what called a human, and its end.
    """
    excess = len(waiting) - most
    chosen: dict[int, None] = {}
    for group in _groups(waiting):
        if len(chosen) >= excess:
            break
        chosen.update(dict.fromkeys(group))
    return tuple(sorted(chosen))


def _groups(waiting: Sequence[Waiting]) -> Iterator[tuple[int, ...]]:
    """What goes together, in the order in which it goes."""
    outdated = set(_outdated(waiting))
    yield from ((each,) for each in sorted(outdated))
    stories: dict[str, list[Waiting]] = {}
    for each in waiting:
        if each.incident is not None and each.over and not each.begun:
            stories.setdefault(each.incident, []).append(each)
    for called in (False, True):
        for story in stories.values():
            if any(each.telling in ASKING for each in story) is called:
                yield tuple(each.id for each in story)


def _outdated(waiting: Sequence[Waiting]) -> Iterator[int]:
    """What a later one says as well, newest first."""
    later: set[object] = set()
    for each in reversed(waiting):
        kind = next((kind for kind in _STANDS if each.telling in kind), each.telling)
        matter = (each.incident, each.target, kind)
        passing = each.telling in _PASSING or (each.over and each.telling is Telling.PROPOSED)
        if matter in later or (each.incident is not None and each.incident in later and passing):
            yield each.id
        later |= {matter, each.incident}
