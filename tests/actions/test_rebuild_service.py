"""Building a service's image anew, and taking that back."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.engine.parts import SECRET, Stand
from watchdog.actions.rebuild_service import RebuildService, RebuildServiceParameters
from watchdog.core.errors import Refused, Unreachable
from watchdog.core.observation import Hand
from watchdog.core.run import Result

ACTION = RebuildService(RebuildServiceParameters())


@pytest.fixture
async def stand() -> Stand:
    """An engine with one container whose image is built."""
    stand = Stand()
    stand.compose.built.add("app")
    stand.engine.create("app")
    stand.engine.person_starts("app")
    await stand.arrive()
    return stand


async def test_it_is_built_and_replaced_as_ours(stand: Stand) -> None:
    """The new container has the new image, and what Compose said is kept."""
    old = stand.engine.container("app")

    outcome = await ACTION.run("app", stand.tools)
    await stand.catch_up()

    assert outcome.result is Result.DONE
    assert "#1 building" in outcome.evidence
    new = stand.engine.container("app")
    assert (new.id != old.id, new.image_id) == (True, stand.compose.next_image)
    assert stand.census.roster.lives[old.id].removed_by is Hand.WATCHDOG


async def test_a_stop_while_it_is_built_is_a_persons(stand: Stand) -> None:
    """Nothing is announced before something is replaced: a build takes minutes."""
    stand.compose.fail_next(Refused("compose could not build app: no space left"))

    outcome = await ACTION.run("app", stand.tools)
    stand.engine.person_stops("app")
    await stand.catch_up()

    assert (outcome.result, outcome.hopeless) == (Result.FAILED, True)
    assert outcome.evidence == ("#1 building",)
    life = stand.census.roster.lives[stand.engine.container("app").id]
    assert life.ended_by is Hand.PERSON


async def test_what_changes_while_it_is_built_is_not_shipped(stand: Stand) -> None:
    """A yes was given to the files as they were."""

    class Busy(type(stand.compose)):  # type: ignore[misc] # its own class, with one answer more
        calls = 0

        async def pin(self, origin: object, *, build: bool = False) -> Mapping[str, str]:
            self.calls += 1
            return {"context": str(self.calls), "config": "1"}

    stand.compose.__class__ = Busy

    outcome = await ACTION.run("app", stand.tools)

    assert (outcome.result, outcome.reason) == (Result.FAILED, "the files of app changed while it was built")
    assert stand.engine.container("app").image_id != stand.compose.next_image


async def test_what_did_not_help_is_taken_back(stand: Stand) -> None:
    """The old image is under its name and in the container; a second time nothing is left to do."""
    old = stand.engine.container("app").image_id
    await ACTION.run("app", stand.tools)
    await stand.census.take()

    undone = await ACTION.undo("app", stand.tools)
    await stand.census.take()
    again = await ACTION.undo("app", stand.tools)

    assert (undone.result, again.result) == (Result.DONE, Result.SKIPPED)
    assert stand.engine.container("app").image_id == old
    assert stand.compose.named["app"] == old


async def test_a_build_that_failed_is_taken_back_without_touching_the_container(stand: Stand) -> None:
    """There is nothing to replace, and nothing is announced."""
    stand.compose.fail_next(Refused("no space left"))
    await ACTION.run("app", stand.tools)
    before = stand.engine.container("app").id

    undone = await ACTION.undo("app", stand.tools)
    stand.engine.person_stops("app")
    await stand.catch_up()

    assert undone.result is Result.DONE
    assert stand.engine.container("app").id == before
    assert stand.census.roster.lives[before].ended_by is Hand.PERSON


async def test_an_undoing_that_is_refused_failed(stand: Stand) -> None:
    """A human is told, without the secrets in what Compose said."""
    await ACTION.run("app", stand.tools)
    await stand.census.take()
    stand.compose.fail_next(Refused(f"cannot: password={SECRET}"))

    outcome = await ACTION.undo("app", stand.tools)

    assert (outcome.result, outcome.reason) == (Result.FAILED, "cannot: password=[hidden]")


async def test_what_cannot_be_built_is_passed_over(stand: Stand) -> None:
    """No `build:`, not made by Compose, or one of several: nothing is touched, and nobody is asked for a yes."""
    assert ACTION.suits("app", stand.tools)
    stand.compose.built.clear()
    assert not ACTION.suits("app", stand.tools)
    stand.engine.add("lone", service="", labels={"com.docker.compose.project": "demo"})
    stand.engine.add("web-1", service="web")
    stand.engine.add("web-2", service="web", labels={"com.docker.compose.container-number": "2"})
    stand.compose.built.add("web")
    await stand.census.take()

    for target in ("app", "lone", "web", "web#2"):
        outcome = await ACTION.run(target, stand.tools)
        assert (outcome.result, outcome.hopeless) == (Result.SKIPPED, True), target
        assert not ACTION.suits(target, stand.tools)
    assert stand.compose.builds_made == []
    assert (await ACTION.undo("lone", stand.tools)).result is Result.SKIPPED


async def test_what_it_would_do_can_be_read(stand: Stand) -> None:
    """The commands a person would type, the image that is kept, and what exactly it would be made of."""
    assert await ACTION.describe("app", stand.tools) == (
        "docker compose -p demo build app, then docker compose -p demo up -d --no-deps --no-build "
        "--force-recreate app; the image that runs (000000000000) is put back if that does not help"
    )
    assert (await ACTION.pin("app", stand.tools)).keys() == {"runs", "config", "context"}
    stand.compose.built.clear()
    assert await ACTION.describe("app", stand.tools) == "nothing: app has no `build:` in its files"
    assert await ACTION.describe("other", stand.tools) == "nothing: Compose did not make other"
    assert await ACTION.pin("other", stand.tools) == {}


async def test_a_compose_that_does_not_answer_is_the_runners_to_judge(stand: Stand) -> None:
    """The action does not swallow that Compose could not be asked."""
    stand.compose.fail_next(Unreachable("compose hangs"))

    with pytest.raises(Unreachable):
        await ACTION.run("app", stand.tools)
