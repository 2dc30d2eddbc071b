"""Have Nginx read its configuration anew."""

from __future__ import annotations

import pytest

from tests.engine.parts import SECRET, Stand
from watchdog.actions.reload_nginx import ReloadNginx, ReloadNginxParameters
from watchdog.core.run import Result
from watchdog.gateways.program import Ended


@pytest.fixture
async def stand() -> Stand:
    stand = Stand()
    stand.engine.add("nginx")
    await stand.arrive()
    return stand


def action() -> ReloadNginx:
    return ReloadNginx(ReloadNginxParameters())


async def test_it_tests_first_and_then_reloads(stand: Stand) -> None:
    """Both by its own command inside the container; nothing is stopped, started or signalled."""
    outcome = await action().run("nginx", stand.tools)
    assert outcome.result is Result.DONE
    commands = [command[-2:] for _, command, _ in stand.engine.executed]
    assert commands == [("nginx", "-t"), ("-s", "reload")]
    assert stand.engine.acts == []


async def test_a_configuration_that_is_refused_is_not_loaded(stand: Stand) -> None:
    """It is told which line is wrong, without secrets, and that trying again is no use."""
    complaint = f'nginx: [emerg] invalid parameter "password={SECRET}" in /etc/nginx/nginx.conf:7'
    stand.engine.executions.append(Ended(1, b"", complaint.encode()))
    outcome = await action().run("nginx", stand.tools)
    assert (outcome.result, outcome.hopeless) == (Result.FAILED, True)
    assert "nginx.conf:7" in outcome.reason
    assert SECRET not in outcome.reason
    assert len(stand.engine.executed) == 1


async def test_a_neighbour_that_is_down_is_worth_another_try(stand: Stand) -> None:
    """Nginx refuses an upstream whose name nobody knows: that passes when the neighbour is back."""
    complaint = b'nginx: [emerg] host not found in upstream "grafana:3000" in /etc/nginx/nginx.conf:33'
    stand.engine.executions.append(Ended(1, b"", complaint))
    outcome = await action().run("nginx", stand.tools)
    assert (outcome.result, outcome.hopeless) == (Result.FAILED, False)
    assert "grafana, which has to run first" in outcome.reason


@pytest.mark.parametrize("state", ["exited", "created", "paused", "restarting"])
async def test_one_that_does_not_run_is_left_alone(state: str) -> None:
    """No reload brings it back, and a paused one would never answer."""
    stand = Stand()
    stand.engine.add("nginx", state=state)
    await stand.arrive()
    assert (await action().run("nginx", stand.tools)).result is Result.SKIPPED
    assert stand.engine.executed == []
