"""Is the machine at its limit? Memory and load of the whole host. People are told; nothing is done about it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from watchdog.core.errors import Unreachable
from watchdog.core.host import Above, HostRules, judge_share, read_load, read_memory, show_share
from watchdog.core.observation import Observation
from watchdog.plugins import Check, Duration, Parameters, Tools

_RULES = HostRules()
Share = Annotated[float, Field(gt=0.0, le=100.0)]


class HostParameters(Parameters):
    """From which share on, and after how long without a break, people are told. Load: for each processor."""

    memory: Annotated[float, Field(gt=0.0, le=1.0)] = _RULES.memory
    load: Share = _RULES.load
    lasts: Duration = Field(default=_RULES.lasts, ge=0)


class Host(Check[HostParameters]):
    """Reads what the kernel says of the machine; a container sees the same."""

    kind: ClassVar[str] = "host"
    every: ClassVar[float] = 30.0
    parameters_type: ClassVar[type[Parameters]] = HostParameters

    def __init__(self, name: str, parameters: HostParameters, kernel: Path = Path("/proc")) -> None:
        super().__init__(name, parameters)
        self._kernel = kernel
        self._above: dict[str, Above] = {}

    def targets(self) -> tuple[str, ...] | None:
        """Memory and load."""
        return (f"{self.name}-memory", f"{self.name}-load")

    async def probe(self, target: str, tools: Tools) -> Observation:
        """One file of the kernel's."""
        kind = target.removeprefix(f"{self.name}-")
        try:
            if kind == "memory":
                share = read_memory((self._kernel / "meminfo").read_text("ascii"))
            else:
                loadavg = (self._kernel / "loadavg").read_text("ascii")
                share = read_load(loadavg, os.cpu_count() or 1)
        except (OSError, ValueError) as error:
            raise Unreachable(f"the kernel does not tell: {error}") from None
        line = self.parameters.memory if kind == "memory" else self.parameters.load
        now = tools.clock.now()
        above = judge_share(share, line, self._above.get(target, Above()), now)
        self._above[target] = above
        return show_share(target, kind, share, line=line, lasts=self.parameters.lasts, above=above, now=now)
