"""The whole daemon in process, over an engine in memory: the spells that people will live through."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.world import LiveClock, configure, grow_old, make_engine, running
from tests.fakes import FakeCompose, FakeEngine
from watchdog.app import Outside, build, stop
from watchdog.config.records import Recurring
from watchdog.core.decision import Order
from watchdog.core.errors import NobodyListens, NotThere, Unreachable
from watchdog.core.maintenance import Purpose
from watchdog.gateways.clock import SystemClock
from watchdog.gateways.cron import parse_cron


async def test_a_crashed_container_is_started_verified_and_told(tmp_path: Path) -> None:
    """A container that dies is started at once, watched, and its incident ends as healed."""
    engine = make_engine()
    engine.add("app", log=("serving", "boom"))
    async with running(engine, tmp_path) as world:
        await world.looked("app")

        engine.crash("app", 1)

        incident = await world.newest("resolved")
        assert incident.ending == "healed"
        assert engine.acts == [("start", "app")]
        assert await world.tellings() == ["opened", "healed"]
        story = await world.app.journal.story(incident.id)
        kept = [line for step in story.steps for line in (step.outcome.evidence if step.outcome else ())]
        assert kept == ["serving", "boom"]


async def test_an_unhealthy_container_is_stopped_and_started(tmp_path: Path) -> None:
    """A container whose healthcheck fails is stopped, started, and healed when it is healthy again."""
    engine = make_engine()
    engine.add("app", health="healthy")
    async with running(engine, tmp_path) as world:
        await world.looked("app")

        engine.turn_unhealthy("app")
        await world.until(lambda: ("start", "app") in engine.acts)
        engine.turn_healthy("app")

        incident = await world.newest("resolved")
        assert incident.ending == "healed"
        assert engine.acts == [("stop", "app"), ("start", "app")]


async def test_what_a_person_stopped_stays_stopped(tmp_path: Path) -> None:
    """A container that a person stopped is held: told once, never started, until the person starts it."""
    engine = make_engine()
    engine.add("app")
    async with running(engine, tmp_path) as world:
        await world.looked("app")

        engine.person_stops("app")
        await world.until(lambda: (case := world.app.responder.case("app")) and case.hold and case.hold.told)
        await world.app.listener.sweep()
        assert engine.acts == []
        assert await world.tellings() == ["held"]

        engine.person_starts("app")
        await world.until(lambda: (case := world.app.responder.case("app")) and case.hold is None)
        assert await world.tellings() == ["held", "released"]
        assert await world.incidents() == ()


@pytest.mark.parametrize("act", ["person_kills", "person_removes", "pause"])
async def test_killing_removing_and_pausing_are_a_persons_acts_too(tmp_path: Path, act: str) -> None:
    """Docker kill, docker rm and docker pause are respected like docker stop."""
    engine = make_engine()
    engine.add("app")
    async with running(engine, tmp_path) as world:
        await world.looked("app")

        getattr(engine, act)("app")

        await world.until(lambda: (case := world.app.responder.case("app")) and case.hold and case.hold.told)
        assert engine.acts == []
        assert world.compose.acts == []


async def test_a_released_container_is_healed(tmp_path: Path) -> None:
    """A stopped container that a person gives back is started again."""
    engine = make_engine()
    engine.add("app")
    async with running(engine, tmp_path) as world:
        await world.looked("app")
        engine.person_stops("app")
        await world.until(lambda: (case := world.app.responder.case("app")) and case.hold)

        await world.app.responder.order("app", Order.RELEASE, "anna")

        incident = await world.newest("resolved")
        assert incident.ending == "healed"
        assert engine.acts == [("start", "app")]


async def test_an_always_crashing_container_is_given_up(tmp_path: Path) -> None:
    """Three starts and two replacements, with growing waits, then hands off and a human is told once."""
    engine = make_engine()
    engine.add("app", crashes_on_start=99)
    async with running(engine, tmp_path) as world:
        await world.looked("app")

        engine.crash("app", 1)

        incident = await world.newest("escalated")
        assert incident.reason == "attempts-spent"
        assert engine.acts == [("start", "app")] * 3
        assert world.compose.acts == ["app", "app"]
        assert (await world.tellings()).count("escalated") == 1
        await world.app.listener.sweep()
        assert len(engine.acts) == 3


async def test_a_finished_job_is_fine(tmp_path: Path) -> None:
    """A container that ended with exit code 0 under restart policy no is never restarted."""
    engine = make_engine()
    engine.add("job")
    async with running(engine, tmp_path) as world:
        await world.looked("job")

        engine.crash("job", 0)

        await world.until(lambda: world.finding("job") == "finished")
        assert engine.acts == []
        assert await world.incidents() == ()


async def test_a_lost_engine_makes_everything_unknown_and_nothing_is_done(tmp_path: Path) -> None:
    """While the engine cannot be asked, targets are unknown, no incident opens, and it is found again."""
    engine = make_engine()
    engine.add("app")
    async with running(engine, tmp_path) as world:
        await world.looked("app")
        engine.hang()
        engine.break_stream()
        engine.fail_next(Unreachable("connection refused"), "inspect")

        await world.until(lambda: not world.app.listener.connected)
        engine.resume()
        await world.until(lambda: world.app.listener.connected)
        await world.until(lambda: world.finding("app") == "running")

        assert await world.incidents() == ()
        assert engine.acts == []


async def test_a_death_while_the_daemon_is_away_is_healed_on_return(tmp_path: Path) -> None:
    """A crash that nobody watched is told from a stop by what the engine itself remembers."""
    engine = make_engine()
    engine.add("app")
    async with running(engine, tmp_path) as world:
        await world.looked("app")
    engine.clock.advance(60)
    engine.crash("app", 1)

    async with running(engine, tmp_path) as world:
        incident = await world.newest("resolved")

        assert incident.ending == "healed"
        assert engine.acts == [("start", "app")]


async def test_a_stop_while_the_daemon_is_away_is_respected(tmp_path: Path) -> None:
    """A stop that nobody watched is a person's, by what the engine remembers."""
    engine = make_engine()
    engine.add("app", ignores_term=True)
    async with running(engine, tmp_path) as world:
        await world.looked("app")
    engine.person_stops("app")

    async with running(engine, tmp_path) as world:
        await world.until(lambda: (case := world.app.responder.case("app")) and case.hold and case.hold.told)

        assert engine.acts == []
        assert await world.tellings() == ["held"]


