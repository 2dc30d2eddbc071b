"""Find out why a feeder delivers nothing; the rules are tested with core, the evidence with its gateway."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from pydantic import ValidationError

from tests.engine.parts import SECRET, Stand
from watchdog.actions.diagnose_feeder import DiagnoseFeeder, DiagnoseFeederParameters
from watchdog.core.diagnosis import Rule, Rules, Sign
from watchdog.core.run import Result, Then, Way

KEY = Rule(
    cause="key_refused",
    signs=(Sign(log=re.compile("-2015")),),
    then=Then(way=Way.HAND_OVER, cause="key_refused"),
)
SOON = Rule(cause="unknown", signs=(), then=Then(way=Way.WAIT, cause="unknown", seconds=60))
# Nobody is asked on the internet.
NOBODY = {"exchange": [], "independent": ["127.0.0.1:1", "127.0.0.1:1"]}


def action(**more: object) -> DiagnoseFeeder:
    return DiagnoseFeeder(DiagnoseFeederParameters.model_validate({**NOBODY, **more}))


async def test_what_is_found_says_how_the_ladder_goes_on() -> None:
    """The cause, the way, and the lines that show it, without secrets; nothing is touched."""
    stand = Stand()
    stand.engine.add("feeder")
    await stand.arrive()
    tools = replace(stand.tools, diagnoses={"feeder": Rules(name="feeder", rules=(KEY, SOON))})
    assert "why feeder delivers nothing" in await action().describe("feeder", tools)
    outcome = await action().run("feeder", tools)
    assert (outcome.result, outcome.then) == (Result.DONE, SOON.then)
    assert outcome.reason == "unknown: nothing is touched for 1m"

    stand.engine.container("feeder").started = 0
    stand.engine.container("feeder").log = [f"code -2015 for key {SECRET}"]
    outcome = await action().run("feeder", tools)
    assert outcome.then == KEY.then
    assert outcome.evidence == ("code -2015 for key [hidden]",)
    assert stand.engine.acts == []


async def test_without_rules_a_human_looks() -> None:
    """A name of rules that are not there restarts nothing."""
    outcome = await action(rules="other").run("feeder", Stand().tools)
    assert outcome.result is Result.FAILED
    assert outcome.then
    assert outcome.then.way is Way.HAND_OVER


@pytest.mark.parametrize(
    "wrong",
    [
        {"exchange": ["api.binance.com"]},
        {"exchange": ["http://a:80"]},
        {"exchange": ["a:99999"]},
        {"independent": ["a:1"]},
        {"url": "file:///etc/passwd"},
    ],
)
def test_mistakes_are_told_when_it_is_loaded(wrong: dict[str, object]) -> None:
    """A host has a port, and one independent host alone proves nothing."""
    with pytest.raises(ValidationError):
        action(**wrong)
