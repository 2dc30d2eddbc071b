"""Many targets sick at once: one trouble, with one cause to be named, and no mass restart.

What ended by itself is started again, a few at a time and what is needed first. What runs and is unhealthy is
left as it is: half a stack does not fall sick by itself, so restarting it mends nothing and may break more
(slow is not dead). Only the one target that all the others need, and no well one, is healed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum

from watchdog.core.dependency import Graph
from watchdog.core.moment import Moment
from watchdog.core.roster import Known

# A cause explains the storm if so many of the sick have it: one in five may be sick for a reason of its own.
EXPLAINS = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class StormLimits:
    """When many are too many. Seconds and shares of the watched targets; every default is the promise.

    Attributes:
        share: so many of the watched ...
        fewest: ... and at least so many ...
        within: ... turned sick within so long: a storm.
        over_below: it is over when fewer than so many of them are still sick.
    """

    share: float = 0.5
    fewest: int = 3
    within: float = 60.0
    over_below: float = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """Many targets sick at once. `targets`: all that were caught in it, also those that are well by now."""

    begun: Moment
    targets: frozenset[str]


class Common(StrEnum):
    """What targets may have in common. Of two that explain as much the earlier one is named."""

    DEPENDENCY = "dependency"
    ENGINE = "engine"
    DISK = "disk"
    IMAGE = "image"
    NETWORK = "network"


_ORDER = tuple(Common)


@dataclass(frozen=True, slots=True, order=True)
class Trait:
    """One thing that a target may share with others: a dependency, an image id, a network, a disk or mount.

    An engine that started anew is a trait of those that ended with it.
    """

    kind: Common
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What the sick have in common.

    Attributes:
        sick: how many of the sick have it, out of `of`.
        well: how many well ones have it too.
    """

    trait: Trait
    sick: int
    of: int
    well: int

    @property
    def strong(self) -> bool:
        """Whether the well ones do not have it: a cause that they share explains little."""
        return self.well == 0


class Move(StrEnum):
    """What is done about one target in a storm."""

    START = "start"
    HEAL = "heal"
    WAIT_FOR = "wait_for"
    WAIT = "wait"
    ASK = "ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class StormMove:
    """One target's part in the plan. `cause`: which target is waited for. `reason` is a kind, for wording."""

    target: str
    move: Move
    reason: str
    cause: str = ""


def judge_storm(
    sick: Mapping[str, Moment], watched: int, storm: Storm | None, limits: StormLimits, now: Moment
) -> Storm | None:
    """The storm there is now, None if there is none. Ask at every turn from well to sick and back.

    `sick`: targets that are in trouble by themselves (not held) and when they turned so. `watched`: how many
    could be. It begins all at once, goes on until fewer than a quarter of the watched are sick in it, and a
    last one that is still sick is a trouble of its own.
    """
    # A moment before a reboot may be long ago: it is not told to be recent.
    recent = frozenset(
        target
        for target, turned in sick.items()
        if turned.boot_id == now.boot_id and now.seconds_since(turned) <= limits.within
    )
    if storm is None:
        begins = len(recent) >= limits.fewest and len(recent) >= limits.share * watched
        return Storm(begun=now, targets=recent) if begins else None
    storm = replace(storm, targets=storm.targets | recent)
    still = len(storm.targets & sick.keys())
    return None if still <= 1 or still < limits.over_below * watched else storm


def dependency_traits(graph: Graph, targets: AbstractSet[str]) -> Mapping[str, frozenset[Trait]]:
    """What each target needs, as traits; each counts as needing itself, or the cause would not be like the rest."""
    return {
        target: frozenset(Trait(Common.DEPENDENCY, name) for name in {target, *graph.beneath.get(target, ())})
        for target in targets
    }


def traits_of(graph: Graph, known: Mapping[str, Known]) -> Mapping[str, frozenset[Trait]]:
    """What each watched target may have in common with others: what it needs, its networks, its image."""
    traits = dict(dependency_traits(graph, known.keys()))
    for name, one in known.items():
        more = {Trait(Common.NETWORK, network) for network in one.networks}
        if one.image_id:
            more.add(Trait(Common.IMAGE, one.image_id))
        traits[name] = traits.get(name, frozenset()) | more
    return traits


def shared_cause(sick: AbstractSet[str], traits: Mapping[str, frozenset[Trait]]) -> Cause | None:
    """What best explains why these are sick; None when they have nothing in common.

    `traits`: of all watched targets, the well ones too. A dependency that is watched and well is no cause. Best
    is what the fewest well ones share, then the kind that says most, then what explains the most of the sick.
    """
    having = Counter(trait for target in sick for trait in traits.get(target, ()))
    well = Counter(trait for target, its in traits.items() if target not in sick for trait in its)
    causes = [
        Cause(trait=trait, sick=count, of=len(sick), well=well[trait])
        for trait, count in having.items()
        if count > 1 and count >= EXPLAINS * len(sick) and not _is_well(trait, sick, traits)
    ]
    return min(
        causes,
        key=lambda cause: (cause.well, _ORDER.index(cause.trait.kind), -cause.sick, cause.trait.name),
        default=None,
    )


def _is_well(trait: Trait, sick: AbstractSet[str], traits: Mapping[str, frozenset[Trait]]) -> bool:
    return trait.kind is Common.DEPENDENCY and trait.name in traits and trait.name not in sick


def plan_storm(
    graph: Graph,
    cause: Cause | None,
    *,
    dead: AbstractSet[str],
    unhealthy: AbstractSet[str],
    busy: AbstractSet[str],
    at_once: int,
    waiting: AbstractSet[str] = frozenset(),
) -> tuple[StormMove, ...]:
    """What is done about each target, in the order in which it is done.

    `dead` ended by themselves, `unhealthy` run; none of them is held or given up. `busy` are acted on, or being
    verified: they keep their place of the `at_once`, and who needs them waits for them. `waiting` have had their
    turn, or may not be touched now: they keep no place from the others. Starts count as planned
    work in the budget: a storm of twenty must not wait ten minutes for its second half. Ask for the plan again
    whenever one of them turns well or an action ends.
    """
    healed = ""
    if cause is not None and cause.strong and cause.trait.kind is Common.DEPENDENCY:
        healed = cause.trait.name
    room = at_once - len(busy)
    moves: list[StormMove] = []
    down = dead | unhealthy | busy
    for layer in graph.order((dead | unhealthy) - busy):
        for target in layer:
            move = _move(target, dead, down, graph, healed)
            if move.move in (Move.START, Move.HEAL):
                if target in waiting:
                    pass
                elif room <= 0:
                    move = StormMove(target=target, move=Move.WAIT, reason="too-many-at-once")
                else:
                    room -= 1
            moves.append(move)
    return tuple(moves)


def _move(
    target: str, dead: AbstractSet[str], down: AbstractSet[str], graph: Graph, healed: str
) -> StormMove:
    root = graph.root_of(target, down)
    if root is not None:
        return StormMove(target=target, move=Move.WAIT_FOR, reason="cause-is-sick", cause=root)
    if target in dead:
        return StormMove(target=target, move=Move.START, reason="fell-by-itself")
    if target == healed:
        return StormMove(target=target, move=Move.HEAL, reason="shared-cause")
    return StormMove(target=target, move=Move.ASK, reason="unhealthy-in-a-storm")
