"""Is the container up, and well?"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from watchdog.core.container import ContainerRules
from watchdog.core.judgement import judge
from watchdog.core.observation import Observation
from watchdog.plugins import Check, Duration, Parameters, Tools

_DEFAULT = ContainerRules()


class ContainerParameters(Parameters):
    """When the state of a container is believed; see `core.container.ContainerRules`."""

    rest: Duration = Field(default=_DEFAULT.rest, ge=0)
    loop_restarts: int = Field(default=_DEFAULT.loop_restarts, ge=2, strict=True)
    loop_window: Duration = Field(default=_DEFAULT.loop_window, ge=1)


class Container(Check[ContainerParameters]):
    """Looks at a container through the engine and judges what is seen with its past."""

    kind: ClassVar[str] = "container"
    parameters_type: ClassVar[type[Parameters]] = ContainerParameters

    async def probe(self, target: str, tools: Tools) -> Observation:
        """One look: one inspect, and one log line when the container is down."""
        rules = ContainerRules(
            rest=self.parameters.rest,
            loop_restarts=self.parameters.loop_restarts,
            loop_window=self.parameters.loop_window,
        )
        began = tools.clock.now()
        seen = await tools.containers.look(target)
        observation = judge(self.name, seen, rules, tools.clock.now())
        # What the engine and the container say in their own words may hold anything.
        finding = observation.finding
        facts = {name: tools.redact(f) if isinstance(f, str) else f for name, f in finding.facts.items()}
        return replace(
            observation,
            # A look counts from its beginning: what changed since then it may not have seen.
            at=began,
            finding=replace(finding, facts=facts),
            evidence=tuple(tools.redact(line) for line in observation.evidence),
        )
