"""InfluxDB 2 behind its client: the only file that imports `influxdb_client`.

Belongs here: calls, their deadlines, bounds on what is read, and the translation of every error. Does not: what
an answer means (`core.freshness`), and any decision.

The client costs a second and 20 MiB to import: both are paid in the thread of the first call, under that call's
deadline, and by nobody who has no InfluxDB.
"""

from __future__ import annotations

import io
import os
import re
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, TypeVar

from watchdog.core.bucket import Bucket
from watchdog.core.errors import GatewayError, Misconfigured, NotThere, Refused, Unreachable
from watchdog.gateways.lanes import Circuit, Lane

R = TypeVar("R")
Row = Mapping[str, object]

WHAT = "InfluxDB"
# Seconds.
ASK_WITHIN = 10.0
COPY_WITHIN = 60.0
# A delete writes tombstones for every shard that it touches.
DELETE_WITHIN = 300.0
# An answer of more is an answer to another question than ours.
MOST_ROWS = 1000
LONGEST_ANSWER = 512 * 1024
# So many at a time: more are refused ("limit must be between 1 and 100"); all are needed, as each is copied out.
BUCKETS_AT_ONCE = 100
MOST_BUCKETS = 1000
CALLS_AT_ONCE = 4
LONGEST_REASON = 300
_TOKEN_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
# Of a token that it does not know. One that may not do what was asked is told what that would take.
_UNKNOWN_TOKEN = "unauthorized access"  # noqa: S105 - words of InfluxDB
# A query for an organisation that is not there is answered 400, everything else for it 404.
_NO_ORGANISATION = re.compile(r'organization (name ".*" )?not found')