async def test_without_any_memory_it_asks(tmp_path: Path) -> None:
    """A dead container of which nobody knows who ended it is asked about, not touched."""
    engine = make_engine()
    engine.add("app")
    engine.crash("app", 1)
    engine.flood()
    async with running(engine, tmp_path) as world:
        await world.until(lambda: (case := world.app.responder.case("app")) and case.hold and case.hold.told)

        assert await world.tellings() == ["asked"]
        assert engine.acts == []


async def test_the_answer_can_be_given_in_config(tmp_path: Path) -> None:
    """`expect: running` answers that question: the container is started."""
    engine = make_engine()
    engine.add("app")
    engine.crash("app", 1)
    engine.flood()
    async with running(engine, tmp_path, configure(expect_running=("app",))) as world:
        incident = await world.newest("resolved")

        assert incident.ending == "healed"


async def test_an_order_for_an_unknown_target_is_refused(tmp_path: Path) -> None:
    """An order for a target that is not watched says so."""
    engine = make_engine()
    async with running(engine, tmp_path) as world:
        with pytest.raises(NotThere):
            await world.app.responder.order("nobody", Order.HOLD, "anna")


async def test_an_interrupted_restart_is_finished_on_return(tmp_path: Path) -> None:
    """A daemon that dies between stop and start finds its own stop, takes it for its own, and starts."""
    engine = make_engine()
    engine.add("app", health="healthy")
    async with running(engine, tmp_path) as world:
        await world.looked("app")
        engine.turn_unhealthy("app")
        await world.until(lambda: ("stop", "app") in engine.acts)
        engine.hold_calls()
        await asyncio.sleep(0)
    engine.resume()

    async with running(engine, tmp_path) as world:
        await world.until(lambda: engine.container("app").up)
        engine.turn_healthy("app")
        incident = await world.newest("resolved")

        assert incident.ending == "healed"
        assert len(await world.incidents()) == 1


async def test_twenty_that_die_at_once_are_all_started(tmp_path: Path) -> None:
    """Each gets one incident of its own number and one start; the storm is the one that people are told of."""
    engine = make_engine()
    names = [f"app{number}" for number in range(20)]
    for name in names:
        engine.add(name)
    async with running(engine, tmp_path) as world:
        await world.looked(*names)

        for name in names:
            engine.crash(name, 1)
        await world.until(lambda: len(engine.acts) == 20, 15)
        await world.until(lambda: not any(case.incident for case in world.app.responder.cases()), 15)

        incidents = await world.incidents()
        assert sorted(int(incident.id) for incident in incidents) == list(range(1, 22))
        endings = Counter((incident.check, incident.ending) for incident in incidents)
        assert endings == {("containers", "healed"): 20, ("storm", "recovered"): 1}
        told = await world.tellings()
        assert told.count("storm") == told.count("storm_over") == 1
        assert told.count("opened") < 20
        assert sorted(engine.acts) == sorted(("start", name) for name in names)


