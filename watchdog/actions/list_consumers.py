"""Find out what takes the most room on a disk."""

from __future__ import annotations

from contextlib import suppress
from typing import ClassVar

from watchdog.core.disk import DiskPlace
from watchdog.core.errors import GatewayError
from watchdog.core.run import Outcome, Result
from watchdog.core.size import show_size
from watchdog.plugins import Action, Parameters, Tools

# Seconds: adding up a large folder takes a while, and ends by itself.
DU_WITHIN = 20


class ListConsumersParameters(Parameters):
    """Nothing to set."""


class ListConsumers(Action[ListConsumersParameters]):
    """Asks the engine, once an hour at most, and InfluxDB's container; changes nothing."""

    name: ClassVar[str] = "list_consumers"
    changes: ClassVar[bool] = False
    repeatable: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = ListConsumersParameters

    async def describe(self, target: str, tools: Tools) -> str:  # noqa: ARG002 - the same for every target
        """What `run` would do."""
        return "find out what takes the most room (the engine adds up what it stores, once an hour at most)"

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Ask, and keep the answer as evidence. Beside a step on an InfluxDB it is of that one's disk."""
        place = None
        if tools.disks is not None:
            place = tools.disks.place_of(target) or tools.disks.beside(target)
        if tools.disks is None or place is None:
            return Outcome(result=Result.SKIPPED, reason="it is no watched disk")
        lines = (*await tools.disks.weigh(target), *await self._weigh_influx(place, tools))
        return Outcome(result=Result.DONE, evidence=tuple(tools.redact(line) for line in lines))

    async def _weigh_influx(self, place: DiskPlace, tools: Tools) -> tuple[str, ...]:
        influx = place.influx
        container_id = tools.containers.container_of(influx.target) if influx is not None else None
        if influx is None or container_id is None:
            return ()
        command = ("timeout", str(DU_WITHIN), "du", "-sk", influx.data)
        with suppress(GatewayError, ValueError, IndexError):
            ended = await tools.engine.execute(container_id, command, within=DU_WITHIN + 2)
            kilobytes = int(ended.output.split()[0])
            return (f"{show_size(kilobytes * 1024)}: data of {influx.target}",)
        return ()
