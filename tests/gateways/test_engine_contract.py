"""What every engine promises: asked of the fake one, and of the real one where it answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

import pytest

from tests.gateways.stages import FakeStage, RealStage, Stage
from watchdog.core.container import ContainerFacts, Healthcheck
from watchdog.core.errors import NotThere, Refused
from watchdog.core.event import EngineEvent

WITHIN = 15.0
STOPPED = {"die", "stop"}


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.engine)])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    if request.param == "fake":
        yield FakeStage()
        return
    real = RealStage(request.getfixturevalue("real_engine"))
    try:
        yield real
    finally:
        await real.close()


async def hear(events: AsyncIterator[EngineEvent], *last: str) -> list[EngineEvent]:
    """All events up to the one by which every action of `last` has been heard."""
    heard: list[EngineEvent] = []
    async with asyncio.timeout(WITHIN):
        while not set(last) <= {event.action for event in heard}:
            heard.append(await anext(events))
    return heard


async def see(stage: Stage, container_id: str, like: Callable[[ContainerFacts], bool]) -> ContainerFacts:
    """The facts as soon as they look like this."""
    async with asyncio.timeout(WITHIN):
        while True:
            facts = await stage.engine.inspect(container_id)
            if like(facts):
                return facts
            await asyncio.sleep(0.02)


def names(heard: list[EngineEvent]) -> list[str]:
    """The actions in order; a kill with its signal."""
    return [
        f"kill({event.attributes['signal']})" if event.action == "kill" else event.action for event in heard
    ]


async def test_an_engine_that_is_there_answers(stage: Stage) -> None:
    """A ping raises nothing."""
    await stage.engine.ping()


async def test_the_list_has_every_container_of_the_project_and_no_other(stage: Stage) -> None:
    """Running or not, all containers in scope are listed, and nothing out of it."""
    runs = await stage.run("web")
    waits = await stage.run("job", started=False)
    await stage.run("stranger", project="somebody-else")
    rows = {row.id: row for row in await stage.engine.list_containers()}
    assert set(rows) == {runs, waits}
    assert rows[runs].state == "running"
    assert rows[waits].state == "created"
    assert rows[runs].labels["com.docker.compose.service"] == "web"
    assert rows[runs].image_id == await stage.engine.image_id(stage.image)
    assert rows[runs].created > 0


async def test_an_inspect_tells_all_about_a_running_container(stage: Stage) -> None:
    """The facts are in our words, with times on the engine's clock."""
    made = await stage.run("web", probed=True, restart="unless-stopped")
    facts = await see(stage, made, lambda facts: facts.health == "healthy")
    assert facts.id == made
    assert facts.state == "running"
    assert facts.image == stage.image
    assert facts.image_id == await stage.engine.image_id(stage.image)
    assert facts.restart_policy == "unless-stopped"
    assert facts.healthcheck == Healthcheck(interval=0.2, timeout=2.0, retries=1)
    assert facts.started > 1_700_000_000 * 10**9
    assert facts.finished == 0
    assert facts.stop_timeout == 10.0


async def test_a_container_that_never_ran_has_no_times(stage: Stage) -> None:
    """Created is not started."""
    facts = await stage.engine.inspect(await stage.run("job", started=False))
    assert (facts.state, facts.started, facts.finished) == ("created", 0, 0)


@pytest.mark.parametrize("call", ["inspect", "logs", "start", "stop"])
async def test_what_does_not_exist_is_not_there(stage: Stage, call: str) -> None:
    """Every call says so in the same way."""
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "inspect": lambda: stage.engine.inspect("no-such-container"),
        "logs": lambda: stage.engine.logs("no-such-container", 5),
        "start": lambda: stage.engine.start("no-such-container"),
        "stop": lambda: stage.engine.stop("no-such-container", 1),
    }
    with pytest.raises(NotThere, match="No such container"):
        await calls[call]()


async def test_an_image_that_is_not_here_has_no_id(stage: Stage) -> None:
    """None, not an error."""
    assert await stage.engine.image_id("no-such-image:nowhere") is None


async def test_a_stop_and_a_start(stage: Stage) -> None:
    """Both do what they say, and nothing the second time."""
    made = await stage.run("web")
    before = await stage.engine.inspect(made)
    await stage.engine.stop(made, 5)
    await stage.engine.stop(made, 5)
    stopped = await stage.engine.inspect(made)
    assert (stopped.state, stopped.exit_code) == ("exited", 0)
    assert stopped.finished > stopped.started == before.started
    await stage.engine.start(made)
    await stage.engine.start(made)
    after = await stage.engine.inspect(made)
    assert after.state == "running"
    assert after.incarnation != before.incarnation


