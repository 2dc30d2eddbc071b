"""Keeping the last lines of a container's log."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.engine.parts import SECRET, Stand
from watchdog.actions.collect_logs import CollectLogs, CollectLogsParameters
from watchdog.core.run import Result


async def test_the_last_lines_are_kept_without_secrets() -> None:
    """As many lines as asked for, oldest first, with every secret hidden."""
    stand = Stand()
    stand.engine.add("app", log=("one", f"api_key={SECRET}", "three"))
    await stand.arrive()

    outcome = await CollectLogs(CollectLogsParameters(tail=2)).run("app", stand.tools)

    assert outcome.result is Result.DONE
    assert outcome.evidence == ("api_key=[hidden]", "three")


async def test_what_it_would_do() -> None:
    """The plan says how many lines of which target are kept."""
    stand = Stand()
    action = CollectLogs(CollectLogsParameters(tail=2))
    assert await action.describe("app", stand.tools) == "keep the last 2 log lines of app"


async def test_without_a_container_there_is_no_log() -> None:
    """A target that is gone has no log; that is no failure."""
    stand = Stand()
    await stand.arrive()

    outcome = await CollectLogs(CollectLogsParameters()).run("app", stand.tools)

    assert outcome.result is Result.SKIPPED


@pytest.mark.parametrize("tail", [0, 1001])
def test_how_many_lines_is_bounded(tail: int) -> None:
    """Evidence can neither be nothing nor fill the journal."""
    with pytest.raises(ValidationError):
        CollectLogsParameters(tail=tail)
