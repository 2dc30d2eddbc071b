"""Giving back the space that was set aside."""

from __future__ import annotations

import pytest

from tests.actions.disks import FakeDisks, with_disks
from tests.engine.parts import SECRET, Stand
from watchdog.actions.release_ballast import ReleaseBallast, ReleaseBallastParameters
from watchdog.core.errors import Refused
from watchdog.core.run import Result

ACTION = ReleaseBallast(ReleaseBallastParameters())


@pytest.fixture
def disks() -> FakeDisks:
    """A full disk with a ballast."""
    return FakeDisks()


async def test_it_says_what_it_freed(disks: FakeDisks) -> None:
    """Measured on the disk, and nothing else was removed."""
    outcome = await ACTION.run("data", with_disks(Stand(), disks))
    assert outcome.result is Result.DONE
    assert outcome.reason == "a ballast of 1 GB: that freed 1 GB, 6 GB are free now"
    assert disks.gone == ["ballast"]


async def test_without_a_ballast_the_next_step_is_tried(disks: FakeDisks) -> None:
    """It is passed over for good: nobody makes one while room is short."""
    disks.ballast_bytes = 0
    outcome = await ACTION.run("data", with_disks(Stand(), disks))
    assert (outcome.result, outcome.hopeless) == (Result.SKIPPED, True)


async def test_a_ballast_that_frees_nothing_here_has_failed(disks: FakeDisks) -> None:
    """On another disk, or while somebody writes as fast."""
    disks.elsewhere = True
    outcome = await ACTION.run("data", with_disks(Stand(), disks))
    assert (outcome.result, outcome.hopeless) == (Result.FAILED, True)
    assert "freed nothing" in outcome.reason


async def test_one_that_cannot_be_removed_has_failed(disks: FakeDisks) -> None:
    """Why is said, without secrets."""
    disks.fail_next(Refused(f"{SECRET} is read-only"))
    outcome = await ACTION.run("data", with_disks(Stand(), disks))
    assert (outcome.result, outcome.hopeless) == (Result.FAILED, True)
    assert SECRET not in outcome.reason


async def test_a_plan_says_what_would_go(disks: FakeDisks) -> None:
    """And nothing goes."""
    tools = with_disks(Stand(), disks)
    assert await ACTION.describe("data", tools) == "remove the ballast in /disk (1 GB)"
    assert disks.gone == []
    disks.ballast_bytes = 0
    assert await ACTION.describe("data", tools) == "nothing: there is no ballast"
