"""From where the stack is looked at: inside of a container its names are found, on the host only its addresses are.

A watchdog in a container never asks by address: outside of the stack's network it would take every address for a
container that is down. By name it finds nothing there, and knows that it sees nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from watchdog.gateways.itself import own_container_id
from watchdog.gateways.nearby import Inspects, Names, address_of, with_address


async def place_from_here(
    at: str, names: Names, engine: Inspects, own_id: Callable[[], str] = own_container_id
) -> str:
    """`host` or `host:port`, with the address of the container of that name where only that is found from here.

    Raises what `inspect` raises.
    """
    if not at or own_id():
        return at
    host, colon, port = at.rpartition(":") if ":" in at else (at, "", "")
    return f"{await address_of(host, names, engine)}{colon}{port}"


async def url_from_here(
    url: str, names: Names, engine: Inspects, own_id: Callable[[], str] = own_container_id
) -> str:
    """The same for a URL."""
    return url if not url or own_id() else await with_address(url, names, engine)
