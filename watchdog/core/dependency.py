"""What depends on what: whose trouble is the cause, who waits for whom, and in which order to start.

Three sources say so: what Compose noted when it made the container (its label names `depends_on`, and what
follows from `links`, `volumes_from` and `network_mode: service:`), the network namespace that a container lives
in, and what people ask for (config or label). A dependency on a service with replicas is met as long as one of
them is well.

Compose and config are free of cycles each, but together, or after an edit, they may have one. The graph then
leaves an edge out, always the same one, and says which: what is said with less weight gives way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter

from watchdog.core.target import service_of

COMPOSE_DEPENDS_ON = "com.docker.compose.depends_on"
_OF_CONTAINER = "container:"


class Source(StrEnum):
    """Who says that one depends on the other."""

    NETWORK = "network"
    ASKED = "asked"
    COMPOSE = "compose"


# Of two that contradict each other the earlier one is believed: a namespace is a fact, a wish is written for us.
_WEIGHT = (Source.NETWORK, Source.ASKED, Source.COMPOSE)


@dataclass(frozen=True, slots=True)
class Edge:
    """`target` needs `on`."""

    target: str
    on: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One target, as far as its dependencies go.

    Attributes:
        network_mode: of its container, in the engine's words; `container:ID` for another one's namespace.
        compose: the services that Compose says it needs; see `read_compose_dependencies`.
        asked: the targets or services that config or a label names (`Wishes.depends_on`).
        priority: the greater one is first among those that may be started.
    """

    target: str
    container_id: str = ""
    network_mode: str = ""
    compose: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Who needs whom, without cycles. Make it with `build_graph`.

    Attributes:
        needs: by target, what must be well for it; any one target of a need meets it.
        beneath: by target, all that it needs, also by way of others.
        owners: by target, whose network namespace it lives in.
        ownerless: targets in the namespace of a container that is no target: it was replaced, so that only
            replacing the target helps, or it belongs to somebody else.
        cut: what was left out, because it would have closed a cycle.
        unknown: what was asked for by a name that no target has.
    """

    needs: Mapping[str, frozenset[frozenset[str]]] = field(default_factory=dict)
    beneath: Mapping[str, frozenset[str]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    priority: Mapping[str, int] = field(default_factory=dict)
    ownerless: frozenset[str] = frozenset()
    cut: tuple[Edge, ...] = ()
    unknown: tuple[Edge, ...] = ()

    def causes_of(self, target: str, sick: AbstractSet[str]) -> frozenset[str]:
        """Those of `sick` that alone keep a need of the target from being met."""
        unmet = [need for need in self.needs.get(target, ()) if need <= sick]
        return frozenset(one for need in unmet for one in need)

    def roots_of(self, target: str, sick: AbstractSet[str]) -> tuple[str, ...]:
        """Where the trouble of the target begins: the sick ones that have no sick cause themselves, nearest first.

        `sick` holds all that cannot be relied upon: also what a person holds down, and what is being healed
        or verified. Followed are direct needs and chains of sick ones only: one in between that is well
        proves that what lies behind it does not get through.
        """
        roots: list[str] = []
        seen, level = {target}, frozenset({target})
        while level:
            further: set[str] = set()
            for one in sorted(level):
                causes = self.causes_of(one, sick)
                if not causes and one != target:
                    roots.append(one)
                further |= causes
            level = frozenset(further - seen)
            seen |= level
        return tuple(roots)

    def root_of(self, target: str, sick: AbstractSet[str]) -> str | None:
        """The nearest of `roots_of`, the first by name if there are several; None if it is in trouble by itself."""
        return next(iter(self.roots_of(target, sick)), None)

    def dependants_of(self, target: str) -> frozenset[str]:
        """All that need the target, also by way of others."""
        return frozenset(one for one, beneath in self.beneath.items() if target in beneath)

    def shares_network_of(self, target: str) -> frozenset[str]:
        """All that live in the network namespace of this target: when it starts anew they have no network."""
        sharing: set[str] = set()
        while more := {one for one, owner in self.owners.items() if owner in {target, *sharing}} - sharing:
            sharing |= more
        return frozenset(sharing - {target})

    def left_behind(self, started: Mapping[str, int]) -> frozenset[str]:
        """Those that have lost their network, because its owner was started after them.

        `started`: engine time (ns) of the start of all that run. A restart of theirs is enough: the namespace
        is looked up anew. Nobody else tells: the engine does not, and their healthcheck may not look.
        """
        return frozenset(
            one
            for one, owner in self.owners.items()
            if one in started and started.get(owner, 0) > started[one]
        )

    def order(self, targets: Iterable[str]) -> tuple[tuple[str, ...], ...]:
        """The targets in layers, each to be started when those before it are well; in a layer by priority, then name."""
        chosen = set(targets)
        sorter = TopologicalSorter({one: self.beneath.get(one, frozenset()) & chosen for one in chosen})
        sorter.prepare()
        layers: list[tuple[str, ...]] = []
        while ready := sorter.get_ready():
            layers.append(tuple(sorted(ready, key=lambda one: (-self.priority.get(one, 0), one))))
            sorter.done(*ready)
        return tuple(layers)


def find_cycle(edges: Iterable[tuple[str, str]]) -> tuple[str, ...] | None:
    """A cycle in `(target, what it needs)`, as `("api", "db", "api")`; the same one whatever their order."""
    needs: defaultdict[str, list[str]] = defaultdict(list)
    for target, on in sorted(set(edges)):
        needs[target].append(on)
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        # It names each one before what needs it, and the first one twice.
        around: list[str] = error.args[1][:0:-1]
        first = around.index(min(around))
        return (*around[first:], *around[:first], around[first])
    return None


def read_compose_dependencies(labels: Mapping[str, str]) -> tuple[str, ...]:
    """The services in Compose's label, `db:service_healthy:true,cache:service_started:false`."""
    said = labels.get(COMPOSE_DEPENDS_ON, "").split(",")
    return tuple(name for one in said if (name := one.partition(":")[0].strip()))


