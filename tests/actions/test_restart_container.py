"""Bringing a container up again."""

from __future__ import annotations

import pytest

from tests.engine.parts import SECRET, Stand
from watchdog.actions.restart_container import RestartContainer, RestartContainerParameters
from watchdog.core.errors import Refused, Unreachable
from watchdog.core.observation import Hand
from watchdog.core.run import Result

ACTION = RestartContainer(RestartContainerParameters())


@pytest.fixture
def stand() -> Stand:
    """An engine with one container that has been watched from its start."""
    stand = Stand()
    stand.engine.create("app")
    stand.engine.person_starts("app")
    return stand


async def test_a_dead_container_is_started_without_another_look(stand: Stand) -> None:
    """What the last look found down is started at once."""
    await stand.arrive()
    stand.engine.crash("app")
    await stand.catch_up()
    await stand.census.look("app")
    stand.engine.asked.clear()

    outcome = await ACTION.run("app", stand.tools)

    assert outcome.result is Result.DONE
    assert stand.engine.asked == ["start"]


async def test_a_sick_container_is_stopped_and_started_as_ours(stand: Stand) -> None:
    """Its stop was announced: nobody takes it for a person's."""
    stand.engine.container("app").restart_count = 4
    await stand.arrive()

    outcome = await ACTION.run("app", stand.tools)

    assert outcome.result is Result.DONE
    assert stand.engine.acts == [("stop", "app"), ("start", "app")]
    events, _ = await stand.engine.recent_events()
    stop = next(event for event in events if event.action == "stop")
    for event in events[: events.index(stop) + 1]:
        stand.census.hear(event)
    assert stand.census.roster.lives[stop.container_id].first_kill is Hand.WATCHDOG


async def test_an_unhealthy_container_is_given_its_own_time_to_stop(stand: Stand) -> None:
    """How long it may take to stop is the container's own setting, and is told before."""
    stand.engine.add("web", health="unhealthy", stop_timeout=25.0)
    await stand.arrive()

    assert await ACTION.describe("web", stand.tools) == "stop web (up to 25 s), then start it"
    assert (await ACTION.run("web", stand.tools)).result is Result.DONE
    assert stand.engine.container("web").health == "healthy"


@pytest.mark.parametrize("state", ["exited", "created", "dead"])
async def test_what_is_down_is_only_started(stand: Stand, state: str) -> None:
    """Nothing is stopped that does not run."""
    stand.engine.container("app").state = state
    await stand.arrive()

    assert await ACTION.describe("app", stand.tools) == "start app"
    assert (await ACTION.run("app", stand.tools)).result is Result.DONE
    assert stand.engine.acts == [("start", "app")]


async def test_what_runs_by_now_is_left_alone(stand: Stand) -> None:
    """A container that somebody else brought back is not restarted."""
    await stand.arrive()

    outcome = await ACTION.run("app", stand.tools)

    assert outcome.result is Result.SKIPPED
    assert not outcome.hopeless
    assert stand.engine.acts == []


async def test_who_has_lost_the_network_that_it_shares_is_restarted(stand: Stand) -> None:
    """It runs and says that it is well; only a restart brings it into the network of the one that was started anew."""
    stand.engine.add("vpn")
    stand.engine.add("inside", network_mode=f"container:{stand.engine.container('vpn').id}")
    await stand.arrive()
    assert (await ACTION.run("inside", stand.tools)).result is Result.SKIPPED
    stand.engine.person_restarts("vpn")

    outcome = await ACTION.run("inside", stand.tools)

    assert outcome.result is Result.DONE
    assert stand.engine.acts == [("stop", "inside"), ("start", "inside")]


async def test_a_paused_container_is_left_alone(stand: Stand) -> None:
    """Somebody paused it, and means something by it."""
    await stand.arrive()
    stand.engine.pause("app")

    outcome = await ACTION.run("app", stand.tools)

    assert outcome.result is Result.SKIPPED
    assert stand.engine.acts == []


async def test_without_a_container_there_is_nothing_to_start(stand: Stand) -> None:
    """A target whose container was removed cannot be helped by this rung."""
    stand.engine.person_removes("app")
    await stand.arrive()

    outcome = await ACTION.run("app", stand.tools)

    assert (outcome.result, outcome.hopeless) == (Result.SKIPPED, True)
    assert await ACTION.describe("app", stand.tools) == "nothing: app has no container"


async def test_a_container_that_vanished_meanwhile(stand: Stand) -> None:
    """A container removed between look and start: trying the same again is useless."""
    await stand.arrive()
    stand.engine.crash("app")
    await stand.census.look("app")
    stand.engine.person_removes("app")

    outcome = await ACTION.run("app", stand.tools)

    assert (outcome.result, outcome.hopeless) == (Result.FAILED, True)


async def test_a_command_that_cannot_be_run_is_hopeless(stand: Stand) -> None:
    """A start that the engine refuses because of the container itself is not tried again."""
    stand.engine.container("app").fails_to_start = f"exec: no such file, password={SECRET}"
    await stand.arrive()
    stand.engine.crash("app")
    await stand.census.look("app")

    outcome = await ACTION.run("app", stand.tools)

    assert (outcome.result, outcome.hopeless) == (Result.FAILED, True)
    assert outcome.reason == "exec: no such file, password=[hidden]"


async def test_a_start_that_was_refused_for_another_reason_may_be_tried_again(stand: Stand) -> None:
    """A port in use, say, may be free the next time."""
    await stand.arrive()
    stand.engine.crash("app")
    await stand.census.look("app")
    stand.engine.fail_next(Refused("port is already allocated"), "start")

    outcome = await ACTION.run("app", stand.tools)

    assert (outcome.result, outcome.hopeless) == (Result.FAILED, False)


async def test_an_engine_that_does_not_answer_is_the_runners_to_judge(stand: Stand) -> None:
    """The action does not swallow that the engine could not be asked."""
    await stand.arrive()
    stand.engine.hang()

    with pytest.raises(Unreachable):
        await ACTION.run("app", stand.tools)
    assert stand.engine.acts == []


async def test_what_fell_since_the_last_look_is_looked_at_and_started(stand: Stand) -> None:
    """A container of which only an old look is known is inspected before it is touched."""
    await stand.arrive()
    stand.engine.crash("app")
    stand.engine.asked.clear()

    assert (await ACTION.run("app", stand.tools)).result is Result.DONE
    assert stand.engine.asked[0] == "inspect"
    assert stand.engine.acts == [("start", "app")]


async def test_what_a_person_stopped_since_the_last_look_is_not_started(stand: Stand) -> None:
    """Between the look that decided and the step a person may have stopped it: that is seen, and respected."""
    await stand.arrive()
    stand.engine.person_stops("app")

    outcome = await ACTION.run("app", stand.tools)

    assert outcome.result is Result.SKIPPED
    assert stand.engine.acts == []


async def test_what_looks_well_is_restarted_where_the_trouble_shows_elsewhere(stand: Stand) -> None:
    """A page is gone although its server runs: told so, the server is stopped and started all the same."""
    await stand.arrive()
    action = RestartContainer(RestartContainerParameters(even_if_well=True))

    outcome = await action.run("app", stand.tools)

    assert outcome.result is Result.DONE
    assert stand.engine.acts == [("stop", "app"), ("start", "app")]
