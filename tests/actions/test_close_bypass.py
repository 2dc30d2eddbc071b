"""Withdraw an emergency bypass."""

from __future__ import annotations

from tests.engine.parts import SECRET, Stand
from tests.front.tools import FakeBypasses, FakeShots, of_stand
from watchdog.actions.close_bypass import CloseBypass, CloseBypassParameters
from watchdog.core.bypass import Bypass
from watchdog.core.errors import Refused
from watchdog.core.run import Result
from watchdog.gateways.front import Front


async def test_what_is_open_is_withdrawn_and_nothing_else_happens() -> None:
    """Also for an application whose container is gone or was replaced; where none is open, that is said."""
    stand = Stand()
    await stand.arrive()
    bypasses = FakeBypasses(stand.clock)
    tools = of_stand(stand, Front(shots=FakeShots(), bypasses=bypasses))
    action = CloseBypass(CloseBypassParameters())
    await bypasses.open(Bypass(target="grafana", container="c"))
    assert "if one is open" in await action.describe("grafana", tools)
    assert (await action.run("grafana", tools)).result is Result.DONE
    assert (await action.run("grafana", tools)).result is Result.SKIPPED
    assert stand.engine.acts == []
    bypasses.fail_next(Refused(f"token: {SECRET}"))
    failed = await action.run("grafana", tools)
    assert failed.result is Result.FAILED
    assert SECRET not in failed.reason
