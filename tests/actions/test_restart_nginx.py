"""Restart Nginx, unless it would not come up."""

from __future__ import annotations

import pytest

from tests.engine.parts import Stand
from tests.fakes import FakeEngine
from watchdog.actions.restart_nginx import RestartNginx, RestartNginxParameters
from watchdog.core.observation import Hand
from watchdog.core.run import Result
from watchdog.gateways.program import Ended

BROKEN = Ended(1, b"", b'nginx: [emerg] unknown directive "sever" in /etc/nginx/nginx.conf:4')


@pytest.fixture
async def stand() -> Stand:
    stand = Stand()
    stand.engine.create("nginx")
    stand.engine.person_starts("nginx")
    await stand.arrive()
    return stand


class Fragile(FakeEngine):
    """What is started ends at once."""

    async def start(self, container_id: str) -> None:
        await super().start(container_id)
        self.crash("nginx", 1)


async def fragile(said: str) -> Stand:
    """An Nginx that fell, and falls again at each start, with this complaint."""
    stand = Stand(engine=Fragile)
    stand.engine.create("nginx")
    stand.engine.person_starts("nginx")
    await stand.arrive()
    stand.engine.crash("nginx", 1)
    stand.engine.container("nginx").log = [said]
    await stand.catch_up()
    return stand


def action() -> RestartNginx:
    return RestartNginx(RestartNginxParameters.model_validate({"stays": "100ms"}))


async def test_it_is_stopped_and_started_once_its_test_passes(stand: Stand) -> None:
    """As two calls, and what that causes is announced as ours."""
    outcome = await action().run("nginx", stand.tools)
    assert outcome.result is Result.DONE
    assert stand.engine.acts == [("stop", "nginx"), ("start", "nginx")]
    await stand.catch_up()
    seen = await stand.census.look("nginx")
    assert seen.facts is not None
    assert seen.facts.state == "running"


async def test_its_stop_is_taken_for_nobodys_but_ours(stand: Stand) -> None:
    """Even if it does not start again: nobody is held for what we did."""
    await action().run("nginx", stand.tools)
    events, _ = await stand.engine.recent_events()
    for event in events:
        stand.census.hear(event)
        if event.action == "stop":
            assert stand.census.roster.lives[event.container_id].first_kill is Hand.WATCHDOG
            return
    pytest.fail("it was never stopped")


async def test_it_is_not_stopped_with_a_configuration_that_it_refuses(stand: Stand) -> None:
    """What still answers a little is better than what does not start."""
    stand.engine.executions.append(BROKEN)
    outcome = await action().run("nginx", stand.tools)
    assert (outcome.result, outcome.hopeless) == (Result.FAILED, True)
    assert "was not stopped" in outcome.reason
    assert "unknown directive" in outcome.reason
    assert stand.engine.acts == []


async def test_one_that_crashed_is_started(stand: Stand) -> None:
    """There is nothing to lose, and nothing in which to test."""
    stand.engine.crash("nginx", 1)
    await stand.catch_up()
    assert (await action().run("nginx", stand.tools)).result is Result.DONE
    assert stand.engine.acts == [("start", "nginx")]
    assert stand.engine.executed == []


async def test_one_that_ends_again_at_once_has_not_come_up() -> None:
    """Its own complaint is the reason, and starting it again would not help."""
    stand = await fragile('nginx: [emerg] unknown directive "sever" in /etc/nginx/nginx.conf:4')
    outcome = await action().run("nginx", stand.tools)
    assert (outcome.result, outcome.hopeless) == (Result.FAILED, True)
    assert outcome.reason == ('it does not come up: unknown directive "sever" in /etc/nginx/nginx.conf:4')


async def test_one_that_misses_its_neighbour_is_tried_again() -> None:
    """What it asks for may run a moment later."""
    stand = await fragile(
        'nginx: [emerg] host not found in upstream "grafana:3000" in /etc/nginx/nginx.conf:9'
    )
    outcome = await action().run("nginx", stand.tools)
    assert (outcome.result, outcome.hopeless) == (Result.FAILED, False)


async def test_one_that_a_person_stopped_stays_down(stand: Stand) -> None:
    """Also when it was stopped a moment before."""
    stand.engine.person_stops("nginx")
    await stand.catch_up()
    assert (await action().run("nginx", stand.tools)).result is Result.SKIPPED
    assert stand.engine.acts == []


async def test_a_paused_one_is_a_persons(stand: Stand) -> None:
    """It is neither stopped nor started."""
    stand.engine.container("nginx").state = "paused"
    assert (await action().run("nginx", stand.tools)).result is Result.SKIPPED
    assert stand.engine.acts == []
