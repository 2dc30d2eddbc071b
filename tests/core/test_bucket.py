"""A bucket of InfluxDB."""

from __future__ import annotations

import pytest

from watchdog.core.bucket import Bucket, shorten

DAY = 86400


def test_a_bucket_keeps_its_points_for_ever_unless_told_otherwise() -> None:
    """No retention is for ever, as in InfluxDB."""
    assert Bucket(id="1", name="custom").retention == 0


@pytest.mark.parametrize(
    ("keeps", "shard", "floor", "wanted"),
    [
        (90, 1, 30, 30),
        (0, 7, 30, 35),
        (30, 1, 30, None),
        (20, 1, 30, None),
        (32, 7, 30, None),
        (90, 0, 30, 30),
    ],
)
def test_a_bucket_shrinks_by_whole_shards_never_below_its_floor_never_upwards(
    keeps: int, shard: int, floor: int, wanted: int | None
) -> None:
    """Days: what it keeps, its shard, the floor, and what it may be made to keep."""
    bucket = Bucket(id="1", name="news", retention=keeps * DAY, shard=shard * DAY)
    assert shorten(bucket, floor * DAY) == (wanted * DAY if wanted is not None else None)
