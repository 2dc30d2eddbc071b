"""What a diagnosis of a feeder rests on, gathered at once: its log, /health and /metrics, and who can be reached.

Belongs here: asking, each question bounded and none of them in the way of another. Does not: what it means
(`core.diagnosis`). What cannot be asked is left out.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from watchdog.core.container import ContainerFacts
from watchdog.core.diagnosis import Evidence, LogLine
from watchdog.core.errors import GatewayError
from watchdog.core.http_judgement import Fetched, Reach
from watchdog.gateways.connections import Connections
from watchdog.gateways.http_probe import PageCaller
from watchdog.gateways.nearby import Names, address_of, with_address

# Seconds for each question; lines of the log.
WITHIN = 4.0
TAIL = 1000
_OK = 200
# `name{labels} 1.5`; what stands behind the value (a time) is of no interest.
_SAMPLE = re.compile(r"([A-Za-z_:][\w:]*)(?:\{.*\})?\s+(\S+)")


class Engine(Protocol):
    """The part of `plugins.Engine` that this takes."""

    async def inspect(self, container_id: str) -> ContainerFacts:
        """What the engine says of a container now."""
        ...

    async def logs(self, container_id: str, tail: int, *, stamped: bool = False) -> tuple[str, ...]:
        """The last lines of a container's log."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What is asked, and where.

    Attributes:
        feeder: the target that delivers.
        url: where its /health and /metrics are; "" if it has none.
        exchange, independent: hosts as `host:port`. A name of a target stands for its container.
        targets: of which it is to be known whether they are well.
    """

    feeder: str
    url: str = ""
    exchange: tuple[str, ...] = ()
    independent: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


class FeederEvidence:
    """Gathers it."""

    def __init__(self, pages: PageCaller | None = None, connections: Connections | None = None) -> None:
        self._pages = pages or PageCaller()
        self._connections = connections or Connections()

    async def gather(self, asked: Questions, engine: Engine, names: Names, now: datetime) -> Evidence:
        """All of it, within a few seconds. Raises nothing but for a cancelled caller."""
        unix = now.timestamp()
        (running, ran, log), health, metrics, exchange, independent, down = await asyncio.gather(
            self._container(asked.feeder, engine, names, unix),
            self._page(asked.url, "/health", engine, names),
            self._page(asked.url, "/metrics", engine, names),
            asyncio.gather(*(self._reach(host, engine, names) for host in asked.exchange)),
            asyncio.gather(*(self._reach(host, engine, names) for host in asked.independent)),
            asyncio.gather(*(_is_down(target, engine, names) for target in asked.targets)),
        )
        return Evidence(
            now=unix,
            log=log,
            running=running,
            ran=ran,
            health=_as_json(health),
            answers=None if health is None else health.reach is Reach.ANSWERED,
            metrics=read_metrics(metrics.body, cut=metrics.cut) if metrics and metrics.status == _OK else {},
            exchange=tuple(exchange),
            independent=tuple(independent),
            down=frozenset(target for target, is_down in zip(asked.targets, down, strict=True) if is_down),
        )

    async def _container(
        self, target: str, engine: Engine, names: Names, now: float
    ) -> tuple[bool | None, float | None, tuple[LogLine, ...]]:
        container_id = names.container_of(target)
        if container_id is None:
            return None, None, ()
        try:
            facts = await engine.inspect(container_id)
            lines = await engine.logs(container_id, TAIL, stamped=True)
        except GatewayError:
            return None, None, ()
        began = facts.started / 1e9
        return facts.state == "running", max(0.0, now - began), read_lines(lines, since=began, now=now)

    async def _page(self, url: str, path: str, engine: Engine, names: Names) -> Fetched | None:
        if not url:
            return None
        try:
            found = await with_address(f"{url.rstrip('/')}{path}", names, engine)
        except GatewayError:
            return None
        return await self._pages.get(found, within=WITHIN)

    async def _reach(self, host: str, engine: Engine, names: Names) -> bool | None:
        name, _, port = host.rpartition(":")
        try:
            address = await address_of(name, names, engine)
        except GatewayError:
            return None
        return await self._connections.reach(address.strip("[]"), int(port), WITHIN)


def read_lines(lines: Sequence[str], *, since: float, now: float) -> tuple[LogLine, ...]:
    """Lines with the engine's time before each, as lines with an age; those before `since` are left out."""
    found = []
    for line in lines:
        stamp, _, text = line.partition(" ")
        try:
            at = datetime.fromisoformat(stamp).timestamp()
        except ValueError:
            continue
        if at >= since:
            found.append(LogLine(max(0.0, now - at), text))
    return tuple(found)


def read_metrics(body: bytes, *, cut: bool = False) -> dict[str, float]:
    """The greatest value of each metric in Prometheus' text format; what is no number is left out.

    `cut`: there was more of it: its last line may end in the middle of a number.
    """
    found: dict[str, float] = {}
    if cut:
        body = body[: body.rfind(b"\n") + 1]
    for line in body.decode("utf-8", "replace").splitlines():
        sample = _SAMPLE.match(line)
        if sample is None:
            continue
        try:
            value = float(sample[2])
        except ValueError:
            continue
        if math.isfinite(value):
            found[sample[1]] = max(value, found.get(sample[1], value))
    return found


def _as_json(page: Fetched | None) -> object:
    if page is None or page.status != _OK or page.cut:
        return None
    try:
        found: object = json.loads(page.body)
    except (ValueError, RecursionError):
        return None
    return found


async def _is_down(target: str, engine: Engine, names: Names) -> bool:
    container_id = names.container_of(target)
    if container_id is None:
        return False
    try:
        facts = await engine.inspect(container_id)
    except GatewayError:
        return False
    return facts.state != "running" or facts.health == "unhealthy"
