"""How a freeze is told."""

from __future__ import annotations

from watchdog.core.freeze import Freeze, Probe
from watchdog.wording import describe_freeze, describe_switched_off


def test_a_freeze_tells_how_long_where_and_whose_code() -> None:
    """One sentence for the journal; names from outside are made harmless."""
    freeze = Freeze(seconds=60.0, places=("match (re/__init__.py:166)",), probe=Probe("heavy", "a\x1b[2Jpp"))
    assert describe_freeze(freeze) == (
        "it gave no sign of life for 60 s and ended itself; the check heavy was looking at app; "
        "it stood in match (re/__init__.py:166)"
    )


def test_a_freeze_in_nobodys_code_blames_nobody() -> None:
    """What is not known is not guessed."""
    assert "no check was at work" in describe_freeze(Freeze(seconds=4))


def test_a_check_that_is_switched_off_is_named() -> None:
    """The status says which one."""
    assert describe_switched_off("heavy") == "the check heavy is switched off: it froze watchdog twice"
