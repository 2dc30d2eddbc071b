"""Build a service's image anew and replace its container; put the old image back if that did not help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from watchdog.core.errors import Changed, Refused
from watchdog.core.event import Announcement
from watchdog.core.roster import ComposeOrigin, object_to_replacing
from watchdog.core.run import Outcome, Result
from watchdog.core.said import Said
from watchdog.plugins import Action, Parameters, Tools


class RebuildServiceParameters(Parameters):
    """Nothing to set: what is built is what the service's files say."""


class RebuildService(Action[RebuildServiceParameters]):
    """Ships what lies in the working tree: a playbook should ask first (`autonomy: propose`)."""

    name: ClassVar[str] = "rebuild_service"
    repeatable: ClassVar[bool] = False
    undoable: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = RebuildServiceParameters

    async def describe(self, target: str, tools: Tools) -> str:
        """What `run` would do now."""
        origin = tools.containers.origin_of(target)
        if origin is None:
            return f"nothing: Compose did not make {target}"
        if tools.compose.builds(origin) is False:
            return f"nothing: {origin.service} has no `build:` in its files"
        compose, service = f"docker compose -p {origin.project}", origin.service
        return (
            f"{compose} build {service}, then {compose} up -d --no-deps --no-build --force-recreate {service}; "
            f"the image that runs ({origin.image_id.removeprefix('sha256:')[:12]}) is put back if that does not help"
        )

    async def pin(self, target: str, tools: Tools) -> Mapping[str, str]:
        """The image that runs, the configuration, and all files that the build can see."""
        origin = tools.containers.origin_of(target)
        return {} if origin is None else await tools.compose.pin(origin, build=True)

    def suits(self, target: str, tools: Tools) -> bool:
        """False for a service without `build:`, and for one of several replicas."""
        origin = tools.containers.origin_of(target)
        if origin is None or object_to_replacing(origin, tools.containers.replicas_of(target)):
            return False
        return tools.compose.builds(origin) is not False

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it, if what is built is the same at the end of the build as at its beginning."""
        origin = tools.containers.origin_of(target)
        objection = object_to_replacing(origin, tools.containers.replicas_of(target))
        if origin is None or objection:
            return Outcome(result=Result.SKIPPED, reason=objection, hopeless=True)
        try:
            before = await tools.compose.pin(origin, build=True)
        except Refused as refused:
            # Nothing was touched yet, so there is nothing to take back.
            return Outcome(result=Result.SKIPPED, reason=tools.redact(str(refused)), hopeless=True)
        said = _listen(target, tools)
        try:
            await tools.compose.build(origin, said)
            after = await tools.compose.pin(origin, build=True)
            if (before["context"], before["config"]) != (after["context"], after["config"]):
                raise Changed(f"the files of {origin.service} changed while it was built")
            _announce(target, tools)
            await tools.compose.replace(origin, said)
        except Refused as refused:
            return _failed(refused, said, tools)
        return Outcome(result=Result.DONE, evidence=said.lines)

    async def undo(self, target: str, tools: Tools) -> Outcome:
        """Give the image that ran before its name back, and run it; nothing if no rebuild is unsettled."""
        origin: ComposeOrigin | None = tools.containers.origin_of(target)
        if origin is None:
            return Outcome(result=Result.SKIPPED, reason="Compose did not make this container", hopeless=True)
        said = _listen(target, tools)
        try:
            to_replace = await tools.compose.give_back(origin)
            if to_replace is None:
                return Outcome(result=Result.SKIPPED, reason="nothing had been built yet")
            if to_replace:
                _announce(target, tools)
                await tools.compose.replace(origin, said)
            await tools.compose.settled(origin)
        except Refused as refused:
            return _failed(refused, said, tools)
        return Outcome(result=Result.DONE, evidence=said.lines)


def _listen(target: str, tools: Tools) -> Said:
    return Said(tools.redact, lambda line: tools.progress(target, line), lambda: tools.clock.now().boot)


def _announce(target: str, tools: Tools) -> None:
    container_id = tools.containers.container_of(target)
    tools.containers.announce(Announcement.of_replacement(container_id or ""), target)


def _failed(refused: Refused, said: Said, tools: Tools) -> Outcome:
    reason = tools.redact(str(refused))
    return Outcome(result=Result.FAILED, reason=reason, hopeless=True, evidence=said.lines)
