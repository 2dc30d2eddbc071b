"""Replacing a container by a new one of the same image."""

from __future__ import annotations

import pytest

from tests.engine.parts import SECRET, Stand
from watchdog.actions.recreate_service import RecreateService, RecreateServiceParameters
from watchdog.core.errors import Changed, Refused, Unreachable
from watchdog.core.observation import Hand
from watchdog.core.run import Result

ACTION = RecreateService(RecreateServiceParameters())


@pytest.fixture
async def stand() -> Stand:
    """An engine with one container that is watched."""
    stand = Stand()
    stand.engine.create("app")
    stand.engine.person_starts("app")
    await stand.arrive()
    return stand


async def test_the_container_is_replaced_as_ours(stand: Stand) -> None:
    """The stop, the removal and the creation that follow are not taken for a person's."""
    old = stand.engine.container("app").id

    outcome = await ACTION.run("app", stand.tools)
    await stand.catch_up()

    assert outcome.result is Result.DONE
    assert stand.compose.acts == ["app"]
    new = stand.engine.container("app").id
    assert new != old
    assert stand.census.roster.lives[old].removed_by is Hand.WATCHDOG
    assert stand.census.roster.lives[old].ended_by is Hand.WATCHDOG


async def test_a_removed_container_is_made_anew(stand: Stand) -> None:
    """Where Compose made it is remembered after it is gone."""
    stand.engine.add("db")
    del stand.engine.containers[stand.engine.container("app").id]
    await stand.census.take()

    assert (await ACTION.run("app", stand.tools)).result is Result.DONE


async def test_what_it_would_do_is_one_command(stand: Stand) -> None:
    """The plan shows the command a person would type, and the image that stays."""
    assert await ACTION.describe("app", stand.tools) == (
        "docker compose -p demo up -d --no-deps --force-recreate --pull never app (image 000000000000)"
    )


async def test_what_compose_did_not_make_is_left_alone() -> None:
    """A container without Compose's labels cannot be replaced by it, now or later."""
    stand = Stand()
    stand.engine.add("lone", service="", labels={"com.docker.compose.project": "demo"})
    await stand.arrive()

    outcome = await ACTION.run("lone", stand.tools)

    assert (outcome.result, outcome.hopeless) == (Result.SKIPPED, True)
    assert await ACTION.describe("lone", stand.tools) == "nothing: Compose did not make lone"
    assert stand.compose.acts == []


async def test_a_refusal_of_compose_is_a_failure_without_secrets(stand: Stand) -> None:
    """What Compose answers is kept for people, its secrets are not."""
    stand.compose.fail_next(Refused(f"env file: PGPASSWORD={SECRET}"))

    outcome = await ACTION.run("app", stand.tools)

    assert outcome.result is Result.FAILED
    assert outcome.reason == "env file: PGPASSWORD=[hidden]"


async def test_a_compose_that_does_not_answer_is_the_runners_to_judge(stand: Stand) -> None:
    """The action does not swallow that Compose could not be asked."""
    stand.compose.fail_next(Unreachable("compose hangs"))

    with pytest.raises(Unreachable):
        await ACTION.run("app", stand.tools)


async def test_a_replica_is_not_replaced_with_its_well_neighbours() -> None:
    """Compose replaces a service as a whole, so a service of several containers is left to a human."""
    stand = Stand()
    for number in ("1", "2"):
        labels = {"com.docker.compose.container-number": number}
        stand.engine.add(f"app-{number}", service="app", labels=labels)
    await stand.arrive()

    outcome = await ACTION.run("app#2", stand.tools)

    assert (outcome.result, outcome.hopeless) == (Result.SKIPPED, True)
    assert "2 replicas" in outcome.reason
    assert stand.compose.acts == []


async def test_a_refusal_before_anything_was_touched_excuses_no_stop(stand: Stand) -> None:
    """A person who stops the container after a refused replacement is the one who stopped it."""
    stand.compose.fail_next(Changed("environment.MODE of app changed"))

    outcome = await ACTION.run("app", stand.tools)
    container = stand.engine.container("app").id
    stand.engine.person_stops("app")
    await stand.catch_up()

    assert outcome.hopeless
    assert stand.census.roster.lives[container].ended_by is Hand.PERSON
