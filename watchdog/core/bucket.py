"""A bucket of InfluxDB, as far as its retention goes."""

from __future__ import annotations

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
