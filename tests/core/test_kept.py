"""A configuration that was good once."""

from __future__ import annotations

import pytest

from tests.fakes import FakeClock
from watchdog.core.kept import KeptConfig


def test_what_was_kept_is_not_changed_afterwards() -> None:
    """The files of the last good configuration stay as they were found."""
    kept = KeptConfig(
        path="/etc/watchdog.yml", files={"/etc/watchdog.yml": "version: 1\n"}, at=FakeClock().now()
    )

    with pytest.raises(AttributeError):
        kept.path = "/tmp/other.yml"  # type: ignore[misc]
