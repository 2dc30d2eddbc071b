"""Replace a container by a new one of the same image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from watchdog.core.errors import Changed, Refused
from watchdog.core.event import Announcement
from watchdog.core.roster import object_to_replacing
from watchdog.core.run import Outcome, Result
from watchdog.core.said import Said
from watchdog.plugins import Action, Parameters, Tools


class RecreateServiceParameters(Parameters):
    """Nothing to set: the image stays the one that runs."""


class RecreateService(Action[RecreateServiceParameters]):
    """Through Compose, which made it: one made by the SDK would be replaced again at the next `up`."""

    name: ClassVar[str] = "recreate_service"
    repeatable: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = RecreateServiceParameters

    async def describe(self, target: str, tools: Tools) -> str:
        """What `run` would do now."""
        origin = tools.containers.origin_of(target)
        if origin is None:
            return f"nothing: Compose did not make {target}"
        return (
            f"docker compose -p {origin.project} up -d --no-deps --force-recreate --pull never "
            f"{origin.service} (image {origin.image_id.removeprefix('sha256:')[:12]})"
        )

    async def pin(self, target: str, tools: Tools) -> Mapping[str, str]:
        """The image that stays, and the configuration."""
        origin = tools.containers.origin_of(target)
        return {} if origin is None else await tools.compose.pin(origin)

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it; refused when it would ship anything but what ran, which no second attempt changes."""
        origin = tools.containers.origin_of(target)
        objection = object_to_replacing(origin, tools.containers.replicas_of(target))
        if origin is None or objection:
            return Outcome(result=Result.SKIPPED, reason=objection, hopeless=True)
        container_id = tools.containers.container_of(target)
        tools.containers.announce(Announcement.of_replacement(container_id or ""), target)
        said = Said(tools.redact, lambda line: tools.progress(target, line), lambda: tools.clock.now().boot)
        try:
            await tools.compose.recreate(origin, said)
        except Refused as refused:
            if isinstance(refused, Changed):
                # Nothing was touched: what happens to it from now on is somebody else's doing.
                tools.containers.announce(Announcement(container_id=container_id or "", left={}), target)
            return Outcome(
                result=Result.FAILED,
                reason=tools.redact(str(refused)),
                hopeless=isinstance(refused, Changed),
                evidence=said.lines,
            )
        return Outcome(result=Result.DONE, evidence=said.lines)
