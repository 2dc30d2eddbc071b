"""Many targets sick at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.test_dependency import member, stack
from tests.fakes import FakeClock
from watchdog.core.dependency import Graph, build_graph
from watchdog.core.moment import Moment
from watchdog.core.storm import (
    Cause,
    Common,
    Move,
    Storm,
    StormLimits,
    StormMove,
    Trait,
    dependency_traits,
    judge_storm,
    plan_storm,
    shared_cause,
)

LIMITS = StormLimits()
DEFAULT = Trait(Common.NETWORK, "shop_default")
DATA = Trait(Common.DISK, "/srv/data")


def fallen(names: str, at: Moment) -> dict[str, Moment]:
    """Targets of one letter each, all sick since then."""
    return dict.fromkeys(names, at)


@pytest.mark.parametrize(
    ("sick", "watched", "storms"),
    [("abc", 6, True), ("abc", 7, False), ("ab", 2, False), ("abc", 3, True), ("abcdefghi", 20, False)],
)
def test_half_of_the_watched_and_three_at_least(sick: str, watched: int, storms: bool) -> None:
    """Within a minute: two of two are no storm, nor are nine of twenty."""
    now = FakeClock().now()
    storm = judge_storm(fallen(sick, now), watched, None, LIMITS, now)
    assert storm == (Storm(begun=now, targets=frozenset(sick)) if storms else None)


def test_what_fell_sick_long_ago_is_no_part_of_it() -> None:
    """Three that were given up days ago and one more are no storm, also after a reboot."""
    clock = FakeClock()
    sick = fallen("abc", clock.now())
    clock.advance(61)
    assert judge_storm({**sick, "d": clock.now()}, 4, None, LIMITS, clock.now()) is None
    clock.reboot()
    assert judge_storm({**sick, "d": clock.now()}, 4, None, LIMITS, clock.now()) is None


def test_it_grows_and_ends_when_few_are_left() -> None:
    """It goes on while a quarter is sick in it; those that were caught in it stay its own."""
    clock = FakeClock()
    first = clock.now()
    storm = judge_storm(fallen("abcd", first), 8, None, LIMITS, first)
    later = clock.advance(100)
    storm = judge_storm({**fallen("abcd", first), "e": later}, 8, storm, LIMITS, later)
    assert storm == Storm(begun=first, targets=frozenset("abcde"))
    storm = judge_storm(fallen("ab", first), 8, storm, LIMITS, later)
    assert storm == Storm(begun=first, targets=frozenset("abcde"))
    assert judge_storm(fallen("a", first), 8, storm, LIMITS, later) is None
    assert judge_storm({}, 8, storm, LIMITS, later) is None


def test_one_that_is_still_sick_is_a_trouble_of_its_own() -> None:
    """Also where it is a quarter of all; and a reboot does not end a storm of two."""
    clock = FakeClock()
    first = clock.now()
    storm = judge_storm(fallen("abc", first), 4, None, LIMITS, first)
    clock.reboot()
    assert judge_storm(fallen("ab", first), 4, storm, LIMITS, clock.now()) == storm
    assert judge_storm(fallen("a", first), 4, storm, LIMITS, clock.now()) is None


def test_those_sick_from_before_do_not_keep_it_going() -> None:
    """A storm is over when its own targets are well."""
    clock = FakeClock()
    old = fallen("xyz", clock.now())
    now = clock.advance(1000)
    storm = judge_storm({**old, **fallen("abcd", now)}, 8, None, LIMITS, now)
    assert storm == Storm(begun=now, targets=frozenset("abcd"))
    assert judge_storm(old, 8, storm, LIMITS, now) is None


def of_stack() -> dict[str, frozenset[Trait]]:
    """The traits of the miniature stack: all of it is in one network."""
    graph = stack()
    return {target: its | {DEFAULT} for target, its in dependency_traits(graph, graph.needs.keys()).items()}


def test_a_sick_dependency_is_named() -> None:
    """Influxdb is down and all that need it are sick: that says more than the network that all are in."""
    sick = {"influxdb", "grafana", "feeder", "nginx"}
    cause = shared_cause(sick, of_stack())
    assert cause == Cause(trait=Trait(Common.DEPENDENCY, "influxdb"), sick=4, of=4, well=0)
    assert cause.strong


def test_a_dependency_that_is_well_is_no_cause() -> None:
    """Postgres does well: then the network is all that they share, and the well ones share it too."""
    cause = shared_cause({"grafana", "api", "nginx"}, of_stack())
    assert cause == Cause(trait=DEFAULT, sick=3, of=3, well=3)
    assert not cause.strong


def test_a_dependency_that_nobody_watches_may_be_the_cause() -> None:
    """It is named, although it cannot be looked at."""
    far = Trait(Common.DEPENDENCY, "far-database")
    traits = {name: frozenset({far, DEFAULT}) for name in "abc"} | {"d": frozenset({DEFAULT})}
    assert shared_cause(set("abc"), traits) == Cause(trait=far, sick=3, of=3, well=0)


def test_one_in_five_may_be_sick_for_a_reason_of_its_own() -> None:
    """A cause that explains four of five is named; one that explains three of five is not."""
    traits = {name: frozenset({DATA}) for name in "abcd"} | {"e": frozenset[Trait]()}
    assert shared_cause(set("abcde"), traits) == Cause(trait=DATA, sick=4, of=5, well=0)
    traits["d"] = frozenset()
    assert shared_cause(set("abcde"), traits) is None


def test_without_anything_in_common_nothing_is_named() -> None:
    """Nor for one target alone, nor for none."""
    assert shared_cause(set("ab"), {"a": frozenset({DATA})}) is None
    assert shared_cause(set(), {}) is None


def test_of_two_the_one_that_says_more_is_named() -> None:
    """An engine that started anew says more than an image; what no well one has, more than either."""
    engine, image = Trait(Common.ENGINE, "started"), Trait(Common.IMAGE, "sha256:a")
    traits = {name: frozenset({engine, image}) for name in "abc"}
    assert shared_cause(set("abc"), traits) == Cause(trait=engine, sick=3, of=3, well=0)
    traits["well"] = frozenset({engine})
    assert shared_cause(set("abc"), traits) == Cause(trait=image, sick=3, of=3, well=0)


def plan(
    graph: Graph,
    *,
    dead: str = "",
    unhealthy: str = "",
    busy: str = "",
    cause: Cause | None = None,
    at_once: int = 4,
) -> dict[str, StormMove]:
    """The plan by target."""
    moves = plan_storm(
        graph,
        cause,
        dead=set(dead.split()),
        unhealthy=set(unhealthy.split()),
        busy=set(busy.split()),
        at_once=at_once,
    )
    return {move.target: move for move in moves}


def test_the_dead_come_back_in_the_order_of_their_needs() -> None:
    """Databases first; who needs one waits for it by name, also while that one is being verified."""
    moves = plan(stack(), dead="nginx grafana api feeder influxdb postgres")
    assert list(moves)[:2] == ["postgres", "influxdb"]
    assert {target: move.move for target, move in moves.items()} == {
        "postgres": Move.START,
        "influxdb": Move.START,
        "api": Move.WAIT_FOR,
        "feeder": Move.WAIT_FOR,
        "grafana": Move.WAIT_FOR,
        "nginx": Move.WAIT_FOR,
    }
    assert moves["feeder"].cause == "influxdb"
    moves = plan(stack(), dead="nginx api feeder", busy="postgres")
    assert moves["feeder"] == StormMove(target="feeder", move=Move.START, reason="fell-by-itself")
    assert moves["api"] == StormMove(
        target="api", move=Move.WAIT_FOR, reason="cause-is-sick", cause="postgres"
    )


def test_no_more_than_a_few_at_once() -> None:
    """Those that are busy have their places already; the rest wait for one."""
    graph = build_graph(member(name) for name in "abcdef")
    moves = plan(graph, dead="a b c d e", busy="f", at_once=4)
    assert [move.move for move in moves.values()] == [Move.START] * 3 + [Move.WAIT] * 2
    assert moves["e"].reason == "too-many-at-once"


def test_the_unhealthy_are_not_restarted() -> None:
    """Half a stack does not fall sick by itself: a human is asked, and no slot is taken."""
    graph = build_graph(member(name) for name in "abc")
    moves = plan(graph, unhealthy="a b c", at_once=1)
    assert {(move.move, move.reason) for move in moves.values()} == {(Move.ASK, "unhealthy-in-a-storm")}


def test_the_cause_is_healed_if_it_is_known() -> None:
    """Only the one that all others need and no well one; they wait for it."""
    graph = build_graph((member("db"), member("x", "db"), member("y", "db"), member("z")))
    sick = {"db", "x", "y"}
    cause = shared_cause(sick, dependency_traits(graph, graph.needs.keys()))
    moves = plan(graph, unhealthy="db x y", cause=cause)
    assert moves["db"] == StormMove(target="db", move=Move.HEAL, reason="shared-cause")
    assert moves["x"].cause == moves["y"].cause == "db"


@pytest.mark.parametrize(
    "cause",
    [
        Cause(trait=Trait(Common.DEPENDENCY, "db"), sick=3, of=3, well=1),
        Cause(trait=Trait(Common.IMAGE, "db"), sick=3, of=3, well=0),
    ],
)
def test_a_cause_that_is_weak_or_no_target_is_not_healed(cause: Cause) -> None:
    """It is named, and a human is asked."""
    graph = build_graph((member("db"), member("x", "db"), member("y", "db"), member("z", "db")))
    assert plan(graph, unhealthy="db x y", cause=cause)["db"].move is Move.ASK


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")), max_size=20),
    st.sets(st.sampled_from("abcdefgh")),
    st.sets(st.sampled_from("abcdefgh")),
    st.sets(st.sampled_from("abcdefgh")),
    st.integers(0, 5),
)
def test_a_plan_never_goes_beyond_its_bounds(
    edges: list[tuple[str, str]], dead: set[str], unhealthy: set[str], busy: set[str], at_once: int
) -> None:
    """Each sick target once; no more at work than allowed; nothing is started while what it needs is sick."""
    unhealthy -= dead
    graph = build_graph([member(a, *(on for target, on in edges if target == a)) for a in "abcdefgh"])
    moves = plan_storm(graph, None, dead=dead, unhealthy=unhealthy, busy=busy, at_once=at_once)
    assert sorted(move.target for move in moves) == sorted((dead | unhealthy) - busy)
    started = {move.target for move in moves if move.move is Move.START}
    assert started <= dead
    assert len(started) <= max(0, at_once - len(busy))
    assert not any(graph.causes_of(target, dead | unhealthy | busy) for target in started)
    assert not any(move.move is Move.HEAL for move in moves)