async def test_the_last_lines_of_a_log(stage: Stage) -> None:
    """Both streams, oldest first, no more than asked for."""
    made = await stage.run("web")
    lines: tuple[str, ...] = ()
    async with asyncio.timeout(WITHIN):
        while len(lines) < 3:
            await asyncio.sleep(0.02)
            lines = await stage.engine.logs(made, 10)
    assert sorted(lines) == ["one", "three", "two"]
    assert len(await stage.engine.logs(made, 1)) == 1
    assert await stage.engine.logs(made, 0) == ()


async def test_a_log_comes_with_its_times_if_asked_for(stage: Stage) -> None:
    """Before each line stands the engine's own time of it."""
    made = await stage.run("web")
    lines: tuple[str, ...] = ()
    async with asyncio.timeout(WITHIN):
        while len(lines) < 3:
            await asyncio.sleep(0.02)
            lines = await stage.engine.logs(made, 10, stamped=True)
    assert {line.partition(" ")[2] for line in lines} == {"one", "two", "three"}
    assert all(datetime.fromisoformat(line.partition(" ")[0]).tzinfo for line in lines)


async def test_a_command_runs_inside_a_container(stage: Stage) -> None:
    """It returns with its code; in a container that is down nothing runs."""
    made = await stage.run("web")
    ended = await stage.engine.execute(made, ["sh", "-c", "exit 0"], {"A": "1"})
    assert ended.code == 0
    down = await stage.run("job", started=False)
    with pytest.raises(Refused):
        await stage.engine.execute(down, ["true"])


async def test_a_stop_is_told_as_a_signal_a_death_and_a_stop(stage: Stage) -> None:
    """`docker stop` of a process that heeds TERM; engines differ in the order of the last two."""
    made = await stage.run("web")
    async with stage.engine.subscribe() as events:
        await stage.person("stop", "web")
        heard = await hear(events, *STOPPED)
    assert names(heard)[0] == "kill(15)"
    assert set(names(heard)[1:]) == STOPPED
    assert {event.container_id for event in heard} == {made}


async def test_a_stop_of_a_wedged_process_is_told_with_both_signals(stage: Stage) -> None:
    """`docker stop` of a process that ignores TERM: the first signal is still TERM."""
    await stage.run("web", ignores_term=True)
    async with stage.engine.subscribe() as events:
        await stage.person("stop", "web")
        heard = await hear(events, *STOPPED)
    assert names(heard)[:2] == ["kill(15)", "kill(9)"]
    assert set(names(heard)[2:]) == STOPPED


async def test_our_own_stop_is_told_like_a_persons(stage: Stage) -> None:
    """Nothing in the events says who asked."""
    made = await stage.run("web")
    async with stage.engine.subscribe() as events:
        await stage.engine.stop(made, 5)
        heard = await hear(events, *STOPPED)
    assert names(heard)[0] == "kill(15)"


async def test_a_crash_is_told_without_a_signal(stage: Stage) -> None:
    """A process that ends by itself only dies, with its exit code."""
    made = await stage.run("web")
    async with stage.engine.subscribe() as events:
        await stage.crash("web", 3)
        heard = await hear(events, "die")
    assert names(heard) == ["die"]
    assert heard[0].attributes["exitCode"] == "3"
    facts = await see(stage, made, lambda facts: facts.state == "exited")
    assert facts.exit_code == 3
    assert 0 < facts.finished <= heard[0].time


async def test_a_restart_by_the_engine_is_counted(stage: Stage) -> None:
    """With a restart policy a crash is followed by a start that nobody asked for."""
    made = await stage.run("web", restart="always")
    async with stage.engine.subscribe() as events:
        await stage.crash("web", 3)
        heard = await hear(events, "die")
        await stage.engine_restarts("web")
        heard += await hear(events, "start")
    assert names(heard)[:2] == ["die", "start"]
    assert (await stage.engine.inspect(made)).restart_count >= 1


async def test_a_kill_is_told_as_a_signal_and_a_death(stage: Stage) -> None:
    """`docker kill`."""
    await stage.run("web")
    async with stage.engine.subscribe() as events:
        await stage.person("kill", "web")
        heard = await hear(events, "die")
    assert names(heard) == ["kill(9)", "die"]


