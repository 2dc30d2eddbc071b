"""What is told of an incident, and in whose message."""

from __future__ import annotations

import pytest

from tests.core.tale import STORM, Tale
from watchdog.core.notification import ASKING, Telling
from watchdog.core.tellings import is_told, tell_in, tell_of


def test_what_is_told_elsewhere_is_the_same_fact_in_another_message() -> None:
    """One that waits for the db is told in the db's message, under its own name."""
    tale = Tale()
    tale.crashed()
    there = tell_in("9", Telling.AFFECTED, tale.incident, tale.now, cause="db")
    here = tell_of(Telling.AFFECTED, tale.incident, tale.now, cause="db")
    assert (there.incident, here.incident) == ("9", "1")
    assert there.target == here.target == "web"
    assert there.facts == here.facts == {"cause": "db"}


@pytest.mark.parametrize("telling", sorted(Telling))
def test_what_is_part_of_another_trouble_speaks_up_only_to_ask(telling: Telling) -> None:
    """A muted incident calls a human when it needs one, and is silent otherwise."""
    tale = Tale()
    tale.waits_for("db", STORM)
    assert is_told(tale.incident, telling) is (telling in ASKING)