def build_graph(members: Iterable[Member]) -> Graph:
    """The graph of these targets. Never raises, whatever they say of each other."""
    known = {member.target: member for member in members}
    replicas: defaultdict[str, set[str]] = defaultdict(set)
    for target in known:
        replicas[service_of(target)].add(target)
    containers = {member.container_id: target for target, member in known.items() if member.container_id}
    owners, ownerless = _read_owners(known, containers)

    unknown: list[Edge] = []
    said: list[tuple[Edge, frozenset[str]]] = []
    for target, member in sorted(known.items()):
        if target in owners:
            owner = owners[target]
            said.append((Edge(target, owner, Source.NETWORK), frozenset({owner})))
        for source, names in ((Source.ASKED, member.asked), (Source.COMPOSE, member.compose)):
            for name in names:
                edge = Edge(target, name, source)
                meant = frozenset(replicas.get(name, {name} & known.keys()))
                if meant:
                    said.append((edge, meant))
                elif source is Source.ASKED:
                    unknown.append(edge)
    said.sort(key=lambda one: (_WEIGHT.index(one[0].source), one[0].target, one[0].on))

    drawing = _Drawing(known)
    for edge, meant in said:
        drawing.add(edge, meant)
    return Graph(
        needs={target: frozenset(needs) for target, needs in drawing.needs.items()},
        beneath={target: frozenset(beneath) for target, beneath in drawing.beneath.items()},
        owners=owners,
        priority={target: member.priority for target, member in known.items()},
        ownerless=ownerless,
        cut=tuple(drawing.cut),
        unknown=tuple(unknown),
    )


def _read_owners(
    known: Mapping[str, Member], containers: Mapping[str, str]
) -> tuple[dict[str, str], frozenset[str]]:
    owners: dict[str, str] = {}
    ownerless: set[str] = set()
    for target, member in known.items():
        kind, colon, container_id = member.network_mode.partition(":")
        if kind + colon != _OF_CONTAINER:
            continue
        owner = containers.get(container_id)
        if owner is None:
            ownerless.add(target)
        elif owner != target:
            owners[target] = owner
    return owners, frozenset(ownerless)


class _Drawing:
    """A graph that is being drawn, edge by edge, and never has a cycle."""

    def __init__(self, targets: Iterable[str]) -> None:
        self.needs: dict[str, set[frozenset[str]]] = {target: set() for target in targets}
        self.beneath: dict[str, set[str]] = {target: set() for target in self.needs}
        self._above: dict[str, set[str]] = {target: set() for target in self.needs}
        self.cut: list[Edge] = []

    def add(self, edge: Edge, meant: frozenset[str]) -> None:
        """Draw that `edge.target` needs one of `meant`, without those of them that need it already."""
        target = edge.target
        fit = frozenset(one for one in meant if one != target and target not in self.beneath[one])
        if fit != meant:
            self.cut.append(edge)
        if not fit:
            return
        self.needs[target].add(fit)
        for one in fit - self.beneath[target]:
            above, beneath = {target, *self._above[target]}, {one, *self.beneath[one]}
            for upper in above:
                self.beneath[upper] |= beneath
            for lower in beneath:
                self._above[lower] |= above
