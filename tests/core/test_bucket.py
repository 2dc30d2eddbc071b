"""A bucket of InfluxDB."""

from __future__ import annotations

from watchdog.core.bucket import Bucket


def test_a_bucket_keeps_its_points_for_ever_unless_told_otherwise() -> None:
    """No retention is for ever, as in InfluxDB."""
    assert Bucket(id="1", name="custom").retention == 0
