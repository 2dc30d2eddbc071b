"""Sizes as people write them."""

from __future__ import annotations

import pytest

from watchdog.core.size import parse_size, show_size


@pytest.mark.parametrize(
    ("written", "size"),
    [("256MB", 256_000_000), ("1.5 GB", 1_500_000_000), ("64MiB", 64 << 20), ("0MB", 0), (0, 0)],
)
def test_a_size_is_a_number_with_its_unit(written: object, size: int) -> None:
    """Thousands or 1024s, as the unit says."""
    assert parse_size(written) == size


@pytest.mark.parametrize("written", ["10", 10, "ten MB", "-1MB", "10mb", None, True, False, [], "9999999TB"])
def test_anything_else_is_told_what_to_write(written: object) -> None:
    """A size without its unit is a guess."""
    with pytest.raises(ValueError, match="write "):
        parse_size(written)


def test_a_size_is_shown_shortly() -> None:
    """One decimal is enough for a disk."""
    assert [show_size(n) for n in (0, 999, 1500, 2e6, 80e9, 3.25e12)] == [
        "0 B", "999 B", "1.5 KB", "2 MB", "80 GB", "3.2 TB",
    ]  # fmt: skip
