"""Keep the last lines of a container's log."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from watchdog.core.run import Outcome, Result
from watchdog.plugins import Action, Parameters, Tools


class CollectLogsParameters(Parameters):
    """How many lines to keep."""

    tail: int = Field(default=100, ge=1, le=1000, strict=True)


class CollectLogs(Action[CollectLogsParameters]):
    """Fetches evidence while another step acts; changes nothing."""

    name: ClassVar[str] = "collect_logs"
    changes: ClassVar[bool] = False
    repeatable: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = CollectLogsParameters

    async def describe(self, target: str, tools: Tools) -> str:  # noqa: ARG002 - the same for every target
        """What `run` would do."""
        return f"keep the last {self.parameters.tail} log lines of {target}"

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Fetch the lines, without secrets, as evidence."""
        container_id = tools.containers.container_of(target)
        if container_id is None:
            return Outcome(result=Result.SKIPPED, reason="there is no container whose log could be kept")
        lines = await tools.engine.logs(container_id, self.parameters.tail)
        return Outcome(result=Result.DONE, evidence=tuple(tools.redact(line) for line in lines))
