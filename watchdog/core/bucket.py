"""A bucket of InfluxDB, as far as its retention goes."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """One bucket.

    Attributes:
        retention: seconds after which points are dropped; 0 keeps them for ever.
        shard: seconds of one shard group: points go by whole groups, so up to so much later.
    """

    id: str
    name: str
    retention: int = 0
    shard: int = 0


def shorten(bucket: Bucket, floor: float) -> int | None:
    """The seconds that a bucket may be made to keep: whole shard groups, not less than `floor`.

    None where that is not shorter than what it keeps: a retention is never raised.
    """
    shard = max(1, bucket.shard)
    wanted = math.ceil(floor / shard) * shard
    return wanted if not bucket.retention or wanted < bucket.retention else None
