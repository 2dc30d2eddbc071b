"""Emergency bypasses: a throw-away container of our own image that leads past the front, until its time is over.

Grafana's own container is not touched. The forwarder ends by itself and is removed by the engine, so that a bypass
closes whatever becomes of watchdog; it is labelled, so that the next watchdog finds what a killed one left open.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from watchdog.core.bypass import Bypass, OpenBypass
from watchdog.core.errors import GatewayError, NotThere, Refused
from watchdog.core.target import ENABLE, ONE_OFF, PROJECT, SERVICE
from watchdog.gateways import forwarder
from watchdog.gateways.docker import DockerEngine
from watchdog.gateways.itself import own_container_id

# Its value is the scope of the watchdog that opened it.
LABEL = "watchdog.bypass"
TARGET = "watchdog.bypass.target"
UNTIL = "watchdog.bypass.until"
WHERE = "watchdog.bypass.where"
SOURCES = "watchdog.bypass.sources"
INCIDENT = "watchdog.bypass.incident"
PAGE = "watchdog.bypass.page"
INSIDE = 8080
NOBODY = "65534:65534"
MEMORY = 64 * 1024 * 1024
PROCESSES = 32
CALL_WITHIN = 20.0
OPEN_WITHIN = 10.0
LOOK_EVERY = 0.1


class Bypasses:
    """Opens and closes them on the engine."""

    def __init__(
        self,
        engine: DockerEngine,
        image: str = "",
        own_id: Callable[[], str] = own_container_id,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Asks nothing yet. `image`: another one than that of the container which this process runs in."""
        self._engine = engine
        self._image = image
        self._own_id = own_id
        self._now = now

    async def open(self, bypass: Bypass) -> OpenBypass:
        """Open it, or return what is open already and stands for it. Raises `Refused` with the reason.

        Another one to the same target makes way: what a human has just said yes to is not what is there for this
        machine, and two cannot have one port.
        """
        there = [each for each in await self.list() if each.target == bypass.target]
        for each in there:
            if each.stands_for(bypass):
                return each
        network, host = await self._find(bypass.container)
        until = self._now() + timedelta(seconds=bypass.lasts)
        content = _container(bypass, await self._find_image(), network, host)
        content["Labels"] |= {
            LABEL: self._engine.options.scope,
            TARGET: bypass.target,
            UNTIL: until.isoformat(timespec="seconds"),
            WHERE: bypass.where,
            SOURCES: bypass.allowed,
            INCIDENT: bypass.incident,
            PAGE: bypass.page,
        }
        name = f"watchdog-bypass-{uuid.uuid4().hex[:12]}"
        for each in there:
            await self._remove(each.container)
        try:
            made = await self._engine.ask_for(
                lambda client: client.create_container_from_config(content, name),  # type: ignore[no-untyped-call]
                CALL_WITHIN,
            )
            await self._engine.start(name)
            await self._comes_up(name)
        except BaseException:
            await asyncio.shield(self._remove(name))
            raise
        return OpenBypass(
            target=bypass.target,
            container=str(made["Id"]),
            until=until,
            where=bypass.where,
            sources=bypass.allowed,
            incident=bypass.incident,
            page=bypass.page,
        )

    async def close(self, container: str) -> int:
        """Close the one of this forwarder; how many that were. No error if it is gone."""
        mine = [each for each in await self.list() if each.container == container]
        for each in mine:
            await self._remove(each.container)
        return len(mine)

    async def close_all(self) -> int:
        """Close all that this stack's watchdog opened, and a killed one left; how many. For the daemon's start and end."""
        rows = await self._rows()
        for row in rows:
            await self._remove(str(row["Id"]))
        return len(rows)

    async def list(self) -> tuple[OpenBypass, ...]:
        """What is open."""
        found = []
        for row in await self._rows():
            labels = row.get("Labels") or {}
            try:
                until = datetime.fromisoformat(labels.get(UNTIL, ""))
            except ValueError:
                continue
            if row.get("State") == "running":
                found.append(
                    OpenBypass(
                        target=labels.get(TARGET, ""),
                        container=str(row["Id"]),
                        until=until,
                        where=labels.get(WHERE, ""),
                        sources=labels.get(SOURCES, ""),
                        incident=labels.get(INCIDENT, ""),
                        page=labels.get(PAGE, ""),
                    )
                )
        return tuple(found)

    async def _rows(self) -> Any:
        mine = {"label": [f"{LABEL}={self._engine.options.scope}"]}
        return await self._engine.ask_for(
            lambda client: client.containers(all=True, filters=mine), CALL_WITHIN
        )

    async def _find(self, container: str) -> tuple[str, str]:
        """The network of the target's container, and how it is found there."""
        answer: Any = await self._engine.ask_for(
            lambda client: client.inspect_container(container), CALL_WITHIN
        )
        if not answer["State"]["Running"]:
            raise Refused("what it would lead to does not run")
        networks: dict[str, Any] = answer["NetworkSettings"]["Networks"]
        if not networks:
            raise Refused("what it would lead to has no network of its own")
        name, network = next(iter(networks.items()))
        # The engine's default network knows no names.
        return name, str(network["IPAddress"] if name == "bridge" else answer["Name"].lstrip("/"))

    async def _find_image(self) -> str:
        if not self._image:
            own = self._own_id()
            if not own:
                raise Refused(
                    "a bypass runs in a container of watchdog's own image: run watchdog as a container "
                    "(docs/how-to/install-as-sidecar.md), or name its image in WATCHDOG_IMAGE"
                )
            self._image = (await self._engine.inspect(own)).image_id
        return self._image

    async def _comes_up(self, name: str) -> None:
        said: tuple[str, ...] = ()
        try:
            async with asyncio.timeout(OPEN_WITHIN):
                while True:
                    said = await self._engine.logs(name, 5)
                    if any(line.startswith("open for") for line in said):
                        return
                    if any("nobody answers there" in line for line in said):
                        raise Refused("nobody answers where it would lead to")
                    facts = await self._engine.inspect(name)
                    if facts.state != "running":
                        raise Refused(f"its forwarder ended (code {facts.exit_code})")
                    await asyncio.sleep(LOOK_EVERY)
        except (NotThere, TimeoutError):
            last = f": {said[-1]}" if said else ""
            raise Refused(f"its forwarder did not come up{last}") from None

    async def _remove(self, container: str) -> None:
        with suppress(NotThere):
            try:
                await self._engine.ask_for(
                    lambda client: client.remove_container(container, force=True, v=True), CALL_WITHIN
                )
            except GatewayError as trouble:
                if "already in progress" not in str(trouble):
                    raise


def _container(bypass: Bypass, image: str, network: str, host: str) -> dict[str, Any]:
    source = Path(forwarder.__file__).read_text("utf-8")
    sources = ",".join(map(str, bypass.sources)) or "*"
    words = [str(INSIDE), host, str(bypass.port), f"{bypass.lasts:g}", sources]
    inside = f"{INSIDE}/tcp"
    return {
        "Image": image,
        "Entrypoint": ["python3", "-I", "-c"],
        "Cmd": [source, *words],
        "User": NOBODY,
        "WorkingDir": "/",
        # An image that Compose built carries the labels of its service: this is none.
        "Labels": {PROJECT: "", SERVICE: "", ONE_OFF: "True", ENABLE: "false"},
        "Healthcheck": {"Test": ["NONE"]},
        "ExposedPorts": {inside: {}},
        "HostConfig": {
            # As the first process of its container it would be deaf to the alarm that ends it.
            "Init": True,
            "AutoRemove": True,
            "RestartPolicy": {"Name": "no"},
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "NetworkMode": network,
            "Memory": MEMORY,
            "PidsLimit": PROCESSES,
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}},
            "PortBindings": {inside: [{"HostIp": bypass.address, "HostPort": str(bypass.published)}]},
        },
    }
