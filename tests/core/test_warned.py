"""What is remembered of a warning."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from tests.fakes import FakeClock
from watchdog.core.warned import Warned


def test_a_spell_begins_untold() -> None:
    """And is never changed in place."""
    now = FakeClock().now()
    warned = Warned(since=now, kind="disk_low", kind_since=now)
    assert (warned.told, warned.at, warned.better_since) == ((), None, None)
    with pytest.raises(FrozenInstanceError):
        warned.told = ("disk_low",)  # type: ignore[misc]
