"""What depends on what, and what follows from it."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog.core.dependency import (
    Edge,
    Graph,
    Member,
    Source,
    build_graph,
    find_cycle,
    read_compose_dependencies,
)

NAMES = st.sampled_from("abcdefgh")
PAIRS = st.lists(st.tuples(NAMES, NAMES), max_size=30)


def member(target: str, *compose: str, asked: tuple[str, ...] = (), priority: int = 0) -> Member:
    """A target that Compose says needs these."""
    return Member(target=target, container_id=f"id-{target}", compose=compose, asked=asked, priority=priority)


def rider(target: str, owner: str, *compose: str) -> Member:
    """A target in the network of another one's container."""
    return Member(
        target=target, container_id=f"id-{target}", network_mode=f"container:id-{owner}", compose=compose
    )


def stack() -> Graph:
    """A miniature of the stack: nginx needs grafana and the api, these need a database each."""
    return build_graph(
        (
            member("nginx", "grafana", "api"),
            member("grafana", "influxdb", "postgres"),
            member("api", "postgres"),
            member("feeder", "influxdb"),
            member("influxdb"),
            member("postgres", priority=5),
        )
    )


@pytest.mark.parametrize(
    ("label", "names"),
    [
        ("cache:service_started:false,db:service_healthy:true", ("cache", "db")),
        ("init:service_completed_successfully:false", ("init",)),
        ("db:service_healthy, cache", ("db", "cache")),
        ("", ()),
        (",:,", ()),
    ],
)
def test_the_label_of_compose_is_read(label: str, names: tuple[str, ...]) -> None:
    """As Compose 2.26 writes it, and whatever else it may hold."""
    assert read_compose_dependencies({"com.docker.compose.depends_on": label}) == names
    assert read_compose_dependencies({}) == ()


def test_a_cycle_is_found_and_named() -> None:
    """The same cycle, beginning with the same name, in whatever order it was written down."""
    edges = [("web", "api"), ("api", "db"), ("db", "cache"), ("cache", "api"), ("x", "y")]
    assert find_cycle(edges) == ("api", "db", "cache", "api")
    assert find_cycle(reversed(edges)) == ("api", "db", "cache", "api")
    assert find_cycle([("api", "db"), ("db", "api")]) == ("api", "db", "api")
    assert find_cycle([("api", "api")]) == ("api", "api")


def test_without_a_cycle_none_is_found() -> None:
    """Two ways to the same target are no cycle."""
    assert find_cycle([("nginx", "api"), ("nginx", "grafana"), ("api", "db"), ("grafana", "db")]) is None
    assert find_cycle([]) is None


@given(PAIRS)
def test_a_cycle_that_is_found_is_one(edges: list[tuple[str, str]]) -> None:
    """Each of its steps is an edge, it ends where it began, and it names nobody else twice."""
    cycle = find_cycle(edges)
    if cycle is not None:
        assert set(pairwise(cycle)) <= set(edges)
        assert cycle[0] == cycle[-1]
        assert len(set(cycle)) == len(cycle) - 1


@given(PAIRS)
def test_whatever_labels_say_the_graph_has_no_cycle(edges: list[tuple[str, str]]) -> None:
    """It is cut, always at the same edges, and what is left out is said; without a cycle nothing is."""
    members = [member(a, *(on for target, on in edges if target == a)) for a in "abcdefgh"]
    graph = build_graph(members)
    assert graph == build_graph(reversed(members))
    kept = [(target, one) for target, needs in graph.needs.items() for need in needs for one in need]
    assert find_cycle(kept) is None
    assert {(edge.target, edge.on) for edge in graph.cut} | set(kept) == set(edges)
    assert bool(graph.cut) == (find_cycle(edges) is not None)


@given(PAIRS, st.sets(NAMES))
def test_a_root_is_sick_and_has_no_sick_cause(edges: list[tuple[str, str]], sick: set[str]) -> None:
    """And whoever is sick without a root is in trouble by itself."""
    graph = build_graph([member(a, *(on for target, on in edges if target == a)) for a in "abcdefgh"])
    for target in sick:
        roots = graph.roots_of(target, sick)
        assert set(roots) <= sick & graph.beneath[target]
        assert all(not graph.causes_of(root, sick) for root in roots)
        assert bool(roots) == bool(graph.causes_of(target, sick))


@given(PAIRS, st.sets(NAMES))
def test_nobody_is_started_before_what_it_needs(edges: list[tuple[str, str]], chosen: set[str]) -> None:
    """Each target once, after all of the chosen that it needs, also those that it needs by way of others."""
    graph = build_graph([member(a, *(on for target, on in edges if target == a)) for a in "abcdefgh"])
    before: set[str] = set()
    for layer in graph.order(chosen):
        for target in layer:
            assert graph.beneath[target] & chosen <= before
        before |= set(layer)
    assert sorted(target for layer in graph.order(chosen) for target in layer) == sorted(chosen)


