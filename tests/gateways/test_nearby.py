"""Where a container of the stack answers."""

from __future__ import annotations

import pytest

from tests.fakes import FakeEngine
from watchdog.gateways.nearby import address_of, with_address


class Names:
    """Knows the containers of an engine by their names."""

    def __init__(self, engine: FakeEngine) -> None:
        self.engine = engine

    def container_of(self, target: str) -> str | None:
        found = [each.id for each in self.engine.containers.values() if each.name == target]
        return found[0] if found else None


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://influxdb:8086/x?y=1", "http://172.18.0.2:8086/x?y=1"),
        ("http://influxdb/", "http://172.18.0.2:80/"),
        ("https://influxdb:8086/", "https://influxdb:8086/"),
        ("http://elsewhere:8086/", "http://elsewhere:8086/"),
        ("http://down:80/", "http://down:80/"),
        ("nonsense", "nonsense"),
    ],
)
async def test_a_containers_name_becomes_its_address(url: str, asked: str) -> None:
    """Only for http, only for a container that is watched, and only if it has an address."""
    engine = FakeEngine()
    engine.add("influxdb").addresses = ("172.18.0.2", "172.19.0.2")
    engine.add("down")
    assert await with_address(url, Names(engine), engine) == asked


async def test_an_address_of_version_6_is_put_in_brackets() -> None:
    """As a URL needs it."""
    engine = FakeEngine()
    engine.add("web").addresses = ("fd00::2",)
    assert await with_address("http://web:80/", Names(engine), engine) == "http://[fd00::2]:80/"
    assert await address_of("web", Names(engine), engine) == "fd00::2"
