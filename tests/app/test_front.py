"""The tools of the web front are handed out where there are any."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.engine.parts import News, Tasks, until
from tests.engine.world import SOON, configure, make_engine, running, with_ladder
from tests.fakes import FakeClock, FakeCompose, FakeEngine
from tests.front.tools import FakeDoors, FakeShots
from watchdog.app.front import WebFront
from watchdog.app.outside import Outside
from watchdog.core.bypass import Bypass
from watchdog.core.decision import Perform
from watchdog.core.errors import Unreachable
from watchdog.core.happening import Happening
from watchdog.core.incident import Case
from watchdog.core.notification import Notification
from watchdog.core.playbook import Autonomy, Rung, Step
from watchdog.gateways.bypasses import Bypasses
from watchdog.gateways.clock import SystemClock
from watchdog.gateways.docker import DockerEngine, EngineOptions
from watchdog.gateways.one_shot import OneShots

NOWHERE = "/nowhere/docker.sock"


class Outbox:
    """Where notifications are written down."""

    def __init__(self) -> None:
        self.told: list[Notification] = []

    async def tell(self, notification: Notification) -> None:
        self.told.append(notification)


def outside(*, tools: bool) -> Outside:
    memory = FakeEngine(FakeClock())
    engine = DockerEngine(EngineOptions(socket=NOWHERE, project="x"))
    return Outside(
        engine=memory,
        compose=FakeCompose(memory),
        clock=memory.clock,
        shots=OneShots(engine, "an-image") if tools else None,
        doors=Bypasses(engine, "an-image") if tools else None,
    )


def front(tasks: Tasks, *, tools: bool) -> WebFront:
    return WebFront(
        outside(tools=tools), journal=Outbox(), told=lambda: None, spawn=tasks.spawn, publish=News().publish
    )


async def test_where_nothing_can_be_published_there_are_no_tools() -> None:
    """Everything else goes on as ever."""
    tasks = Tasks()
    made = front(tasks, tools=False)
    assert made.tools is None
    made.begin()
    made.step_begins(Perform("1", "dashboard", "p", Rung(Step(action="a")), 0, 1), True)
    made.follow(Happening(name="incident.resolved", at=FakeClock().now()))
    await made.end()
    assert not tasks.running


async def test_a_yes_reaches_the_step_that_it_is_for() -> None:
    """A step that publishes to the outside asks whether anybody said yes to it."""
    tasks = Tasks()
    made = front(tasks, tools=True)
    assert made.tools is not None
    order = Perform("1", "dashboard", "p", Rung(Step(action="open_bypass", on="grafana")), 0, 1)
    made.step_begins(order, True)
    assert made.tools.approved("grafana")
    made.step_begins(order, False)
    assert not made.tools.approved("grafana")


async def test_an_engine_that_is_away_at_the_start_is_no_trouble() -> None:
    """What was left behind, bypasses and one-shots, is looked for until the engine answers; a bypass waits for that."""
    tasks = Tasks()
    made = front(tasks, tools=True)
    made.begin()
    await until(lambda: len(tasks.running) == 2)
    assert made.tools is not None
    tasks.spawn("open", _open(made))
    await until(lambda: len(tasks.running) == 3)
    await made.end()
    await tasks.stop()


async def test_what_a_killed_daemon_left_is_cleared_up_as_soon_as_the_engine_answers() -> None:
    """Once is not enough: nobody else would ever remove it."""
    tasks, shots = Tasks(), FakeShots()
    shots.fail_next(Unreachable("away"))
    shots.fail_next(Unreachable("away"))
    made = WebFront(
        replace(outside(tools=False), shots=shots),
        journal=Outbox(),
        told=lambda: None,
        spawn=tasks.spawn,
        publish=News().publish,
        again=0.0,
    )
    made.begin()
    await tasks.done()
    assert shots.swept == 1


async def _open(made: WebFront) -> None:
    assert made.tools is not None
    await made.tools.bypasses.open(Bypass(target="grafana", container="c"))


PUBLIC = Step(
    action="open_bypass",
    params={"sources": ["203.0.113.7"]},
    on="grafana",
    autonomy=Autonomy.PROPOSE,
    verify=SOON,
)


async def test_a_public_bypass_opens_with_a_yes_and_closes_with_its_incident(tmp_path: Path) -> None:
    """Nothing is published before a human said yes; it is told, and withdrawn when all is well again."""
    engine = make_engine()
    engine.add("nginx")
    engine.add("grafana")
    doors = FakeDoors(SystemClock())
    async with running(engine, tmp_path, with_ladder(configure(), PUBLIC), doors) as world:
        await world.looked("nginx", "grafana")
        engine.crash("nginx", 1)
        await world.until(lambda: (case := world.app.responder.case("nginx")) and _proposed(case))
        (proposal,) = (await world.app.desk.proposals())["proposals"]
        assert doors.there == []

        await world.app.desk.approve(proposal["id"], "ada")
        await world.until(lambda: doors.there)
        assert doors.there[0].where == "0.0.0.0:3000"
        incident = await world.newest("escalated")
        assert (doors.there[0].incident, doors.there[0].page) == (incident.id, "nginx")

        engine.person_starts("nginx")
        await world.newest("resolved")
        await world.until(lambda: not doors.there)
        told = await world.tellings()
        assert [each for each in told if each.startswith("bypass")] == ["bypass_open", "bypass_closed"]


async def test_a_daemon_that_ends_leaves_nothing_published(tmp_path: Path) -> None:
    """Neither one that is stopped, nor one that was killed and begins anew."""
    engine = make_engine()
    engine.add("nginx")
    engine.add("grafana")
    doors = FakeDoors(SystemClock())
    private = replace(PUBLIC, params={}, autonomy=Autonomy.ACT)
    await doors.open(Bypass(target="grafana", container="killed", incident="9", page="nginx"))
    async with running(engine, tmp_path, with_ladder(configure(), private), doors) as world:
        await world.until(lambda: not doors.there)
        await world.looked("nginx", "grafana")
        engine.crash("nginx", 1)
        await world.until(lambda: doors.there)
    assert doors.there == []


def _proposed(case: Case) -> bool:
    return case.incident is not None and case.incident.proposal is not None
