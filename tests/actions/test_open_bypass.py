"""Publish an application past its front. The real forwarder is tested in tests/gateways/test_bypasses.py."""

from __future__ import annotations

import pytest

from tests.engine.parts import SECRET, Stand
from tests.front.tools import FakeBypasses, FakeShots, of_stand
from watchdog.actions.open_bypass import OpenBypass, OpenBypassParameters
from watchdog.core.errors import Refused
from watchdog.core.run import Result
from watchdog.gateways.front import Front
from watchdog.plugins import Tools


async def make(*, approved: bool = False) -> tuple[Tools, FakeBypasses]:
    stand = Stand()
    stand.engine.add("grafana")
    await stand.arrive()
    bypasses = FakeBypasses(stand.clock)
    front = Front(shots=FakeShots(), bypasses=bypasses, approved=lambda _: approved)
    return of_stand(stand, front), bypasses


def action(**more: object) -> OpenBypass:
    return OpenBypass(OpenBypassParameters.model_validate(more))


async def test_it_is_opened_for_this_machine_for_half_an_hour() -> None:
    """Where and until when stands in its evidence."""
    tools, bypasses = await make()
    outcome = await action().run("grafana", tools)
    assert outcome.result is Result.DONE
    assert outcome.evidence == (
        "grafana is published on 127.0.0.1:3000 until 12:00 UTC, and is withdrawn then",
    )
    assert bypasses.opened["grafana"].lasts == 1800.0
    assert await action().describe("grafana", tools) == (
        "publish grafana (port 3000) on 127.0.0.1:3000 for 30m, by a container of its own"
    )
    assert not action().needs_a_yes


async def test_nothing_is_published_to_the_outside_without_a_yes() -> None:
    """Whatever a playbook's autonomy says; with a yes it is, and ufw is spoken of."""
    tools, bypasses = await make()
    public = action(sources=["203.0.113.7"])
    assert public.needs_a_yes
    refused = await public.run("grafana", tools)
    assert (refused.result, refused.hopeless) == (Result.SKIPPED, True)
    assert bypasses.opened == {}
    tools, bypasses = await make(approved=True)
    outcome = await public.run("grafana", tools)
    assert outcome.result is Result.DONE
    assert "ufw" in outcome.evidence[1]
    assert "ufw" in await public.describe("grafana", tools)


async def test_a_yes_is_for_exactly_these_sources() -> None:
    """Other sources, another port or another time is another plan."""
    tools, _ = await make()
    pins = [
        await action(**more).pin("grafana", tools)
        for more in ({}, {"sources": ["203.0.113.7"]}, {"lasts": "1h"})
    ]
    assert len({tuple(pin.items()) for pin in pins}) == 3
    assert pins[1]["sources"] == "203.0.113.7"


async def test_what_keeps_it_from_opening_is_told_without_secrets() -> None:
    """A port that is taken, an application that is down."""
    tools, bypasses = await make()
    bypasses.fail_next(Refused(f"port is already allocated (token: {SECRET})"))
    outcome = await action().run("grafana", tools)
    assert outcome.result is Result.FAILED
    assert SECRET not in outcome.reason
    assert (await action().run("nobody", tools)).result is Result.SKIPPED


@pytest.mark.parametrize(
    "wrong",
    [
        {"sources": ["0.0.0.0/0"]},
        {"sources": ["::1"]},
        {"sources": ["office"]},
        {"lasts": "0s"},
        {"lasts": "2d"},
        {"port": 0},
        {"published": 70000},
    ],
)
def test_a_bypass_for_everybody_or_for_ever_is_refused(wrong: dict[str, object]) -> None:
    """It is an emergency door, not a second entrance."""
    with pytest.raises(ValueError, match=r"."):
        OpenBypassParameters.model_validate(wrong)
