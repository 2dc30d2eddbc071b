"""What each state of a container means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes import FakeClock
from watchdog.core.container import (
    ContainerFacts,
    ContainerRules,
    Healthcheck,
    RestartSample,
    Sighting,
)
from watchdog.core.event import STOP_PENDING, Life
from watchdog.core.judgement import LOOP_LOOK, count_restarts, judge
from watchdog.core.moment import Moment
from watchdog.core.observation import Hand, Observation, Status

SECOND = 1_000_000_000
ENDED = 500 * SECOND
OK, WARNING, CRITICAL = Status.OK, Status.WARNING, Status.CRITICAL
ITSELF, PERSON, OURS, UNKNOWN = Hand.ITSELF, Hand.PERSON, Hand.WATCHDOG, Hand.UNKNOWN
RULES = ContainerRules()
UP = {"running"}


def now() -> Moment:
    return FakeClock().now()


def ago(seconds: float) -> Moment:
    clock = FakeClock()
    clock.advance(-seconds)
    return clock.now()


SIGNALLED = Life(container_id="c" * 64, first_kill=Hand.UNKNOWN, ended_by=Hand.UNKNOWN)


def look(
    *,
    ended_by: Hand | None = None,
    life: Life | None = None,
    rested: float | None = 60.0,
    restarts: tuple[RestartSample, ...] = (),
    expect_running: bool = False,
    **facts: Any,
) -> Observation:
    """Judge a container in this state, ended by this hand, at rest for so long."""
    seen = ContainerFacts(id="c" * 64, name="shop-web-1", image_id="sha256:a", finished=ENDED, **facts)
    return judge(
        "container",
        Sighting(
            target="web",
            facts=seen,
            life=life or Life(container_id=seen.id, ended_by=ended_by),
            restarts=restarts,
            resting_since=None if rested is None else ago(rested),
            log_tail=("panic: no such table",),
            expect_running=expect_running,
        ),
        RULES,
        now(),
    )


def gone(*, by: Hand | None, defined: bool | None = True, expect_running: bool = False) -> Observation:
    """Judge a target without a container."""
    life = Life(container_id="c" * 64, removed_by=by)
    seen = Sighting(target="web", facts=None, life=life, defined=defined, expect_running=expect_running)
    return judge("container", seen, RULES, now())


@pytest.mark.parametrize("replaced", [False, True])
def test_who_has_lost_its_network_is_sick_although_it_says_it_is_well(*, replaced: bool) -> None:
    """Its owner was started anew: a restart helps. Its owner was replaced: only a new container does."""
    facts = ContainerFacts(
        id="c" * 64,
        name="shop-web-1",
        image_id="sha256:a",
        state="running",
        health="healthy",
        network_mode="container:d0d0",
    )
    life = Life(container_id=facts.id)
    lost = Sighting(target="web", facts=facts, life=life, network_lost=True, owner_gone=replaced)
    seen = judge("container", lost, RULES, now())
    assert facts.network_owner == "d0d0"
    assert (seen.status, seen.finding.kind, seen.stopped_by) == (CRITICAL, "stranded", None)
    assert bool(seen.finding.facts.get("replacing_helps")) is replaced


def test_a_start_that_only_a_new_container_can_mend_says_so() -> None:
    """The network that it was made for is gone: the observation carries the diagnosis and what helps."""
    seen = look(state="exited", exit_code=128, error="network shop_default not found", ended_by=ITSELF)
    assert seen.finding.facts["doom"] == "network-gone"
    assert seen.finding.facts["replacing_helps"] is True
    assert ContainerFacts(id="c", name="web", image_id="a", network_mode="host").network_owner == ""


def loop(*counts: int, every: float = 10.0) -> tuple[RestartSample, ...]:
    """Restart counts as read every so many seconds, the last one now."""
    last = len(counts) - 1
    return tuple(RestartSample(at=ago((last - i) * every), count=n) for i, n in enumerate(counts))


LOOP = loop(0, 1, 2, 3)

# state and past of the container -> status, finding, settled, whose hand took it down (None: it is up)
TABLE: list[tuple[dict[str, Any], tuple[Status, str, bool, Hand | None]]] = [
    # up
    ({"state": "running"}, (OK, "running", True, None)),
    ({"state": "running", "health": "healthy"}, (OK, "healthy", True, None)),
    ({"state": "running", "health": "starting"}, (OK, "starting", False, None)),
    ({"state": "running", "health": "unhealthy"}, (CRITICAL, "unhealthy", True, None)),
    ({"state": "running", "restarts": LOOP}, (CRITICAL, "crash_loop", True, None)),
    ({"state": "running", "restarts": LOOP, "health": "starting"}, (CRITICAL, "crash_loop", True, None)),
    ({"state": "running", "restarts": loop(0, 1, 2)}, (OK, "running", True, None)),
    # paused is a person's doing
    ({"state": "paused"}, (WARNING, "paused", True, PERSON)),
    # on its way
    ({"state": "restarting"}, (WARNING, "restarting", False, ITSELF)),
    ({"state": "restarting", "restarts": LOOP}, (CRITICAL, "crash_loop", True, ITSELF)),
    ({"state": "restarting", "ended_by": PERSON}, (CRITICAL, "stopped", True, PERSON)),
    ({"state": "removing"}, (OK, "removing", False, ITSELF)),
    ({"state": "removing", "ended_by": PERSON}, (OK, "removing", False, PERSON)),
    # created
    ({"state": "created"}, (OK, "waiting", False, ITSELF)),
    ({"state": "created", "error": "no such file"}, (CRITICAL, "start_failed", True, ITSELF)),
    ({"state": "created", "exit_code": 127}, (CRITICAL, "start_failed", True, ITSELF)),
    (
        {"state": "created", "life": Life(container_id="c", created_by=OURS)},
        (CRITICAL, "not_started", True, OURS),
    ),
    # dead: a removal that failed
    ({"state": "dead", "ended_by": ITSELF}, (CRITICAL, "dead", True, ITSELF)),
    ({"state": "dead", "ended_by": OURS}, (CRITICAL, "dead", True, OURS)),
    ({"state": "dead", "ended_by": PERSON}, (CRITICAL, "stopped", True, PERSON)),
    ({"state": "dead"}, (CRITICAL, "found_down", True, UNKNOWN)),
    ({"state": "dead", "expect_running": True}, (CRITICAL, "dead", True, ITSELF)),
    # exited by itself
    ({"ended_by": ITSELF, "exit_code": 1}, (CRITICAL, "exited", True, ITSELF)),
    ({"ended_by": ITSELF, "exit_code": 137}, (CRITICAL, "exited", True, ITSELF)),
    ({"ended_by": ITSELF, "exit_code": 137, "oom_killed": True}, (CRITICAL, "out_of_memory", True, ITSELF)),
    ({"ended_by": ITSELF, "exit_code": 127}, (CRITICAL, "start_failed", True, ITSELF)),
    ({"ended_by": ITSELF, "exit_code": 1, "error": "no"}, (CRITICAL, "start_failed", True, ITSELF)),
    # success is an end like any other where nothing says that it shall go on
    ({"ended_by": ITSELF, "exit_code": 0}, (OK, "finished", True, ITSELF)),
    (
        {"ended_by": ITSELF, "exit_code": 0, "restart_policy": "on-failure"},
        (OK, "finished", True, ITSELF),
    ),
    ({"exit_code": 0}, (OK, "finished", True, ITSELF)),
    # but not of what shall run, nor of what got a signal, perhaps from the engine on its way out
    ({"exit_code": 0, "expect_running": True}, (CRITICAL, "exited", True, ITSELF)),
    ({"exit_code": 0, "life": SIGNALLED}, (CRITICAL, "found_down", True, UNKNOWN)),
    ({"exit_code": 0, "life": SIGNALLED, "expect_running": True}, (CRITICAL, "exited", True, ITSELF)),
    (
        {"ended_by": ITSELF, "exit_code": 0, "restart_policy": "always"},
        (CRITICAL, "exited", True, ITSELF),
    ),
    ({"ended_by": OURS, "exit_code": 0}, (CRITICAL, "exited", True, OURS)),
    ({"ended_by": PERSON, "exit_code": 0}, (CRITICAL, "stopped", True, PERSON)),
    # stopped by a person
    ({"ended_by": PERSON, "exit_code": 143}, (CRITICAL, "stopped", True, PERSON)),
    ({"ended_by": PERSON, "exit_code": 137, "oom_killed": True}, (CRITICAL, "stopped", True, PERSON)),
    ({"ended_by": PERSON, "exit_code": 1, "expect_running": True}, (CRITICAL, "stopped", True, PERSON)),
    # nobody saw who ended it
    ({"exit_code": 1}, (CRITICAL, "found_down", True, UNKNOWN)),
    ({"exit_code": 1, "restart_policy": "on-failure"}, (CRITICAL, "found_down", True, UNKNOWN)),
    ({"exit_code": 137, "restart_policy": "always"}, (CRITICAL, "stopped", True, PERSON)),
    ({"exit_code": 137, "restart_policy": "unless-stopped"}, (CRITICAL, "stopped", True, PERSON)),
    (
        {"exit_code": 137, "restart_policy": "always", "expect_running": True},
        (CRITICAL, "stopped", True, PERSON),
    ),
    ({"exit_code": 1, "expect_running": True}, (CRITICAL, "exited", True, ITSELF)),
    (
        {"exit_code": 137, "oom_killed": True, "expect_running": True},
        (CRITICAL, "out_of_memory", True, ITSELF),
    ),
    # the latest act was a start that failed: somebody wants it up
    ({"exit_code": 128, "error": "bad mount"}, (CRITICAL, "start_failed", True, ITSELF)),
    (
        {"exit_code": 128, "error": "bad mount", "restart_policy": "always"},
        (CRITICAL, "start_failed", True, ITSELF),
    ),
    # the engine has its turn
    (
        {"ended_by": ITSELF, "exit_code": 1, "restart_policy": "always", "rested": 0.5},
        (WARNING, "engine_turn", False, ITSELF),
    ),
    (
        {"ended_by": ITSELF, "exit_code": 1, "restart_policy": "always", "rested": None},
        (WARNING, "engine_turn", False, ITSELF),
    ),
    (
        {"ended_by": ITSELF, "exit_code": 1, "restart_policy": "always", "rested": 2.0},
        (CRITICAL, "exited", True, ITSELF),
    ),
    (
        {"ended_by": ITSELF, "exit_code": 1, "restart_policy": "on-failure", "rested": 0.0},
        (WARNING, "engine_turn", False, ITSELF),
    ),
    (
        {
            "ended_by": ITSELF,
            "exit_code": 1,
            "restart_policy": "on-failure",
            "restart_maximum": 3,
            "restart_count": 3,
            "rested": 0.0,
        },
        (CRITICAL, "exited", True, ITSELF),
    ),
    (
        {
            "ended_by": ITSELF,
            "exit_code": 1,
            "restart_policy": "on-failure",
            "restart_maximum": 3,
            "restart_count": 2,
            "rested": 0.0,
        },
        (WARNING, "engine_turn", False, ITSELF),
    ),
    ({"ended_by": ITSELF, "exit_code": 1, "rested": 0.0}, (CRITICAL, "exited", True, ITSELF)),
    (
        {"ended_by": OURS, "exit_code": 143, "restart_policy": "always", "rested": 0.0},
        (CRITICAL, "exited", True, OURS),
    ),
    # a state that no engine knows yet is judged like an end
    ({"state": "stopping", "ended_by": ITSELF, "exit_code": 1}, (CRITICAL, "exited", True, ITSELF)),
]


@pytest.mark.parametrize(("container", "expected"), TABLE)
def test_what_a_state_means(
    container: dict[str, Any], expected: tuple[Status, str, bool, Hand | None]
) -> None:
    """Each state of a container has its rule, its name, and the hand that brought it there."""
    seen = look(**{"state": "exited", **container})
    assert (seen.status, seen.finding.kind, seen.settled, seen.stopped_by) == expected


@pytest.mark.parametrize("container", [row[0] for row in TABLE])
def test_a_hand_is_named_exactly_while_it_is_down(container: dict[str, Any]) -> None:
    """Whoever reads an observation may tell from the hand whether the container is up."""
    seen = look(**{"state": "exited", **container})
    assert (seen.stopped_by is None) == (container.get("state", "exited") in UP)


@pytest.mark.parametrize("container", [row[0] for row in TABLE])
def test_what_is_on_its_way_is_looked_at_again(container: dict[str, Any]) -> None:
    """Nothing may wait for an event that never comes; a healthcheck always makes one."""
    seen = look(**{"state": "exited", **container})
    if not seen.settled and seen.finding.kind != "starting":
        assert seen.look_again is not None
        assert 0 <= seen.look_again <= RULES.rest


@pytest.mark.parametrize("health", ["", "healthy", "starting"])
def test_what_is_up_after_a_crash_loop_is_looked_at_again(health: str) -> None:
    """That its restarts are out of the window is no event: nobody else would see that it is well."""
    assert look(state="running", restarts=LOOP, health=health).look_again == LOOP_LOOK
    past = tuple(RestartSample(at=ago(400.0 - n), count=n) for n in range(4))
    assert look(state="running", restarts=past).finding.kind == "running"


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (gone(by=PERSON), (CRITICAL, "removed", PERSON)),
        (gone(by=PERSON, expect_running=True), (CRITICAL, "removed", PERSON)),
        (gone(by=OURS), (CRITICAL, "missing", OURS)),
        (gone(by=None), (CRITICAL, "missing", UNKNOWN)),
        (gone(by=None, defined=None, expect_running=True), (CRITICAL, "missing", UNKNOWN)),
        (gone(by=None, expect_running=True), (CRITICAL, "missing", ITSELF)),
        (gone(by=None, defined=False), (OK, "undefined", ITSELF)),
        (gone(by=PERSON, defined=False), (OK, "undefined", ITSELF)),
    ],
)
def test_what_absence_means(seen: Observation, expected: tuple[Status, str, Hand]) -> None:
    """Removed by a person, lost, or asked for no more."""
    assert (seen.status, seen.finding.kind, seen.stopped_by) == expected
    assert seen.settled
    assert seen.gone


def test_a_stop_that_is_under_way_is_a_persons() -> None:
    """From the first signal on the container is a person's, for as long as it may heed it."""
    life = Life(container_id="c", first_kill=PERSON, killed_at=ago(STOP_PENDING - 1))
    seen = look(state="running", health="unhealthy", life=life)
    assert (seen.finding.kind, seen.settled, seen.stopped_by) == ("being_stopped", False, PERSON)
    heeded = replace(life, killed_at=ago(STOP_PENDING))
    assert look(state="running", health="unhealthy", life=heeded).finding.kind == "unhealthy"
    slow = look(state="running", life=heeded, stop_timeout=1800.0)
    assert slow.finding.kind == "being_stopped"


