"""Withdraw an emergency bypass before its time is over."""

from __future__ import annotations

from typing import ClassVar

from watchdog.core.errors import Refused
from watchdog.core.run import Outcome, Result
from watchdog.gateways.front import front_of
from watchdog.plugins import Action, Parameters, Tools


class CloseBypassParameters(Parameters):
    """Nothing to set."""


class CloseBypass(Action[CloseBypassParameters]):
    """Removes the forwarder of a target; nothing happens where there is none."""

    name: ClassVar[str] = "close_bypass"
    repeatable: ClassVar[bool] = True
    gentle: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = CloseBypassParameters

    async def describe(self, target: str, tools: Tools) -> str:  # noqa: ARG002 - the same for every target
        """What `run` would do."""
        return f"withdraw the emergency bypass of {target}, if one is open"

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it."""
        try:
            closed = await front_of(tools).bypasses.close(target)
        except Refused as refused:
            return Outcome(result=Result.FAILED, reason=tools.redact(str(refused)))
        if not closed:
            return Outcome(result=Result.SKIPPED, reason="no bypass is open")
        return Outcome(result=Result.DONE)