def test_the_cause_is_where_a_chain_of_sick_ones_begins() -> None:
    """Grafana and nginx are sick because influxdb is."""
    sick = {"nginx", "grafana", "influxdb", "feeder"}
    assert stack().root_of("nginx", sick) == "influxdb"
    assert stack().root_of("grafana", sick) == "influxdb"
    assert stack().root_of("influxdb", sick) is None


def test_a_well_one_in_between_is_no_way_to_a_cause() -> None:
    """Grafana does well without influxdb: then nginx is not sick because of it."""
    assert stack().root_of("nginx", {"nginx", "influxdb"}) is None


def test_of_several_causes_the_nearest_is_named_first() -> None:
    """Then by name; all of them are known."""
    sick = {"nginx", "grafana", "influxdb", "postgres", "api"}
    assert stack().roots_of("grafana", sick) == ("influxdb", "postgres")
    graph = build_graph((member("app", "zebra", "api"), member("api", "db"), member("db"), member("zebra")))
    assert graph.roots_of("app", {"zebra", "api", "db"}) == ("zebra", "db")


def test_a_service_is_down_when_all_its_replicas_are() -> None:
    """One well replica serves; config may also name a single one."""
    graph = build_graph((member("app", "db"), member("db"), member("db#2"), member("odd", asked=("db#2",))))
    assert graph.root_of("app", {"app", "db#2"}) is None
    assert graph.roots_of("app", {"app", "db", "db#2"}) == ("db", "db#2")
    assert graph.root_of("odd", {"odd", "db#2"}) == "db#2"


def test_who_depends_on_it() -> None:
    """Also by way of others."""
    assert stack().dependants_of("postgres") == {"grafana", "api", "nginx"}
    assert stack().dependants_of("nginx") == frozenset()
    assert stack().dependants_of("nobody") == frozenset()


def test_the_order_of_starts_respects_priority_within_a_layer() -> None:
    """What is needed first, and of those the greater priority, then the name."""
    assert stack().order(stack().needs) == (
        ("postgres", "influxdb"),
        ("api", "feeder", "grafana"),
        ("nginx",),
    )
    assert stack().order(["nginx", "influxdb", "stranger"]) == (("influxdb", "stranger"), ("nginx",))


def test_what_people_ask_for_outweighs_compose() -> None:
    """The edge with less weight is left out, and said to be."""
    graph = build_graph((member("api", "db"), member("db", asked=("api",))))
    assert graph.root_of("db", {"db", "api"}) == "api"
    assert graph.root_of("api", {"db", "api"}) is None
    assert graph.cut == (Edge("api", "db", Source.COMPOSE),)


def test_a_name_that_nobody_has_is_said() -> None:
    """A misspelt wish is told; what Compose names and watchdog does not watch is not."""
    graph = build_graph((member("api", "unwatched", asked=("dbb",)),))
    assert graph.unknown == (Edge("api", "dbb", Source.ASKED),)
    assert graph.needs == {"api": frozenset()}


def test_who_lives_in_its_network() -> None:
    """Named by the id of its container, also by way of others; it is a dependency, too."""
    graph = build_graph((rider("torrent", "vpn", "vpn"), rider("probe", "torrent"), member("vpn")))
    assert graph.shares_network_of("vpn") == {"torrent", "probe"}
    assert graph.shares_network_of("probe") == frozenset()
    assert graph.root_of("probe", {"vpn", "torrent", "probe"}) == "vpn"
    assert graph.needs["torrent"] == {frozenset({"vpn"})}


def test_a_network_whose_owner_was_replaced_is_noticed() -> None:
    """Its container is none that we know: a restart would fail, only a replacement helps."""
    graph = build_graph((rider("torrent", "former-vpn", "vpn"), member("vpn"), rider("self", "self")))
    assert graph.ownerless == {"torrent"}
    assert graph.owners == {}


def test_who_runs_on_without_a_network_is_noticed() -> None:
    """The owner was started after it: it kept the old namespace, in which nothing is left."""
    graph = build_graph((rider("torrent", "vpn"), rider("probe", "vpn"), rider("down", "vpn"), member("vpn")))
    assert graph.left_behind({"vpn": 20, "torrent": 10, "probe": 30}) == {"torrent"}
    assert graph.left_behind({"torrent": 10}) == frozenset()


def test_a_hostile_crowd_of_labels_does_not_hang() -> None:
    """A hundred targets that all claim to need all others are sorted out at once."""
    names = [f"t{number:03}" for number in range(100)]
    began = time.monotonic()
    graph = build_graph(member(name, *names) for name in names)
    assert time.monotonic() - began < 10
    assert len(graph.order(names)) == 100
    assert len(graph.cut) == 100 * 101 / 2