async def test_an_empty_list_heals_nothing(tmp_path: Path) -> None:
    """An engine that suddenly lists no container at all makes us ask, and touch nothing, whatever is expected."""
    engine = make_engine()
    engine.add("app")
    engine.add("db")
    async with running(engine, tmp_path, configure(expect_running=("app", "db"))) as world:
        await world.looked("app", "db")
        engine.containers.clear()

        await world.app.listener.sweep()
        await world.until(lambda: all(world.finding(name) == "missing" for name in ("app", "db")))

        assert engine.acts == []
        assert world.compose.acts == []
        assert set(world.app.census.targets()) == {"app", "db"}


async def test_one_missing_among_others_is_made_anew(tmp_path: Path) -> None:
    """A container that vanished by nobody's hand, and is expected, is created again."""
    engine = make_engine()
    engine.add("app")
    engine.add("db")
    async with running(engine, tmp_path, configure(expect_running=("app",))) as world:
        await world.looked("app", "db")
        lost = engine.container("app")
        del engine.containers[lost.id]
        ladder = world.app.responder

        await world.app.listener.sweep()
        await world.until(lambda: world.compose.acts)

        assert world.compose.acts[0] == "app"
        assert ladder.case("db") is not None


async def test_a_recreation_by_a_person_leaves_no_hold_behind(tmp_path: Path) -> None:
    """After somebody else's `compose up` the new container is watched and healed like any other."""
    engine = make_engine()
    engine.add("app")
    async with running(engine, tmp_path) as world:
        await world.looked("app")
        origin = world.app.census.origin_of("app")
        assert origin is not None
        await world.compose.recreate(origin)
        new = engine.container("app").id
        await world.until(lambda: world.app.census.container_of("app") == new)
        await world.until(lambda: (case := world.app.responder.case("app")) and case.hold is None)
        assert await world.incidents() == ()
        assert engine.acts == []

        engine.crash("app", 1)

        assert (await world.newest("resolved")).ending == "healed"


async def test_a_log_that_was_being_kept_excuses_no_stop(tmp_path: Path) -> None:
    """A looking step that was cut short touched nothing: a stop while the daemon was away is a person's."""
    engine = make_engine()
    engine.add("app", crashes_on_start=99)
    async with running(engine, tmp_path) as world:
        await world.looked("app")
        engine.crash("app", 1)
        incident = await world.newest("escalated")
        await world.app.journal.begin_step(
            incident=incident.id,
            playbook=incident.playbook,
            target="app",
            action="collect_logs",
            rung=0,
            attempt=1,
            container_id=engine.container("app").id,
            text="collect_logs on app",
            now=world.app.clock.now(),
        )
    engine.container("app").crashes_on_start = 0
    engine.person_starts("app")
    engine.person_stops("app")

    async with running(engine, tmp_path) as world:
        await world.until(lambda: (case := world.app.responder.case("app")) and case.hold)
        assert await world.app.journal.open_steps() == ()
        assert engine.container("app").state == "exited"


class Wedged(FakeEngine):
    """Its starts hang while `wedged`."""

    wedged, starting = True, False

    async def start(self, container_id: str) -> None:
        self.starting = True
        if self.wedged:
            await asyncio.Event().wait()
        await super().start(container_id)


async def test_it_stops_within_seconds_although_the_engine_hangs(tmp_path: Path) -> None:
    """SIGTERM ends the daemon in time, in the middle of a step that gets no answer; the next one finishes it."""
    engine = grow_old(Wedged(LiveClock()))
    engine.add("app")
    engine.add("db")
    now = asyncio.get_running_loop().time
    async with running(engine, tmp_path) as world:
        await world.looked("app", "db")
        engine.crash("app", 1)
        await world.until(lambda: engine.starting)
        engine.hold_calls()
        engine.crash("db", 1)
        before = now()
    assert now() - before < 5.0
    engine.wedged = False
    engine.resume()

    async with running(engine, tmp_path) as world:
        await world.until(lambda: engine.container("app").up and engine.container("db").up)
        await world.until(lambda: not any(case.incident for case in world.app.responder.cases()))
        assert sorted(incident.target for incident in await world.incidents()) == ["app", "db"]


