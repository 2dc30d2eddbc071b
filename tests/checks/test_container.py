"""Is the container up, and well? What is judged is tested with core; here is what it takes to look."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.engine.parts import SECRET, Stand
from watchdog.checks.container import Container, ContainerParameters
from watchdog.core.container import ContainerRules
from watchdog.core.observation import Hand, Status


@pytest.fixture
def stand() -> Stand:
    """An engine with one container that has been watched from its start."""
    stand = Stand()
    stand.engine.create("app")
    stand.engine.person_starts("app")
    return stand


def check(**parameters: object) -> Container:
    return Container("containers", ContainerParameters.model_validate(parameters))


async def test_a_running_container_is_well(stand: Stand) -> None:
    """One inspect is all that it takes."""
    await stand.arrive()
    stand.engine.asked.clear()

    seen = await check().probe("app", stand.tools)

    assert (seen.check, seen.target, seen.status, seen.finding.kind) == (
        "containers",
        "app",
        Status.OK,
        "running",
    )
    assert stand.engine.asked == ["inspect"]


async def test_a_crashed_container_shows_its_last_words_without_secrets(stand: Stand) -> None:
    """What a container said before it died is evidence; a secret in it is hidden."""
    await stand.arrive()
    stand.engine.container("app").log = ["starting", f"cannot log in with {SECRET}"]
    stand.engine.crash("app", 3)
    await stand.catch_up()

    seen = await check().probe("app", stand.tools)

    assert seen.sick
    assert seen.stopped_by is Hand.ITSELF
    assert seen.evidence == ("cannot log in with [hidden]",)


async def test_the_output_of_a_healthcheck_is_redacted_too(stand: Stand) -> None:
    """The last words of a healthcheck are evidence like any other."""
    stand.engine.add("web", health="healthy")
    await stand.arrive()
    stand.engine.turn_unhealthy("web", f"curl -H 'token: {SECRET}' failed")

    seen = await check().probe("web", stand.tools)

    assert seen.finding.kind == "unhealthy"
    assert seen.evidence
    assert SECRET not in seen.evidence[0]


async def test_the_engine_has_its_turn_for_as_long_as_configured(stand: Stand) -> None:
    """A container with a restart policy is left to the engine for the configured rest."""
    stand.engine.container("app").restart_policy = "on-failure"
    await stand.arrive()
    stand.engine.crash("app")
    stand.engine.container("app").state = "exited"
    await stand.catch_up()
    await check(rest="5s").probe("app", stand.tools)
    stand.clock.advance(3)

    assert (await check(rest="5s").probe("app", stand.tools)).finding.kind == "engine_turn"
    assert (await check(rest="2s").probe("app", stand.tools)).sick


async def test_a_crash_loop_is_as_many_restarts_as_configured(stand: Stand) -> None:
    """So many restarts by the engine within the window are a crash loop."""
    app = stand.engine.container("app")
    app.restart_policy = "always"
    await stand.arrive()
    for _ in range(2):
        await check().probe("app", stand.tools)
        stand.engine.crash("app")
        stand.engine.engine_restarts("app")
        await stand.catch_up()

    assert (await check(loop_restarts=3).probe("app", stand.tools)).status is Status.OK
    assert (await check(loop_restarts=2).probe("app", stand.tools)).finding.kind == "crash_loop"
    stand.clock.advance(61)
    assert (await check(loop_restarts=2, loop_window="1m").probe("app", stand.tools)).status is Status.OK


def test_its_defaults_are_the_promise() -> None:
    """Without configuration the rules of the core hold."""
    mine, rules = ContainerParameters(), ContainerRules()
    assert (mine.rest, mine.loop_restarts, mine.loop_window) == (
        rules.rest,
        rules.loop_restarts,
        rules.loop_window,
    )


def test_an_unknown_parameter_is_refused() -> None:
    """A typing mistake in the configuration is an error."""
    with pytest.raises(ValidationError):
        check(rests="5s")
