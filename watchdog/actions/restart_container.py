"""Bring a container up again: start a dead one, stop and start a sick one."""

from __future__ import annotations

from typing import ClassVar

from watchdog.core.container import NEVER_RAN, ContainerFacts
from watchdog.core.errors import NotThere, Refused
from watchdog.core.event import Announcement
from watchdog.core.judgement import was_taken_down
from watchdog.core.run import Outcome, Result
from watchdog.plugins import Action, Parameters, Tools

# Seconds after its time to stop in which the events of our stop still come; later ones are a person's.
STOP_SLACK = 120.0


class RestartContainerParameters(Parameters):
    """How long a container may take to stop is its own setting.

    Attributes:
        even_if_well: also when it runs and looks well: for a trouble that shows elsewhere (a page, a series).
    """

    even_if_well: bool = False


class RestartContainer(Action[RestartContainerParameters]):
    """Stop (if it runs) and start, as two calls.

    A stop is a cheap wait, of which many may run at once; a start is the dear part, of which few may.
    """

    name: ClassVar[str] = "restart_container"
    repeatable: ClassVar[bool] = True
    gentle: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = RestartContainerParameters

    async def describe(self, target: str, tools: Tools) -> str:
        """What `run` would do now."""
        container_id = tools.containers.container_of(target)
        if container_id is None:
            return f"nothing: {target} has no container"
        facts = await tools.engine.inspect(container_id)
        if _needs_stop(facts):
            return f"stop {facts.name} (up to {facts.stop_timeout:.0f} s), then start it"
        return f"start {facts.name}"

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it. What is not known to be down is looked at again first; starting what runs changes nothing.

        A look that has just ended, and since which nothing was heard, counts as that.
        """
        container_id = tools.containers.container_of(target)
        if container_id is None:
            return Outcome(result=Result.SKIPPED, reason="there is no container to start", hopeless=True)
        if not tools.containers.known_down(target):
            facts = tools.containers.just_seen(target) or await tools.engine.inspect(container_id)
            if facts.state == "paused":
                return Outcome(result=Result.SKIPPED, reason="it is paused: that was a person's doing")
            well = facts.state == "running" and not _sick(facts)
            if well and not self.parameters.even_if_well and not await _stranded(facts, target, tools):
                return Outcome(result=Result.SKIPPED, reason="it is running by now")
            if _needs_stop(facts):
                lasts = facts.stop_timeout + STOP_SLACK
                tools.containers.announce(Announcement.of_stop(container_id), target, lasts)
                await tools.engine.stop(container_id, facts.stop_timeout)
            elif was_taken_down(await tools.containers.look(target), tools.clock.now()):
                return Outcome(result=Result.SKIPPED, reason="it was taken down meanwhile, and not by itself")
        try:
            await tools.engine.start(container_id)
        except NotThere:
            return Outcome(result=Result.FAILED, reason="the container is gone", hopeless=True)
        except Refused as refused:
            after = await tools.engine.inspect(container_id)
            return Outcome(
                result=Result.FAILED, reason=tools.redact(str(refused)), hopeless=after.exit_code in NEVER_RAN
            )
        return Outcome(result=Result.DONE)


async def _stranded(facts: ContainerFacts, target: str, tools: Tools) -> bool:
    """It runs without a network, because the container whose network it shares was started anew."""
    return bool(facts.network_owner) and (await tools.containers.look(target)).network_lost


def _sick(facts: ContainerFacts) -> bool:
    """Running, yet in need of a restart: unhealthy, or brought back by the engine over and over."""
    return facts.health == "unhealthy" or facts.restart_count > 0


def _needs_stop(facts: ContainerFacts) -> bool:
    return facts.state in ("running", "restarting")
