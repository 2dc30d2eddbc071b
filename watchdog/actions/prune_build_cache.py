"""Remove what builds have kept. The engine cannot tell whose it is: all projects build slower once, so it asks first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from watchdog.core.disk import judge_freed
from watchdog.core.errors import Refused
from watchdog.core.run import Outcome, Result
from watchdog.plugins import Action, Parameters, Tools

_NOTHING = "the engine keeps nothing of builds"


class PruneBuildCacheParameters(Parameters):
    """Nothing to set."""


class PruneBuildCache(Action[PruneBuildCacheParameters]):
    """Never without a yes, as it is everybody's. Only what nothing uses now; images stay."""

    name: ClassVar[str] = "prune_build_cache"
    repeatable: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = PruneBuildCacheParameters

    @property
    def needs_a_yes(self) -> bool:
        """It is everybody's on this machine: whose builds are slower then cannot be told."""
        return True

    async def describe(self, target: str, tools: Tools) -> str:
        """What `run` would do now; without its size, which changes while people think."""
        if tools.disks is None or tools.disks.place_of(target) is None:
            return f"nothing: {target} is no watched disk"
        return "remove the engine's build cache, of all projects (what nothing uses now; images stay)"

    async def pin(self, target: str, tools: Tools) -> Mapping[str, str]:
        """Nothing is shipped. Raises `Refused` when there is nothing to remove."""
        if tools.disks is not None and tools.disks.place_of(target) and not await tools.disks.cache_size():
            raise Refused(_NOTHING)
        return {}

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it, and measure on the disk what that freed."""
        place = tools.disks.place_of(target) if tools.disks is not None else None
        if tools.disks is None or place is None:
            return Outcome(result=Result.SKIPPED, reason="it is no watched disk", hopeless=True)
        before = await tools.disks.room(place)
        try:
            await tools.disks.prune_cache()
        except Refused as refused:
            return Outcome(result=Result.FAILED, reason=tools.redact(str(refused)), hopeless=True)
        return judge_freed(before, await tools.disks.room(place), "the build cache")
