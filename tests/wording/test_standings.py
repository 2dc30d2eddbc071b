"""How a target stands, and what can be typed about it."""

from __future__ import annotations

import pytest

from watchdog.wording.standings import STANDINGS

WELL = {"well", "moving", "not_seen"}


@pytest.mark.parametrize("state", sorted(STANDINGS.keys() - WELL))
def test_whatever_is_not_well_can_be_acted_upon(state: str) -> None:
    """Nobody is shown a trouble without a command, and without a word on what comes next."""
    standing = STANDINGS[state]
    assert standing.word
    assert standing.next
    assert all(command.startswith("watchdog ") for command in standing.commands)
    assert standing.commands
