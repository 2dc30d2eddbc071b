from __future__ import annotations

import re

import pytest

from tests.gateways.compose_parts import FakeShelf
from watchdog.core.roster import ComposeOrigin
from watchdog.gateways.rollback import Rollback

ORIGIN = ComposeOrigin(project="demo", service="App")
REPOSITORY = "watchdog-rollback/demo/x__41pp"


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


NAMES = [
    "a",
    "b",
    "c",
    "a-b",
    "b-c",
    "App",
    "app",
    "APP",
    "x__41pp",
    "a.b",
    "a_b",
    "a__b",
    "a--b",
    "a-",
    "-a",
    "a._b",
    "x",
]
# As the engine's reference grammar has it.
COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"


async def test_no_two_services_share_a_name(rollback: Rollback, shelf: FakeShelf) -> None:
    """Whatever projects and services are called, each has a repository of its own, which the engine accepts."""
    for project in NAMES:
        for service in NAMES:
            await rollback.keep(ComposeOrigin(project=project, service=service), image("a"))
    mine = [name for name in shelf.names if name.startswith("watchdog-rollback/")]
    assert len(mine) == len(NAMES) ** 2
    pattern = re.compile(rf"watchdog-rollback/{COMPONENT}/{COMPONENT}:pending")
    assert all(pattern.fullmatch(name) for name in mine)


async def test_a_plain_name_stays_readable(rollback: Rollback, shelf: FakeShelf) -> None:
    """A person who looks for the image finds it by the names of the project and the service."""
    await rollback.keep(ComposeOrigin(project="my-shop", service="feed_1"), image("a"))
    assert "watchdog-rollback/my-shop/feed_1:pending" in shelf.names
