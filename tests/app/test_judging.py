"""Decisions that look beyond one target, in a whole daemon: causes, budgets, checks that are about no container."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from tests.engine.world import SOON, configure, make_engine, running
from watchdog.config import CheckConfig, Config, TargetConfig
from watchdog.core.budget import BudgetLimits
from watchdog.core.guardrail import Limits
from watchdog.core.observation import Finding, Observation, Status
from watchdog.core.playbook import Playbook, PlaybookKind, Step
from watchdog.core.storm import StormLimits
from watchdog.core.target import Wishes
from watchdog.core.threshold import Threshold
from watchdog.plugins import Check, Parameters, Tools


class Page(Check[Parameters]):
    """A page that answers or does not: what tests look at that is no container."""

    kind: ClassVar[str] = "page"
    parameters_type: ClassVar[type[Parameters]] = Parameters

    def __init__(self) -> None:
        super().__init__("front-page", Parameters())
        self.answers = True
        self.asked = 0

    def targets(self) -> tuple[str, ...]:
        return (self.name,)

    async def probe(self, target: str, tools: Tools) -> Observation:
        self.asked += 1
        return Observation(
            check=self.name,
            target=target,
            status=Status.OK if self.answers else Status.CRITICAL,
            finding=Finding("healthy" if self.answers else "unhealthy"),
            at=tools.clock.now(),
        )


REMEDY = Playbook(
    name="page-gone",
    kind=PlaybookKind.REMEDY,
    title={"en": "A page is gone"},
    target_kind="page",
    steps=(
        Step(action="restart_container", params={"even_if_well": True}, on="web", verify=SOON, gentle=True),
    ),
    limits=Limits(first=0.02, longest=0.05, attempts=2),
)


def with_page(page: Page, *, failures: int = 1) -> Config:
    config = configure()
    threshold = Threshold(failures=failures, again=0.02)
    check = CheckConfig(name=page.name, check=page, playbook=REMEDY.name, every=1.0, threshold=threshold)
    return replace(
        config,
        checks=(*config.checks, check),
        playbooks={**config.playbooks, REMEDY.name: REMEDY},
        storm=StormLimits(fewest=100),
    )


async def test_what_is_no_container_is_healed_by_a_step_on_a_container(tmp_path: Path) -> None:
    """A page that does not answer has its server restarted; the server's own look is not taken for a trouble."""
    engine, page = make_engine(), Page()
    engine.add("web")
    async with running(engine, tmp_path, with_page(page)) as world:
        await world.looked("web")
        await world.until(lambda: world.app.responder.latest(page.name) is not None)
        page.answers = False
        await world.until(lambda: ("start", "web") in engine.acts)
        page.answers = True
        incident = await world.newest("resolved")

        assert (incident.check, incident.target, incident.ending) == (page.name, page.name, "healed")
        assert engine.acts == [("stop", "web"), ("start", "web")]
        assert [each.target for each in await world.incidents()] == [page.name]


async def test_a_slow_answer_is_no_outage(tmp_path: Path) -> None:
    """Two failures where three are asked for open nothing; the third does."""
    engine, page = make_engine(), Page()
    engine.add("web")
    async with running(engine, tmp_path, with_page(page, failures=3)) as world:
        await world.until(lambda: page.asked == 1)
        page.answers = False
        world.app.look_around()
        await world.until(lambda: page.asked >= 3)
        assert world.app.responder.case(page.name) is None or await world.incidents() == ()
        incident = await world.newest("acting")
        assert page.asked >= 4
        assert incident.target == page.name


async def test_a_playbook_may_be_allowed_less_than_others(tmp_path: Path) -> None:
    """Two attempts by its own limits, although a container would get five."""
    engine, page = make_engine(), Page()
    engine.add("web")
    async with running(engine, tmp_path, with_page(page)) as world:
        await world.looked("web")
        page.answers = False
        incident = await world.newest("escalated")
        assert (incident.target, incident.attempts) == (page.name, 1)  # one rung, one attempt of it