def test_a_signal_of_ours_is_no_persons_stop() -> None:
    """A container that we are stopping is not a person's."""
    life = Life(container_id="c", first_kill=OURS, killed_at=now())
    assert look(state="running", life=life).finding.kind == "running"
    unheard = Life(container_id="c", first_kill=PERSON)
    assert look(state="running", life=unheard).finding.kind == "running"


def test_its_own_stop_timeout_counts() -> None:
    """A container with a minute to stop may have got its signal before we were there."""
    life = Life(container_id="c", known_from=ENDED - 30 * SECOND, died=ENDED)
    assert look(state="exited", exit_code=1, life=life).stopped_by is ITSELF
    assert look(state="exited", exit_code=1, life=life, stop_timeout=60.0).stopped_by is UNKNOWN


class TestFacts:
    def test_out_of_memory_names_the_limit(self) -> None:
        """People need to know how much it was allowed."""
        seen = look(state="exited", ended_by=ITSELF, exit_code=137, oom_killed=True, memory_limit=64 << 20)
        assert seen.finding.facts["memory_limit"] == 64 << 20
        assert seen.finding.facts["container"] == "shop-web-1"

    def test_an_end_by_a_signal_names_it(self) -> None:
        """137 means little to most people, KILL more; 3 is no signal."""
        assert look(state="exited", ended_by=ITSELF, exit_code=139).finding.facts["signal"] == "SEGV"
        assert look(state="exited", ended_by=ITSELF, exit_code=3).finding.facts["signal"] is None

    def test_the_last_words_are_evidence(self) -> None:
        """The last log line of a dead one, the healthcheck's output of a sick one, nothing empty."""
        assert look(state="exited", ended_by=ITSELF, exit_code=1).evidence == ("panic: no such table",)
        sick = look(state="running", health="unhealthy", health_output="curl: (7)")
        assert sick.evidence == ("curl: (7)",)
        assert look(state="running", health="unhealthy").evidence == ()

    def test_the_incarnation_changes_with_every_start_and_replacement(self) -> None:
        """What is verified is one incarnation."""
        first = look(state="running", started=1)
        assert first.incarnation != look(state="running", started=2).incarnation
        assert not first.gone
        assert first.version == "sha256:a"

    def test_patience_is_what_its_own_healthcheck_needs(self) -> None:
        """As long as the engine takes to call it healthy or unhealthy; nothing without a healthcheck."""
        probe = Healthcheck(interval=5.0, timeout=3.0, start_period=30.0)
        assert look(state="running", health="starting", healthcheck=probe).patience == 48.0
        assert look(state="running").patience == 0.0