async def test_a_restart_by_a_person_is_told_as_a_stop_and_a_start(stage: Stage) -> None:
    """`docker restart`."""
    await stage.run("web")
    async with stage.engine.subscribe() as events:
        await stage.person("restart", "web")
        heard = await hear(events, "restart")
    assert names(heard)[0] == "kill(15)"
    assert set(names(heard)[1:3]) == STOPPED
    assert names(heard)[3:] == ["start", "restart"]


async def test_a_removal_is_told_and_the_container_is_gone(stage: Stage) -> None:
    """`docker rm -f`."""
    made = await stage.run("web")
    async with stage.engine.subscribe() as events:
        await stage.person("rm", "web")
        heard = await hear(events, "destroy")
    assert names(heard) == ["kill(9)", "die", "destroy"]
    assert await stage.engine.list_containers() == ()
    with pytest.raises(NotThere):
        await stage.engine.inspect(made)


async def test_a_pause_is_told_and_seen_and_a_paused_container_cannot_be_started(stage: Stage) -> None:
    """`docker pause` and `docker unpause`."""
    made = await stage.run("web")
    async with stage.engine.subscribe() as events:
        await stage.person("pause", "web")
        assert (await stage.engine.inspect(made)).state == "paused"
        with pytest.raises(Refused, match="paused"):
            await stage.engine.start(made)
        await stage.person("unpause", "web")
        heard = await hear(events, "unpause")
    assert names(heard) == ["pause", "unpause"]


async def test_a_creation_and_a_start_are_told(stage: Stage) -> None:
    """A new container is heard of before it runs."""
    async with stage.engine.subscribe() as events:
        made = await stage.run("web")
        heard = await hear(events, "start")
    assert names(heard) == ["create", "start"]
    assert (await stage.engine.inspect(made)).started <= heard[1].time


async def test_sickness_is_told_and_seen_everywhere(stage: Stage) -> None:
    """An event, the list and the inspect agree, and the last words of the probe are there."""
    made = await stage.run("web", probed=True)
    await see(stage, made, lambda facts: facts.health == "healthy")
    async with stage.engine.subscribe() as events:
        await stage.turn_unhealthy("web")
        heard = await hear(events, "health_status")
    assert names(heard) == ["health_status"]
    assert heard[0].attributes["health"] == "unhealthy"
    facts = await stage.engine.inspect(made)
    assert (facts.state, facts.health, facts.health_output) == ("running", "unhealthy", "no good")
    (row,) = await stage.engine.list_containers()
    assert row.health == "unhealthy"


async def test_a_program_that_cannot_run_is_refused_with_its_reason(stage: Stage) -> None:
    """The start fails, the container stays as it was created, and remembers why."""
    made = await stage.run("web", started=False, broken=True)
    with pytest.raises(Refused, match="executable file not found") as caught:
        await stage.engine.start(made)
    assert not isinstance(caught.value, NotThere)
    facts = await stage.engine.inspect(made)
    assert (facts.state, facts.exit_code, facts.started) == ("created", 127, 0)
    assert "executable file not found" in facts.error


async def test_events_of_other_projects_are_not_told(stage: Stage) -> None:
    """What happens next door is not heard of, in the stream or in the past."""
    stranger = await stage.run("stranger", project="somebody-else")
    await stage.run("web")
    async with stage.engine.subscribe() as events:
        await stage.person("kill", "stranger")
        await stage.person("kill", "web")
        heard = await hear(events, "die")
    recent, _ = await stage.engine.recent_events()
    assert stranger not in {event.container_id for event in (*heard, *recent)}


async def test_the_past_is_remembered_in_order(stage: Stage) -> None:
    """What happened before we asked is told, oldest first, and since when that is complete."""
    made = await stage.run("web")
    async with stage.engine.subscribe() as events:
        await stage.person("kill", "web")
        await hear(events, "die")
    recent, reach = await stage.engine.recent_events()
    assert names([event for event in recent if event.container_id == made])[-2:] == ["kill(9)", "die"]
    assert [event.time for event in recent] == sorted(event.time for event in recent)
    assert reach is not None
    assert reach <= recent[0].time


async def test_two_streams_hear_the_same(stage: Stage) -> None:
    """A stream takes nothing away from another."""
    await stage.run("web")
    async with stage.engine.subscribe() as first, stage.engine.subscribe() as second:
        await stage.person("kill", "web")
        assert names(await hear(first, "die")) == names(await hear(second, "die"))