async def test_what_a_person_holds_is_not_touched_for_another(tmp_path: Path) -> None:
    """The server that somebody stopped stays stopped, however much the page is missed."""
    engine, page = make_engine(), Page()
    engine.add("web")
    async with running(engine, tmp_path, with_page(page)) as world:
        await world.looked("web")
        engine.person_stops("web")
        await world.until(lambda: (case := world.app.responder.case("web")) and case.hold is not None)
        page.answers = False
        world.app.look_around()
        await world.until(lambda: world.app.responder.reason(page.name).startswith("held-by-a-person"))
        assert engine.acts == []


def with_need(config: Config, target: str, *needs: str) -> Config:
    wishes = TargetConfig(wishes=Wishes(depends_on=needs))
    return replace(config, targets={**config.targets, target: wishes}, storm=StormLimits(fewest=100))


async def test_only_the_cause_is_healed_and_what_waited_for_it_is_well_again(tmp_path: Path) -> None:
    """A database that is down makes its api sick: one start, one message, and the api is verified, not touched."""
    engine = make_engine()
    engine.add("db", health="healthy", recovers=False)
    engine.add("api", health="healthy")
    async with running(engine, tmp_path, with_need(configure(), "api", "db")) as world:
        await world.looked("db", "api")
        engine.crash("db", 1)
        engine.turn_unhealthy("api")
        await world.until(lambda: ("start", "db") in engine.acts)
        await world.until(lambda: (case := world.app.responder.case("api")) and case.incident)
        waiting = world.app.responder.case("api")
        assert waiting is not None
        assert waiting.incident is not None
        assert (waiting.incident.phase.value, waiting.incident.cause) == ("suppressed", "db")
        engine.turn_healthy("db")
        engine.turn_healthy("api")
        await world.until(lambda: not any(case.incident for case in world.app.responder.cases()), 10)

        assert engine.acts == [("start", "db")]
        assert sorted(await world.tellings()) == sorted(["opened", "affected", "healed", "followed"])


async def test_what_turns_sick_when_its_cause_is_well_again_gets_a_while(tmp_path: Path) -> None:
    """Healthchecks lag: an api that is called unhealthy after its database came back is not restarted for that."""
    engine = make_engine()
    engine.add("db")
    engine.add("api", health="healthy")
    async with running(engine, tmp_path, with_need(configure(), "api", "db")) as world:
        await world.looked("db", "api")
        engine.crash("db", 1)
        assert (await world.newest("resolved")).target == "db"
        engine.turn_unhealthy("api")
        await world.until(lambda: world.app.responder.reason("api").startswith("sick: what it depends on"))
        engine.turn_healthy("api")
        await world.until(lambda: world.app.responder.reason("api") == "well")

        assert engine.acts == [("start", "db")]
        assert [incident.target for incident in await world.incidents()] == ["db"]


async def test_a_budget_that_is_spent_is_waited_for(tmp_path: Path) -> None:
    """Two actions within the window for three that fell: the third is started when the window lets it."""
    engine = make_engine()
    for name in ("a", "b", "c", "d", "e", "f", "g", "h"):
        engine.add(name)
    config = replace(
        configure(), budget=BudgetLimits(actions=2, window=1.0, ask_again=0.05), storm=StormLimits(fewest=100)
    )
    async with running(engine, tmp_path, config) as world:
        await world.looked("a", "b", "c")
        for name in ("a", "b", "c"):
            engine.crash(name, 1)
        await world.until(lambda: len(engine.acts) == 2)
        waiting = next(name for name in ("a", "b", "c") if ("start", name) not in engine.acts)
        await world.until(lambda: world.app.responder.reason(waiting).startswith("budget-spent"))
        await world.until(lambda: len(engine.acts) == 3, 5)
        assert engine.acts[-1] == ("start", waiting)
