"""Every message says what happened, what was done, what is proven and what a human can do."""

from __future__ import annotations

import pytest

from watchdog.core.notification import ASKING
from watchdog.wording.tellings import TELLINGS


@pytest.mark.parametrize("telling", sorted(TELLINGS))
def test_every_telling_has_a_phrase_for_the_timeline(telling: str) -> None:
    """The line of a timeline is shorter than the title that it stands for."""
    told = TELLINGS[telling]
    assert told.short
    assert len(told.short) <= len(told.title) + len("nobody knows who stopped it")


@pytest.mark.parametrize("telling", sorted(each.value for each in ASKING))
def test_whoever_is_called_is_told_what_to_do(telling: str) -> None:
    """A message that wants a human has a command in it to type."""
    assert any(": watchdog " in line for line in TELLINGS[telling].lines)


@pytest.mark.parametrize("telling", ["opened", "acting", "proposed", "healed", "recovered", "escalated"])
def test_an_incident_says_at_every_step_what_was_done(telling: str) -> None:
    """Nobody has to guess whether watchdog has touched something."""
    text = "".join((TELLINGS[telling].title, *TELLINGS[telling].lines))
    assert any(said in text for said in ("What was done", "What is done", "{action}"))
