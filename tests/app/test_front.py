"""The tools of the web front are handed out where there are any."""

from __future__ import annotations

from tests.engine.parts import News, Tasks, until
from tests.fakes import FakeClock, FakeCompose, FakeEngine
from watchdog.app.front import WebFront
from watchdog.app.outside import Outside
from watchdog.core.bypass import Bypass
from watchdog.core.decision import Perform
from watchdog.core.happening import Happening
from watchdog.core.notification import Notification
from watchdog.core.playbook import Rung, Step
from watchdog.gateways.bypasses import Bypasses
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
    """What was left behind is looked for until the engine answers; a bypass waits for that."""
    tasks = Tasks()
    made = front(tasks, tools=True)
    made.begin()
    await until(lambda: len(tasks.running) == 1)
    assert made.tools is not None
    tasks.spawn("open", _open(made))
    await until(lambda: len(tasks.running) == 2)
    await made.end()
    await tasks.stop()


async def _open(made: WebFront) -> None:
    assert made.tools is not None
    await made.tools.bypasses.open(Bypass(target="grafana", container="c"))
