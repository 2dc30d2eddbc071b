"""Remove the project's own images that have neither a name nor a container: what builds leave behind."""

from __future__ import annotations

from typing import ClassVar

from watchdog.core.disk import judge_freed
from watchdog.core.errors import Refused
from watchdog.core.run import Outcome, Result
from watchdog.core.size import show_size
from watchdog.plugins import Action, Parameters, Tools


class PruneImagesParameters(Parameters):
    """Nothing to set: never volumes, never images with a name, never those of others."""


class PruneImages(Action[PruneImagesParameters]):
    """Those that are kept for a way back have a name, and stay."""

    name: ClassVar[str] = "prune_images"
    repeatable: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = PruneImagesParameters

    async def describe(self, target: str, tools: Tools) -> str:
        """What `run` would do now."""
        if tools.disks is None or tools.disks.place_of(target) is None:
            return f"nothing: {target} is no watched disk"
        try:
            found = await tools.disks.dangling()
        except Refused as refused:
            return f"nothing: {refused}"
        size = show_size(sum(image.size for image in found))
        return f"remove {len(found)} images of this project without a name ({size}, layers that they share counted each time)"

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it, and measure on the disk what that freed: the engine's own number counts another disk, too."""
        place = tools.disks.place_of(target) if tools.disks is not None else None
        if tools.disks is None or place is None:
            return Outcome(result=Result.SKIPPED, reason="it is no watched disk", hopeless=True)
        before = await tools.disks.room(place)
        try:
            gone = await tools.disks.prune()
        except Refused as refused:
            return Outcome(result=Result.FAILED, reason=tools.redact(str(refused)), hopeless=True)
        if not gone:
            return Outcome(result=Result.SKIPPED, reason="there is no image without a name", hopeless=True)
        return judge_freed(before, await tools.disks.room(place), f"{gone} images without a name")
