from __future__ import annotations

import pytest

from tests.gateways.compose_parts import FakeShelf
from watchdog.core.roster import ComposeOrigin
from watchdog.gateways.rollback import Rollback

ORIGIN = ComposeOrigin(project="demo", service="App")
REPOSITORY = "watchdog-rollback/demo-app"


def image(letter: str) -> str:
    return f"sha256:{letter * 64}"


@pytest.fixture
def rollback(shelf: FakeShelf) -> Rollback:
    return Rollback(shelf)


async def test_an_image_waits_to_be_put_back_until_that_is_settled(rollback: Rollback) -> None:
    """It is found by whoever comes next, also after a crash."""
    assert await rollback.pending(ORIGIN) is None
    await rollback.keep(ORIGIN, image("a"))
    assert await rollback.pending(ORIGIN) == image("a")
    await rollback.settle(ORIGIN)
    assert await rollback.pending(ORIGIN) is None


async def test_a_settled_image_stays_for_a_person_beside_one_older(
    rollback: Rollback, shelf: FakeShelf
) -> None:
    """Two are kept, the others go."""
    for letter in "abcd":
        await rollback.keep(ORIGIN, image(letter))
        await rollback.settle(ORIGIN)
    mine = {name: kept for name, kept in shelf.names.items() if name.startswith(REPOSITORY)}
    assert mine == {f"{REPOSITORY}:{'c' * 12}": image("c"), f"{REPOSITORY}:{'d' * 12}": image("d")}


async def test_a_new_rebuild_settles_the_one_before(rollback: Rollback) -> None:
    """What was pending is never put back over what came later."""
    await rollback.keep(ORIGIN, image("a"))
    await rollback.keep(ORIGIN, image("b"))
    assert await rollback.pending(ORIGIN) == image("b")


async def test_settling_twice_does_no_harm(rollback: Rollback, shelf: FakeShelf) -> None:
    """Nothing is pending: nothing happens."""
    await rollback.keep(ORIGIN, image("a"))
    await rollback.settle(ORIGIN)
    before = dict(shelf.names)
    await rollback.settle(ORIGIN)
    assert shelf.names == before
