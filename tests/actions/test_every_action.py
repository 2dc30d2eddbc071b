"""What holds for every kind of action, also one that is added tomorrow."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.parts import SECRET, Stand
from tests.front.tools import FakeBypasses, FakeShots
from watchdog.core.errors import NotThere, Refused, Unreachable, WatchdogError
from watchdog.core.run import Outcome, Result
from watchdog.gateways.front import Front
from watchdog.plugins import Action
from watchdog.registry import ACTIONS

REPEATABLE = [name for name, kind in ACTIONS.items() if kind.repeatable]
STATES = ["running", "exited", "created", "dead", "paused", "restarting"]


# What has no default.
PAIR = {"nginx": "app", "folder": "/pair"}
NEEDED = {
    "restart_nginx": {"stays": "0s"},
    "install_certificate": PAIR,
    "renew_certificate": {**PAIR, "webroot": "/webroot"},
}


def make(name: str) -> Action[Any]:
    return ACTIONS[name](ACTIONS[name].parameters_type.model_validate(NEEDED.get(name, {})))


async def make_stand(state: str = "running") -> Stand:
    stand = Stand()
    stand.engine.add("db")
    stand.engine.add(
        "app", state=state, exit_code=1, healthcheck=None, log=(f"login with {SECRET}", f"token: {SECRET}")
    )
    stand.front = Front(shots=FakeShots(), bypasses=FakeBypasses(stand.clock))
    await stand.arrive()
    return stand


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("state", STATES)
async def test_describing_changes_nothing(name: str, state: str) -> None:
    """A plan is one line, and everything stays as it is."""
    stand = await make_stand(state)
    before = {container.id: container.facts() for container in stand.engine.containers.values()}

    text = await make(name).describe("app", stand.tools)

    assert text
    assert "\n" not in text
    assert {container.id: container.facts() for container in stand.engine.containers.values()} == before
    assert stand.engine.acts == []
    assert stand.compose.acts == []


@pytest.mark.parametrize("name", REPEATABLE)
@pytest.mark.parametrize("state", STATES)
async def test_a_second_run_does_no_harm(name: str, state: str) -> None:
    """What is said to be repeatable ends, done twice, as if done once; neighbours are never touched."""
    stand = await make_stand(state)
    neighbour = stand.engine.container("db").facts()
    action = make(name)

    await action.run("app", stand.tools)
    once = stand.engine.container("app").state
    await stand.catch_up()
    await stand.census.take()
    outcome = await action.run("app", stand.tools)

    assert isinstance(outcome, Outcome)
    assert stand.engine.container("app").state == once
    assert stand.engine.container("db").facts() == neighbour


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("target", ["app", "nobody"])
async def test_a_target_without_a_container_has_an_outcome(name: str, target: str) -> None:
    """Neither a container that is gone nor a target that nobody knows breaks an action."""
    stand = await make_stand()
    stand.engine.person_removes("app")
    await stand.arrive()

    outcome = await make(name).run(target, stand.tools)

    # A step that only looks may have failed at it: nothing was touched.
    looked = not ACTIONS[name].changes and outcome.result is Result.FAILED
    assert looked or outcome.result in (Result.SKIPPED, Result.DONE)
    assert outcome.reason or outcome.result is Result.DONE
    assert await make(name).describe(target, stand.tools)


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("error", [Refused, NotThere, Unreachable])
@pytest.mark.parametrize("call", ["inspect", "logs", "stop", "start", "compose"])
async def test_no_outcome_holds_a_secret(name: str, error: type[WatchdogError], call: str) -> None:
    """Whatever fails with whatever words: an outcome without secrets, or an error for the runner."""
    stand = await make_stand("restarting")
    failure = error(f"PGPASSWORD={SECRET} was refused")
    assert isinstance(failure, Refused | Unreachable)
    if call == "compose":
        stand.compose.fail_next(failure)
    else:
        stand.engine.fail_next(failure, call)

    try:
        outcome = await make(name).run("app", stand.tools)
    except WatchdogError as raised:
        if raised is not failure:
            raise
    else:
        assert SECRET not in repr(outcome)


@pytest.mark.parametrize("name", ACTIONS)
def test_its_name_is_what_playbooks_write(name: str) -> None:
    """An action is found under its own name, verb first; one that only looks does not change."""
    assert ACTIONS[name].name == name
    assert name.count("_") >= 1
