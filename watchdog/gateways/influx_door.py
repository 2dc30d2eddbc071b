"""The InfluxDB of a disk: reached where it is now, with its secret; the proof that it writes, and what it refused.

Belongs here: finding it, one point there and back, and the record of refused writes. Does not: its calls (`gateways.influx`), nor what they mean.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Protocol

from watchdog.core.bucket import Bucket
from watchdog.core.disk import InfluxPlace
from watchdog.core.errors import Misconfigured, NotThere, Refused, Unreachable
from watchdog.core.flux import last_canary, refused_writes
from watchdog.gateways.influx import InfluxGateway, Row, moment_of
from watchdog.gateways.nearby import Inspects, Names, with_address
from watchdog.settings import find_secret

WITHIN = 4.0
CANARY = "watchdog_canary"


class Influx(Protocol):
    """The part of InfluxDB's gateway that the disk's remedy takes."""

    async def query(self, flux: str, *, within: float = ..., rows: int = ...) -> tuple[Row, ...]:
        """The rows of the answer."""
        ...

    async def copy_out(self, flux: str, longest: int, *, within: float = ...) -> str:
        """The answer as it came."""
        ...

    async def write(self, bucket: str, *lines: str, within: float = ...) -> None:
        """Write points, in line protocol."""
        ...

    async def buckets(self, *, within: float = ...) -> tuple[Bucket, ...]:
        """The buckets that people made."""
        ...

    async def set_retention(self, bucket: Bucket, seconds: int, *, within: float = ...) -> Bucket:
        """Have a bucket keep its points for so long."""
        ...

    async def delete(
        self, bucket: str, start: datetime, stop: datetime, predicate: str = "", *, within: float = ...
    ) -> None:
        """Delete points."""
        ...


class InfluxDoor:
    """Opens the gateway of a place, and keeps it as long as its address and its token stay the same."""

    def __init__(self, connect: Callable[[str, str, str], Influx] = InfluxGateway) -> None:
        self._connect = connect
        self._opened: tuple[tuple[str, str, str], Influx] | None = None

    async def open(self, place: InfluxPlace, names: Names, engine: Inspects) -> Influx:
        """The gateway; nothing was asked of it yet. Raises what `inspect` raises."""
        asked = (await with_address(place.url, names, engine), place.org, find_secret(place.token))
        if self._opened is None or self._opened[0] != asked:
            if self._opened is not None and isinstance(self._opened[1], InfluxGateway):
                self._opened[1].close()
            self._opened = (asked, self._connect(*asked))
        return self._opened[1]


async def prove_writing(influx: Influx, bucket: str, now: datetime) -> None:
    """Nothing, if a point was written to the bucket and read again.

    Raises `Refused` when it does not write, and what the gateway raises: `Misconfigured` for a point that does not fit
    (a field of another type, say), and `Unreachable` where it could not be read again: a busy InfluxDB 2.7 answers 400
    to a query ("queue length exceeded", "memory allocation limit reached"), which says nothing of its writes.
    """
    stamp = int(now.timestamp() * 1000) * 1_000_000
    number = stamp % 1_000_000_000_000
    try:
        await influx.write(bucket, f"{CANARY} value={number}i {stamp}", within=WITHIN)
    except Refused as refused:
        if HTTPStatus.BAD_REQUEST <= refused.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Misconfigured(f"the canary is no point for {bucket}: {refused}") from None
        raise
    try:
        rows = await influx.query(last_canary(bucket, CANARY), within=WITHIN, rows=10)
    except (Misconfigured, NotThere):
        raise
    except Refused as refused:
        raise Unreachable(f"InfluxDB took a point, and could not be asked for it: {refused}") from None
    if not any(row.get("_value") == number for row in rows):
        raise Refused("InfluxDB took a point, and does not have it")


async def ask_refused(influx: Influx, seconds: int, which: str = "last") -> tuple[float | None, str]:
    """When the last (or `first`) write of these seconds met a full disk (None: none did), and in which words.

    Nothing, too, where the token may not read `_monitoring`: InfluxDB then calls it a bucket that is not there.
    Raises what the gateway raises.
    """
    try:
        rows = await influx.query(refused_writes(max(1, seconds), which), within=WITHIN, rows=10)
    except NotThere:
        return None, ""
    return (moment_of(rows[0].get("_time")), str(rows[0].get("_value"))) if rows else (None, "")