class InfluxGateway:
    """`plugins.Influx`. Nothing is connected, and nothing imported, before the first call.

    Raises `Misconfigured` (a refused token, an address that cannot be one), `NotThere` (no such bucket or
    organisation), `Refused` and `Unreachable` only. No error holds the token.
    """

    def __init__(self, url: str, org: str, token: str) -> None:
        self.url = url.rstrip("/")
        self.org = org
        self._token = token.strip()
        self.circuit = Circuit(WHAT)
        self._asks = Lane("influx", CALLS_AT_ONCE, self.circuit)
        # One at a time: two deletes only wait for each other.
        self._deletes = Lane("influx-delete", 1, self.circuit)
        self._clients: dict[float, Any] = {}

    async def query(self, flux: str, *, within: float = ASK_WITHIN, rows: int = MOST_ROWS) -> tuple[Row, ...]:
        """The records of all tables of the answer, with values of Python's types.

        Raises `Refused` when there are more than `rows` of them, or more than 512 KiB.
        """
        return await self._ask(lambda client, line: _query(client, line, flux, rows), within)

    async def copy_out(self, flux: str, longest: int, *, within: float = COPY_WITHIN) -> str:
        """The answer as it came, annotated CSV of so many bytes at most; raises `Refused` when it is longer."""

        def read(client: Any, line: _Line) -> bytes:
            return _read(client, line, flux, longest)

        return (await self._ask(read, within)).decode("utf-8", "replace")

    async def write(self, bucket: str, *lines: str, within: float = ASK_WITHIN) -> None:
        """Write points, in line protocol with times in nanoseconds; returns once InfluxDB has taken them."""

        def send(client: Any, _: _Line) -> None:
            from influxdb_client.client.write_api import SYNCHRONOUS  # noqa: PLC0415 - dear, see above

            client.write_api(SYNCHRONOUS).write(bucket, record="\n".join(lines))

        await self._ask(send, within, changes=True)

    async def buckets(self, *, within: float = ASK_WITHIN) -> tuple[Bucket, ...]:
        """The buckets of the organisation that people made, by name. Raises `Refused` when there are over a thousand."""
        found = await self._ask(lambda client, _: _find_buckets(client, self.org), within)
        made = (_bucket(each) for each in found if each.type != "system")
        return tuple(sorted(made, key=lambda bucket: bucket.name))

    async def set_retention(self, bucket: Bucket, seconds: int, *, within: float = ASK_WITHIN) -> Bucket:
        """Have a bucket keep its points for so long; what it has become.

        InfluxDB drops what is older at its next round (every 30 minutes), by whole shard groups.
        """

        def send(client: Any, _: _Line) -> Any:
            from influxdb_client import (  # type: ignore[attr-defined]  # noqa: PLC0415 - dear, see above
                BucketsService,
                PatchBucketRequest,
                PatchRetentionRule,
            )

            rule: Any = PatchRetentionRule
            asked: Any = PatchBucketRequest
            service: Any = BucketsService
            return service(client.api_client).patch_buckets_id(
                bucket.id, asked(retention_rules=[rule(type="expire", every_seconds=seconds)])
            )

        return _bucket(await self._ask(send, within, changes=True))

    async def delete(
        self,
        bucket: str,
        start: datetime,
        stop: datetime,
        predicate: str = "",
        *,
        within: float = DELETE_WITHIN,
    ) -> None:
        """Delete the points from `start` up to `stop` that match.

        It writes tombstones, and files anew without what was deleted: it needs some space, and is refused without a
        free block; what it frees is seen after seconds (2.7.12).
        """
        await self._ask(
            lambda client, _: client.delete_api().delete(start, stop, predicate, bucket=bucket, org=self.org),
            within,
            lane=self._deletes,
            changes=True,
        )

    def close(self) -> None:
        """Let go of idle connections; the next call makes new ones."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()

    async def _ask(
        self,
        ask: Callable[[Any, _Line], R],
        within: float,
        *,
        lane: Lane | None = None,
        changes: bool = False,
    ) -> R:
        if not self._token or not self._token.isascii() or not self._token.isprintable():
            # A strange one would be quoted in the error of whoever makes a header of it.
            raise Misconfigured("there is no usable token for InfluxDB: set INFLUXDB_TOKEN")
        if not self.url.startswith(("http://", "https://")):
            raise Misconfigured("the address of InfluxDB does not begin with http:// or https://")
        line = _Line()
        cut = None if changes else line.cut  # what changes something is not left half done
        return await (lane or self._asks).call(self._try, ask, line, within, changes, within=within, cut=cut)

    # From here on in the thread of one call.

    def _try(self, ask: Callable[[Any, _Line], R], line: _Line, within: float, changes: bool) -> R:
        from influxdb_client.client.flux_csv_parser import (  # noqa: PLC0415 - dear, see above
            FluxCsvParserException,
            FluxQueryException,
        )
        from influxdb_client.rest import ApiException  # noqa: PLC0415 - the same
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - comes with it

        trouble: GatewayError
        try:
            return ask(self._client(within), line)
        except GatewayError:
            raise
        except ApiException as error:
            trouble = _refusal(error, changes=changes)
        except FluxQueryException as error:
            trouble = Refused(f"{WHAT} gave up on the query: {_one_line(str(error.message))}")
        except (HTTPError, HTTPException, OSError) as error:
            trouble = Unreachable(f"{WHAT} cannot be asked: {_explain(error)}")
        except (FluxCsvParserException, ValueError, LookupError, TypeError, AttributeError):
            trouble = Refused(f"{WHAT} answered with no table: is it InfluxDB 2 that is asked?")
        # Raised here, where no other error is being handled: the others may know more than people should read.
        raise trouble

    def _client(self, within: float) -> Any:
        from influxdb_client.client.influxdb_client import InfluxDBClient  # noqa: PLC0415 - dear, see above

        # One for each deadline: it is the client's own, for each call of it.
        client = self._clients.get(within)
        if client is None:
            client = self._clients[within] = InfluxDBClient(
                self.url,
                self._token,
                org=self.org,
                timeout=int(within * 1000),
                connection_pool_maxsize=CALLS_AT_ONCE,
            )
        return client


class _Line:
    """The answer that one call reads; any thread may cut it."""

    def __init__(self) -> None:
        self.response: Any = None

    def cut(self) -> None:
        """End it. Never blocks; no error if it has ended."""
        if self.response is not None:
            with suppress(OSError, RuntimeError, ValueError):
                self.response.shutdown()


def _read(client: Any, line: _Line, flux: str, longest: int) -> bytes:
    response = line.response = client.query_api().query_raw(flux)
    try:
        answer = bytes(response.read(longest + 1))
    finally:
        # Closed, not given back: what was not read must not come before the next answer.
        response.close()
        response.release_conn()
    if len(answer) > longest:
        raise Refused(f"{WHAT} answered with more than {longest // 1024} KiB: it was not read to its end")
    return answer


def _query(client: Any, line: _Line, flux: str, rows: int) -> tuple[Row, ...]:
    from influxdb_client.client.flux_csv_parser import (  # noqa: PLC0415 - dear, see above
        FluxCsvParser,
        FluxSerializationMode,
    )

    answer = _read(client, line, flux, LONGEST_ANSWER)
    if not answer.strip():
        return ()
    parser: Any = FluxCsvParser
    found: list[Row] = []
    for record in parser(io.BytesIO(answer), serialization_mode=FluxSerializationMode.stream).generator():
        if len(found) == rows:
            raise Refused(f"{WHAT} answered with more than {rows} rows: they were not read")
        found.append(dict(record.values))
    return tuple(found)


def _find_buckets(client: Any, org: str) -> list[Any]:
    found: list[Any] = []
    while len(found) <= MOST_BUCKETS:
        page = (
            client.buckets_api().find_buckets(org=org, limit=BUCKETS_AT_ONCE, offset=len(found)).buckets or []
        )
        found.extend(page)
        if len(page) < BUCKETS_AT_ONCE:
            return found
    raise Refused(f"{WHAT} has more than {MOST_BUCKETS} buckets: they were not read")


def _bucket(found: Any) -> Bucket:
    rule = next(iter(found.retention_rules or ()), None)
    return Bucket(
        id=str(found.id),
        name=str(found.name),
        retention=int(getattr(rule, "every_seconds", 0) or 0),
        shard=int(getattr(rule, "shard_group_duration_seconds", 0) or 0),
    )


def _refusal(error: Any, *, changes: bool) -> GatewayError:
    status, words = int(error.status or 0), _message(error)
    if status in _TOKEN_REFUSED:
        if status == HTTPStatus.UNAUTHORIZED and words in ("", _UNKNOWN_TOKEN):
            return Misconfigured(f"{WHAT} refused the token ({status}): is INFLUXDB_TOKEN the one it knows?")
        return Misconfigured(f"{WHAT} does not let the token do that ({status}): {words}")
    if status == HTTPStatus.NOT_FOUND or (
        status == HTTPStatus.BAD_REQUEST and _NO_ORGANISATION.search(words)
    ):
        return NotThere(f"{WHAT} knows of no such thing: {words}")
    if not status or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and not changes):
        return Unreachable(f"{WHAT} could not answer ({status}): {words}")
    refused = Refused(f"{WHAT} said no ({status}): {words}")
    refused.status = status
    return refused


def _message(error: Any) -> str:
    """InfluxDB's own words, without those of the client around them: its headers."""
    import json  # noqa: PLC0415 - only for an error

    body = error.body.decode("utf-8", "replace") if isinstance(error.body, bytes) else str(error.body or "")
    with suppress(ValueError):
        told = json.loads(body)
        if isinstance(told, dict):
            return _one_line(str(told.get("message") or told.get("error") or told.get("code") or ""))
    return _one_line(str(error.reason or "no reason was given"))


def _one_line(text: str) -> str:
    return " ".join(text.split())[:LONGEST_REASON]


def _explain(error: BaseException) -> str:
    """In words that name no more than the host: of what lies under it, the system's own words."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, TimeoutError) or "Timeout" in type(seen).__name__:
            return "no answer in time"
        if isinstance(seen, socket.gaierror):
            return seen.strerror or "its name is not known"
        if isinstance(seen, OSError) and seen.errno:
            return os.strerror(seen.errno)
        inner = getattr(seen, "reason", None)
        seen = inner if isinstance(inner, BaseException) else (seen.__cause__ or seen.__context__)
    return f"the exchange broke ({type(error).__name__})"


def moment_of(value: object) -> float | None:
    """The Unix time of a `_time` in a row, None for what is none."""
    if not isinstance(value, datetime):
        return None
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
