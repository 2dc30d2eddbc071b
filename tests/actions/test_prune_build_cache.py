"""Removing what builds have kept."""

from __future__ import annotations

import pytest

from tests.actions.disks import FakeDisks, with_disks
from tests.engine.parts import Stand
from watchdog.actions.prune_build_cache import PruneBuildCache, PruneBuildCacheParameters
from watchdog.core.errors import Refused
from watchdog.core.run import Result

ACTION = PruneBuildCache(PruneBuildCacheParameters())


async def test_it_says_what_it_freed_on_this_disk() -> None:
    """Measured; and nothing but the cache goes."""
    disks = FakeDisks()
    outcome = await ACTION.run("data", with_disks(Stand(), disks))
    assert outcome.result is Result.DONE
    assert outcome.reason == "the build cache: that freed 2 GB, 7 GB are free now"
    assert disks.gone == ["cache"]


async def test_nobody_is_asked_for_a_cache_that_is_empty() -> None:
    """A proposal would be withdrawn at once; one that could help says that it is everybody's."""
    tools = with_disks(Stand(), FakeDisks())
    assert await ACTION.pin("data", tools) == {}
    assert "of all projects" in await ACTION.describe("data", tools)
    assert ACTION.needs_a_yes
    with pytest.raises(Refused, match="keeps nothing of builds"):
        await ACTION.pin("data", with_disks(Stand(), FakeDisks(cache=0)))


async def test_what_frees_nothing_or_is_refused_has_failed() -> None:
    """On another disk, or while a build runs: the next step is tried."""
    elsewhere = await ACTION.run("data", with_disks(Stand(), FakeDisks(elsewhere=True)))
    assert (elsewhere.result, elsewhere.hopeless) == (Result.FAILED, True)
    disks = FakeDisks()
    disks.fail_next(Refused("a prune operation is already running"))
    assert (await ACTION.run("data", with_disks(Stand(), disks))).result is Result.FAILED
