"""Removing the project's images that have no name."""

from __future__ import annotations

from tests.actions.disks import FakeDisks, with_disks
from tests.engine.parts import Stand
from watchdog.actions.prune_images import PruneImages, PruneImagesParameters
from watchdog.core.errors import Refused
from watchdog.core.run import Result

ACTION = PruneImages(PruneImagesParameters())


async def test_it_says_what_it_freed_on_this_disk() -> None:
    """Measured, not what the engine adds up."""
    disks = FakeDisks()
    outcome = await ACTION.run("data", with_disks(Stand(), disks))
    assert outcome.result is Result.DONE
    assert outcome.reason == "2 images without a name: that freed 2 GB, 7 GB are free now"
    assert disks.gone == ["images"]


async def test_images_on_another_disk_free_nothing_here() -> None:
    """Then the next step is tried."""
    outcome = await ACTION.run("data", with_disks(Stand(), FakeDisks(elsewhere=True)))
    assert (outcome.result, outcome.hopeless) == (Result.FAILED, True)
    assert "freed nothing" in outcome.reason


async def test_without_such_images_or_without_a_project_it_is_passed_over() -> None:
    """Nothing is removed on a guess."""
    none = await ACTION.run("data", with_disks(Stand(), FakeDisks(images=())))
    assert (none.result, none.hopeless) == (Result.SKIPPED, True)
    disks = FakeDisks()
    disks.fail_next(Refused("no Compose project is watched"))
    unknown = await ACTION.run("data", with_disks(Stand(), disks))
    assert (unknown.result, unknown.hopeless) == (Result.FAILED, True)
    assert disks.gone == []


async def test_a_plan_counts_them_and_removes_none() -> None:
    """With their sizes as the engine has them."""
    disks = FakeDisks()
    tools = with_disks(Stand(), disks)
    assert (await ACTION.describe("data", tools)).startswith(
        "remove 2 images of this project without a name (2 GB"
    )
    disks.fail_next(Refused("no Compose project is watched"))
    assert await ACTION.describe("data", tools) == "nothing: no Compose project is watched"
    assert disks.gone == []
