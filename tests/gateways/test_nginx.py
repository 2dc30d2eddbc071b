"""Nginx in its container: the real one, and what is done where it is not as expected."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import RealEngine
from tests.fakes import FakeEngine
from tests.front.nginx import RealNginx, comes, real_nginx
from watchdog.core.errors import Refused
from watchdog.gateways.nginx import reload_configuration
from watchdog.gateways.nginx import test_configuration as try_configuration
from watchdog.gateways.program import Ended


@pytest.fixture
async def nginx(real_engine: RealEngine) -> AsyncIterator[RealNginx]:
    async with real_nginx(real_engine) as made:
        yield made


async def test_a_container_without_timeout_is_asked_all_the_same() -> None:
    """The deadline inside of the container is kept where there is a program for it."""
    engine = FakeEngine()
    engine.add("nginx")
    engine.fail_next(Refused('exec: "timeout": executable file not found in $PATH'), "execute")
    assert (await try_configuration(engine, engine.container("nginx").id)).objection == ""
    assert [command for _, command, _ in engine.executed] == [("nginx", "-t")]


async def test_a_reload_that_nginx_refuses_is_refused() -> None:
    """With its own words."""
    engine = FakeEngine()
    engine.add("nginx")
    engine.executions.append(
        Ended(1, b"", b'nginx: [error] open() "/run/nginx.pid" failed (2: No such file)\n')
    )
    with pytest.raises(Refused, match="No such file"):
        await reload_configuration(engine, engine.container("nginx").id)


@pytest.mark.engine
async def test_a_real_one_is_tested_and_reloaded(nginx: RealNginx) -> None:
    """A good configuration passes and is in force after the reload; the restart policy and the process stay."""
    before = await nginx.engine.inspect(nginx.container)
    nginx.write("return 200 'two';")
    assert (await try_configuration(nginx.engine, nginx.container)).objection == ""
    assert await nginx.answer() == "one"
    await reload_configuration(nginx.engine, nginx.container)

    async def changed() -> bool:
        return await nginx.answer() == "two"

    await comes(changed)
    after = await nginx.engine.inspect(nginx.container)
    assert (after.started, after.restart_count) == (before.started, before.restart_count)


@pytest.mark.engine
async def test_a_real_one_refuses_a_broken_configuration(nginx: RealNginx) -> None:
    """It is told which line, and what runs is left alone."""
    nginx.write("sever on;")
    tested = await try_configuration(nginx.engine, nginx.container)
    assert 'unknown directive "sever"' in tested.objection
    assert not tested.passing
    assert await nginx.answer() == "one"


@pytest.mark.engine
async def test_a_real_one_misses_a_neighbour(nginx: RealNginx) -> None:
    """An upstream whose container is down keeps it from starting: it is named, and may come back."""
    nginx.write("proxy_pass http://grafana-that-is-down:3000;")
    tested = await try_configuration(nginx.engine, nginx.container)
    assert "grafana-that-is-down" in tested.objection
    assert tested.passing
