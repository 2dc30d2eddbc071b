"""Actions that did not come with watchdog, done by the whole daemon in process."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from tests.engine.outsiders import eventually
from tests.engine.world import SOON, configure, make_engine, running, with_ladder
from watchdog.config import Config
from watchdog.core.playbook import Autonomy, Step
from watchdog.core.run import Result


def with_action(does: str, *more: Step, autonomy: Autonomy = Autonomy.ACT) -> Config:
    """A ladder that begins with an evil rung."""
    evil = Step(action="do_evil", params={"does": does}, attempts=1, verify=SOON, autonomy=autonomy)
    return with_ladder(configure(), evil, *more)


async def test_an_action_of_a_package_heals(evil: ModuleType, tmp_path: Path) -> None:
    """It starts a container through the daemon's own engine, and is verified as any other."""
    engine = make_engine()
    engine.add("app")
    async with running(engine, tmp_path, with_action("start")) as world:
        await world.looked("app")
        world.engine.crash("app")
        incident = await world.newest("resolved")
        assert incident.ending is not None
        assert incident.ending.value == "healed"
        assert engine.acts == [("start", "app")]
        plan = await world.app.desk.plan("container-crash", "app")
        assert plan["rungs"][0]["does"] == "do evil to app"


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("exit", "it raised SystemExit: 7"),
        ("nothing", "it answered with nothing, not with an Outcome"),
    ],
)
async def test_an_action_that_misbehaves_is_a_failed_step(
    evil: ModuleType, tmp_path: Path, does: str, why: str
) -> None:
    """The next rung has its turn, and the target is healed."""
    engine = make_engine()
    engine.add("app")
    config = with_action(does, Step(action="restart_container", attempts=3, verify=SOON))
    async with running(engine, tmp_path, config) as world:
        await world.looked("app")
        world.engine.crash("app")
        incident = await world.newest("resolved")
        steps = (await world.app.journal.story(incident.id)).steps
        assert [step.action for step in steps] == ["do_evil", "restart_container"]
        outcome = steps[0].outcome
        assert outcome is not None
        assert outcome.result is Result.FAILED
        assert outcome.reason.endswith(why)


async def test_nothing_is_done_to_a_target_that_a_stuck_action_has_not_let_go(
    evil: ModuleType, tmp_path: Path
) -> None:
    """An action that hangs is a failed step; the next one waits until its thread is back, other targets do not."""
    engine = make_engine()
    engine.add("app")
    engine.add("db")
    config = with_action("block", Step(action="restart_container", attempts=3, verify=SOON))
    async with running(engine, tmp_path, config) as world:
        await world.looked("app", "db")
        assert world.app.outsiders.hindrance("app") == ""
        world.engine.crash("app")
        await world.newest("acting")
        await world.until(evil.HANGING.is_set)
        # What the runner does at its own deadline: it stops waiting.
        (task,) = [each for each in asyncio.all_tasks() if each.get_name() == "do_evil on app"]
        assert not task.done()
        world.app.responder._abort("app", "too long")
        await world.until(lambda: world.app.outsiders.hindrance("app"))
        assert world.app.outsiders.hindrance("app") == (
            "the plug-in action do_evil has not come back from this target"
        )
        assert world.app.outsiders.hindrance("db") == ""
        await world.until(lambda: world.app.responder.reason("app"))
        assert engine.acts == []
        evil.LET_GO.set()
        await world.until(lambda: not world.app.outsiders.hindrance("app"))


async def test_a_plug_in_is_not_asked_whether_it_suits(evil: ModuleType, tmp_path: Path) -> None:
    """A decision waits for nobody: `suits` of a plug-in would block it."""
    engine = make_engine()
    engine.add("app")
    config = with_action("start", autonomy=Autonomy.PROPOSE)
    async with running(engine, tmp_path, config) as world:
        await world.looked("app")
        world.engine.crash("app")

        async def proposed() -> object:
            return (await world.app.desk.proposals())["proposals"]

        await eventually(proposed)
        (proposal,) = (await world.app.desk.proposals())["proposals"]
        await world.app.desk.approve(proposal["id"], "anna")
        await world.newest("resolved")
        assert engine.acts == [("start", "app")]


async def test_what_it_would_do_cannot_be_told_when_it_will_not_say(evil: ModuleType, tmp_path: Path) -> None:
    """A plan is shown all the same."""
    engine = make_engine()
    engine.add("app")
    async with running(engine, tmp_path, replace(with_action("nothing"))) as world:
        await world.looked("app")
        plan = await world.app.desk.plan("container-crash", "app")
        assert (
            "cannot be told now: the plug-in action do_evil of evil-plugins 1.0" in plan["rungs"][0]["does"]
        )