async def test_a_stale_socket_ends_the_daemon_whatever_the_disk_does(tmp_path: Path) -> None:
    """With a disk that hangs it still ends, with the code that has it started anew, and without its last lines."""
    engine, ended, disk = make_engine(), list[int](), threading.Event()
    outside = Outside(engine=engine, compose=FakeCompose(engine), clock=SystemClock())
    config = configure()
    config = replace(config, engine=replace(config.engine, refused_exit=0.01))
    app = await build(config, tmp_path, (), outside, end=ended.append)
    hanging = asyncio.create_task(app.journal._thread.call(disk.wait))
    try:
        async with asyncio.timeout(10):
            while not ended:
                engine.fail_next(NobodyListens("connection refused"), "list")
                await app.listener.sweep()
                await asyncio.sleep(0.01)
            await stop(app)
        assert ended == [os.EX_TEMPFAIL]
        assert not hanging.done()
    finally:
        disk.set()
        await hanging


async def test_a_target_can_be_held_before_it_was_looked_at(tmp_path: Path) -> None:
    """After a restart of the daemon, while the engine does not answer, an order is taken all the same."""
    engine = make_engine()
    engine.add("app")
    async with running(engine, tmp_path) as world:
        await world.looked("app")
    engine.hang()

    async with running(engine, tmp_path) as world:
        answer = await world.app.desk.hold("app", "anna")

        assert answer["answer"] == "held by anna"
    engine.resume()


async def test_what_is_under_maintenance_is_not_touched_until_its_end(tmp_path: Path) -> None:
    """A crash in a maintenance stays as it is, also over a restart of the daemon; at the end it is healed at once."""
    engine = make_engine()
    engine.add("app")
    engine.add("db")
    async with running(engine, tmp_path) as world:
        await world.looked("app", "db")
        await world.app.desk.windows.begin(Purpose.MAINTENANCE, ("app",), "anna", 3600.0, "")
        engine.crash("app", 1)
        engine.crash("db", 1)
        await world.until(lambda: engine.container("db").up)
    assert engine.acts == [("start", "db")]

    async with running(engine, tmp_path) as world:
        await world.until(lambda: world.finding("app") == "exited")
        (target,) = world.app.desk.status("app")["targets"]
        assert target["maintenance"] == "m1"
        assert engine.acts == [("start", "db")]

        await world.app.desk.windows.end(Purpose.MAINTENANCE, "anna", None)

        await world.until(lambda: engine.container("app").up)
    assert engine.acts == [("start", "db"), ("start", "app")]


async def test_what_is_silenced_is_healed_and_not_told(tmp_path: Path) -> None:
    """Silence is no maintenance: it heals; what is still open at the end is told once."""
    engine = make_engine()
    engine.add("app")
    engine.add("db", crashes_on_start=99)
    async with running(engine, tmp_path) as world:
        await world.looked("app", "db")
        await world.app.desk.windows.begin(Purpose.SILENCE, None, "anna", None, "")
        engine.crash("app", 1)
        engine.crash("db", 1)
        await world.until(
            lambda: (case := world.app.responder.case("db")) and case.incident and case.incident.called
        )
        await world.until(lambda: engine.container("app").up)
        async with asyncio.timeout(5):
            while await world.app.journal.undelivered("log"):  # noqa: ASYNC110 - polls, with a deadline
                await asyncio.sleep(0.005)
        stories = [await world.app.journal.story(incident.id) for incident in await world.incidents()]
        states = {d.state.value for story in stories for told in story.told for d in told.deliveries}
        assert states == {"silenced"}

        await world.app.desk.windows.end(Purpose.SILENCE, "anna", None)

        async def delivered() -> list[tuple[str, str]]:
            stories = [await world.app.journal.story(incident.id) for incident in await world.incidents()]
            return [
                (told.notification.target, told.notification.telling.value)
                for story in stories
                for told in story.told
                for delivery in told.deliveries
                if delivery.state.value == "delivered"
            ]

        async with asyncio.timeout(5):
            while ("db", "escalated") not in await delivered():  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.005)
        assert [target for target, _ in await delivered()].count("db") == 1


async def test_a_recurring_maintenance_of_the_configuration_holds_from_the_start(tmp_path: Path) -> None:
    """A daemon that starts in the middle of it touches nothing in it."""
    engine = make_engine()
    engine.add("app")
    engine.crash("app", 1)
    always = Recurring(cron=parse_cron("* * * * *"), lasts=3600.0)
    async with running(engine, tmp_path, replace(configure(), maintenance={"always": always})) as world:
        await world.until(lambda: world.finding("app") == "exited")
        await world.app.listener.sweep()
        (window,) = world.app.desk.status()["maintenance"]
        assert (window["by"], window["why"]) == ("the configuration", "always")
    assert engine.acts == []
