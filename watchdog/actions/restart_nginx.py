"""Bring Nginx up again, unless it would not come up: its configuration is tested before it is stopped."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from pydantic import Field

from watchdog.core.errors import NotThere, Refused
from watchdog.core.event import Announcement
from watchdog.core.judgement import was_taken_down
from watchdog.core.nginx_words import complaint_of, passes_by_itself
from watchdog.core.run import Outcome, Result
from watchdog.gateways.nginx import test_configuration
from watchdog.plugins import Action, Duration, Parameters, Tools

# Seconds after its time to stop in which the events of our stop still come; later ones are a person's.
STOP_SLACK = 120.0
LOOK_EVERY = 0.2
# Its complaint is its last word.
LAST_LINES = 5


class RestartNginxParameters(Parameters):
    """`stays`: it has to run for so long after its start; what ends sooner has not come up."""

    stays: Duration = Field(default=2.0, ge=0, le=30)


class RestartNginx(Action[RestartNginxParameters]):
    """Stops it only if it would start again with its files as they are; one that is down is started."""

    name: ClassVar[str] = "restart_nginx"
    repeatable: ClassVar[bool] = True
    gentle: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = RestartNginxParameters

    async def describe(self, target: str, tools: Tools) -> str:
        """What `run` would do now."""
        container_id = tools.containers.container_of(target)
        if container_id is None:
            return f"nothing: {target} has no container"
        facts = await tools.engine.inspect(container_id)
        if facts.state == "running":
            grace = f"{facts.stop_timeout:.0f} s"
            return f"in {target}: nginx -t, and if that passes: stop it (up to {grace}), then start it"
        return f"start {facts.name}"

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it."""
        container_id = tools.containers.container_of(target)
        if container_id is None:
            return Outcome(result=Result.SKIPPED, reason="there is no container to start", hopeless=True)
        try:
            kept = await self._make_ready(container_id, target, tools)
            if kept is not None:
                return kept
            await tools.engine.start(container_id)
            return await self._came_up(container_id, tools)
        except NotThere:
            return Outcome(result=Result.FAILED, reason="the container is gone")
        except Refused as refused:
            return Outcome(result=Result.FAILED, reason=tools.redact(str(refused)))

    async def _came_up(self, container_id: str, tools: Tools) -> Outcome:
        """One that was down could not be tested: whether its configuration is good shows now."""
        left = self.parameters.stays
        while left > 0:
            facts = await tools.engine.inspect(container_id)
            if facts.state != "running":
                said = "\n".join(await tools.engine.logs(container_id, LAST_LINES))
                reason = f"it does not come up: {complaint_of(said)}"
                hopeless = not passes_by_itself(said)
                return Outcome(result=Result.FAILED, reason=tools.redact(reason), hopeless=hopeless)
            await asyncio.sleep(min(left, LOOK_EVERY))
            left -= LOOK_EVERY
        return Outcome(result=Result.DONE)

    async def _make_ready(self, container_id: str, target: str, tools: Tools) -> Outcome | None:
        """Stop it where that is right; why nothing is to be started, None if it is."""
        facts = await tools.engine.inspect(container_id)
        if facts.state == "paused":
            return Outcome(result=Result.SKIPPED, reason="it is paused: that was a person's doing")
        if facts.state not in ("running", "restarting"):
            taken = was_taken_down(await tools.containers.look(target), tools.clock.now())
            reason = "it was taken down, and not by itself"
            return Outcome(result=Result.SKIPPED, reason=reason) if taken else None
        if facts.state == "running":
            tested = await test_configuration(tools.engine, container_id)
            if tested.objection:
                reason = f"it would not come up again, and was not stopped: {tested.objection}"
                return Outcome(result=Result.FAILED, reason=tools.redact(reason), hopeless=not tested.passing)
        lasts = facts.stop_timeout + STOP_SLACK
        tools.containers.announce(Announcement.of_stop(container_id), target, lasts)
        await tools.engine.stop(container_id, facts.stop_timeout)
        return None
