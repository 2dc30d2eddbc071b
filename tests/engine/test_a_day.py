"""A day of incidents in a second: crashes, flapping, people, a lost engine, restarts of the daemon."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from tests.engine.world import World, configure, make_engine, running
from tests.fakes import FakeEngine
from watchdog.core.errors import Unreachable
from watchdog.core.incident import Phase
from watchdog.core.storm import StormLimits

HEALED = ("web", "api", "feeder")
STOPPED = ("cache", "queue")
HOPELESS = "broken"
ENDS = {"healed", "recovered", "escalated", "held"}


async def quiet(world: World, *targets: str) -> None:
    """Wait until none of these has an incident that somebody works on."""

    def calm() -> bool:
        cases = [world.app.responder.case(target) for target in targets]
        return all(
            case is not None and (case.incident is None or case.incident.phase is Phase.ESCALATED)
            for case in cases
        )

    await world.until(calm, 10)


async def lose_the_engine(world: World, engine: FakeEngine) -> None:
    """The engine does not answer for a while, and comes back."""
    engine.hang()
    engine.fail_next(Unreachable("connection refused"))
    engine.break_stream()
    await world.until(lambda: not world.app.listener.connected)
    engine.resume()
    await world.until(lambda: world.app.listener.connected)


async def told(world: World) -> dict[str, list[str]]:
    """What people were told, by target, in order."""
    by_target: dict[str, list[str]] = defaultdict(list)
    for entry in await world.app.journal.undelivered("test", 1000):
        by_target[entry.notification.target].append(entry.notification.telling.value)
    return by_target


async def test_a_day(tmp_path: Path) -> None:
    """Whatever came together: every incident ended or was handed over once, and people were respected."""
    engine = make_engine()
    everybody = (*HEALED, *STOPPED, HOPELESS)
    for name in everybody:
        engine.add(name)
    engine.container(HOPELESS).crashes_on_start = 10**6
    # Half of so few is three: each is its own trouble here.
    config = replace(configure(), storm=StormLimits(fewest=100))

    async with running(engine, tmp_path, config) as world:
        await world.looked(*everybody)
        for name in HEALED:
            engine.crash(name, 1)
        engine.person_stops("cache")
        await quiet(world, *HEALED)
        engine.crash(HOPELESS, 1)
        await lose_the_engine(world, engine)
        await quiet(world, HOPELESS)
        engine.crash("web", 139)
    engine.person_stops("queue")

    async with running(engine, tmp_path, config) as world:
        await world.looked(*everybody)
        await quiet(world, "web")
        engine.crash("api", 137, oom=True)
        await world.until(lambda: engine.container("api").up)
        engine.crash("api", 1)  # amid its verification
        await lose_the_engine(world, engine)
        await quiet(world, "api")

    async with running(engine, tmp_path, config) as world:
        await world.looked(*everybody)
        await quiet(world, *everybody)
        await world.until(
            lambda: all(
                (case := world.app.responder.case(name)) and case.hold and case.hold.told for name in STOPPED
            )
        )
        incidents = await world.incidents()
        tellings = await told(world)
        open_steps = await world.app.journal.open_steps()

    assert open_steps == ()
    assert {incident.phase for incident in incidents if incident.target != HOPELESS} == {Phase.RESOLVED}
    assert [i.phase for i in incidents if i.target == HOPELESS] == [Phase.ESCALATED]
    for name in HEALED:
        assert engine.container(name).up
    started = {name for act, name in engine.acts if act == "start"}
    for name in STOPPED:
        assert not engine.container(name).up
        assert name not in started
        assert tellings[name] == ["held"]
    assert tellings[HOPELESS].count("escalated") == 1
    assert tellings[HOPELESS][0] == "opened"
    assert tellings[HOPELESS][-1] == "escalated"
    assert len([act for act in engine.acts if act == ("start", HOPELESS)]) <= 5
    for name in HEALED:
        assert_in_order(tellings[name])


def assert_in_order(tellings: list[str]) -> None:
    """Every incident is told as opened, then perhaps as acted upon, then as ended, before the next one."""
    is_open = False
    for telling in tellings:
        if telling == "opened":
            assert not is_open, tellings
            is_open = True
        elif telling == "acting":
            assert is_open, tellings
        else:
            assert telling in ENDS, tellings
            assert is_open, tellings
            is_open = False
    assert not is_open, tellings
