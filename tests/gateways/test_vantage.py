"""From where the stack is looked at."""

from __future__ import annotations

from tests.engine.parts import Stand
from watchdog.gateways.vantage import place_from_here, url_from_here


async def test_on_the_host_addresses_are_asked_and_inside_names() -> None:
    """Outside of the network no name is found; inside a container only what is found by its name is in sight."""
    stand = Stand()
    stand.engine.add("nginx")
    await stand.arrive()
    address = "10.0.0.9"
    stand.engine.container("nginx").addresses = (address,)

    def outside() -> str:
        return ""

    def inside() -> str:
        return "0123456789ab"

    names, engine = stand.census, stand.engine
    assert await place_from_here("nginx:443", names, engine, outside) == f"{address}:443"
    assert await place_from_here("nginx", names, engine, outside) == address
    assert await place_from_here("nginx:443", names, engine, inside) == "nginx:443"
    assert await place_from_here("elsewhere:443", names, engine, outside) == "elsewhere:443"
    assert await place_from_here("", names, engine, outside) == ""
    assert await url_from_here("http://nginx/x", names, engine, inside) == "http://nginx/x"
    assert await url_from_here("http://elsewhere/x", names, engine, outside) == "http://elsewhere/x"
    assert await url_from_here("http://nginx:3000/x", names, engine, outside) == f"http://{address}:3000/x"
    assert await url_from_here("", names, engine, outside) == ""
