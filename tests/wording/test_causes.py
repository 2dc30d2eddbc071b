"""Why starting again cannot help, and what a human has to do."""

from __future__ import annotations

import re
from pathlib import Path

import watchdog.core
from watchdog.core.doom_table import Advice
from watchdog.core.storm import Common
from watchdog.wording.causes import ADVICES, DOOMS, SHARED

CORE = Path(watchdog.core.__file__).parent


def test_every_closed_list_has_words() -> None:
    """Nobody who is called reads a word from the code."""
    assert {each.value for each in Advice} == ADVICES.keys()
    assert {each.value for each in Common} == SHARED.keys()


def test_every_doomed_cause_has_words() -> None:
    """Whatever a cause is recognised by, it is told in words."""
    text = "".join((CORE / name).read_text("utf-8") for name in ("doom.py", "doom_table.py", "judgement.py"))
    kinds = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', text)) - {each.value for each in Advice}
    assert len(kinds) > 10
    assert kinds - DOOMS.keys() == set()