class TestCountRestarts:
    def test_restarts_within_the_window_count(self) -> None:
        """Three restarts in a quick row are three, also if the last count before them is old."""
        assert count_restarts(LOOP, RULES, now()) == 3
        samples = (RestartSample(at=ago(5000), count=0), *loop(1, 2, 3))
        assert count_restarts(samples, RULES, now()) == 3

    def test_old_restarts_do_not(self) -> None:
        """Three restarts in a day are no loop."""
        assert count_restarts(loop(0, 1, 2, 3, every=301), RULES, now()) == 1

    def test_a_start_by_hand_begins_anew(self) -> None:
        """Somebody (we, too) started it: what was before is no loop any more, what comes after may be."""
        assert count_restarts(loop(0, 1, 2, 3, 0), RULES, now()) == 0
        assert count_restarts(loop(0, 1, 2, 3, 0, 1, 2, 3), RULES, now()) == 3

    def test_the_first_count_is_no_news(self) -> None:
        """A daemon that starts late does not take an old count for a loop."""
        assert count_restarts(loop(7), RULES, now()) == 0
        assert count_restarts((), RULES, now()) == 0


def test_a_container_that_waits_to_be_started_is_looked_at_again() -> None:
    """A start that fails makes no event: without another look nobody would ever see it."""
    seen = look(state="created")
    assert (seen.finding.kind, seen.settled, seen.look_again) == ("waiting", False, RULES.rest)


@pytest.mark.parametrize("policy", ["no", "unless-stopped"])
def test_a_look_that_a_start_has_overtaken_blames_nobody(policy: str) -> None:
    """Its facts are of the life before: it is neither stopped by a person nor fallen, it is starting."""
    life = Life(container_id="c", known_from=0, started=ENDED + SECOND)
    seen = look(state="exited", exit_code=137, life=life, restart_policy=policy)
    assert (seen.finding.kind, seen.settled, seen.stopped_by) == ("starting", False, None)
    assert seen.look_again is not None
