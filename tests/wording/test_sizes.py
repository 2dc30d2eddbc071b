"""Sizes in words."""

from __future__ import annotations

from watchdog.wording import words_of
from watchdog.wording.sizes import describe_size


def test_each_language_has_its_units_and_its_mark() -> None:
    """A French byte is an octet."""
    assert describe_size(1_500_000_000) == "1.5 GB"
    assert describe_size(1_500_000_000, words_of("fr")) == "1,5\N{NO-BREAK SPACE}Go"
