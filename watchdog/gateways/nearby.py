"""Where a container of the stack answers, for whoever cannot look its name up: a daemon on the host.

Inside the stack's network its name leads there. Outside, on Linux, its address does: it is asked of the engine each
time, as it changes with every start.
"""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from watchdog.core.container import ContainerFacts


class Inspects(Protocol):
    """The part of `plugins.Engine` that this takes."""

    async def inspect(self, container_id: str) -> ContainerFacts:
        """What the engine says of a container now."""
        ...


class Names(Protocol):
    """The part of `plugins.Containers` that this takes."""

    def container_of(self, target: str) -> str | None:
        """The id of the target's container."""
        ...


async def address_of(host: str, names: Names, engine: Inspects) -> str:
    """The address of the container that goes by this name; the name itself, if none does or it has none.

    Raises what `inspect` raises.
    """
    container_id = names.container_of(host)
    if container_id is None:
        return host
    return next(iter((await engine.inspect(container_id)).addresses), host)


async def with_address(url: str, names: Names, engine: Inspects) -> str:
    """The URL with that address in place of its host. Only http: a certificate is for a name."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        return url
    address = await address_of(parts.hostname, names, engine)
    if address == parts.hostname:
        return url
    host = f"[{address}]" if ":" in address else address
    return urlunsplit(parts._replace(netloc=f"{host}:{parts.port or 80}"))
