"""The stand-in for InfluxDB, asked by InfluxDB's own client: the shapes are those that the client knows."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.domain.patch_bucket_request import PatchBucketRequest
from influxdb_client.domain.patch_retention_rule import PatchRetentionRule
from influxdb_client.rest import ApiException

from tests.gateways.small_disk import small_disk
from watchdog.core.flux import refused_writes

IMAGE = Path(__file__).parents[2] / "demo/images/influxdb"
# Parts of the client are not typed.
Untyped = Any
new_rule: Untyped = BucketRetentionRules
new_patch: Untyped = PatchBucketRequest
new_patch_rule: Untyped = PatchRetentionRule
ORG, TOKEN = "bloomberg", "the-operator-token"
HOUR = 3600


class StandIn:
    """One process of it on a free port, with a folder that outlives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self, **environment: str) -> None:
        """Start it, and wait until it listens."""
        told = {"ORG": ORG, "BUCKET": "markets", "RETENTION": "168h", "ADMIN_TOKEN": TOKEN}
        environment = {f"DOCKER_INFLUXDB_INIT_{name}": value for name, value in told.items()} | environment
        self._process = subprocess.Popen(
            [sys.executable, "-m", "influx_stand_in", "--folder", self.folder, "--port", "0"],
            cwd=IMAGE,
            env={**os.environ, **environment, "PYTHONDONTWRITEBYTECODE": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr
        self.log = ""
        for line in self._process.stderr:
            self.log += line
            if port := re.search(r'msg="Listening".* port="(\d+)"', line):
                self.url = f"http://127.0.0.1:{port[1]}"
                return
        self._process.communicate()
        self._process = None
        raise AssertionError(self.log)

    def stop(self) -> None:
        """End it as Docker does."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=10)
            assert self._process.returncode == 0
            self._process = None

    def client(self, token: str = TOKEN) -> InfluxDBClient:
        """InfluxDB's own client."""
        return InfluxDBClient(self.url, token, org=ORG, timeout=5000)


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[StandIn]:
    """A fresh one."""
    made = StandIn(tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def client(stand_in: StandIn) -> Iterator[Untyped]:
    """Its client."""
    with stand_in.client() as made:
        yield made


def write(client: Untyped, *lines: str, bucket: str = "markets", precision: Any = "s") -> None:
    """Write line protocol."""
    client.write_api(SYNCHRONOUS).write(bucket, record="\n".join(lines), write_precision=precision)


def rows(client: Untyped, query: str) -> list[dict[str, Any]]:
    """The records of all tables."""
    return [record.values for table in client.query_api().query(query) for record in table.records]


def refused(error: pytest.ExceptionInfo[ApiException]) -> tuple[int, str]:
    """The status and body of an error."""
    return error.value.status, error.value.body.decode() if isinstance(
        error.value.body, bytes
    ) else error.value.body


def test_it_says_that_it_is_a_stand_in(stand_in: StandIn, client: Untyped) -> None:
    """In its log at the start, in its version, and to whoever asks for its health."""
    assert "not InfluxDB" in stand_in.log
    assert client.ping()
    assert "stand-in" in client.version()
    told = client.api_client.call_api(
        "/health", "GET", response_type=object, _return_http_data_only=True, async_req=False
    )
    assert (told["status"], told["stand-in"]) == ("pass", True)


def test_the_newest_point_is_found(client: Untyped) -> None:
    """The question of the freshness check: from, range, filter, last; a table for every series."""
    now = int(time.time())
    for symbol, price in (("BTC", 1.5), ("ETH", 7.0)):
        write(
            client,
            f"price,symbol={symbol},exchange=demo price=1,volume=3i {now - 60}",
            f"price,symbol={symbol},exchange=demo price={price},volume=4i {now - 5}",
        )
    write(client, f"other x=1 {now}")
    query = 'from(bucket: "markets") |> range(start: -5m) |> filter(fn: (r) => r._measurement == "price"'
    newest = rows(client, f'{query} and r["_field"] == "price") |> last()')
    assert [(row["symbol"], row["_value"], int(row["_time"].timestamp())) for row in newest] == [
        ("BTC", 1.5, now - 5),
        ("ETH", 7.0, now - 5),
    ]
    assert [row["table"] for row in newest] == [0, 1]
    assert {*newest[0]} == {
        *(
            "result",
            "table",
            "_start",
            "_stop",
            "_time",
            "_value",
            "_field",
            "_measurement",
            "exchange",
            "symbol",
        )
    }
    (single,) = rows(client, f'{query}) |> group() |> max(column: "_time") |> keep(columns: ["_time"])')
    assert int(single["_time"].timestamp()) == now - 5
    assert [row["_value"] for row in rows(client, f"{query}) |> count()")] == [2, 2, 2, 2]
    assert rows(client, 'from(bucket: "markets") |> range(start: -1h, stop: -30m)') == []


def test_values_come_back_as_they_were(client: Untyped) -> None:
    """Floats, integers, texts with quotes, truths and awkward tags survive the way in and out."""
    write(client, r'm\ 1,a\,b=x\=y f=1.5,i=-3i,s="say \"hi\", ok",t=T', precision="ns")
    found = {row["_field"]: row for row in rows(client, 'from(bucket: "markets") |> range(start: -1m)')}
    assert {name: row["_value"] for name, row in found.items()} == {
        "f": 1.5,
        "i": -3,
        "s": 'say "hi", ok',
        "t": True,
    }
    assert (found["f"]["_measurement"], found["f"]["a,b"]) == ("m 1", "x=y")


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ('from(bucket: "gone") |> range(start: -1m)', 404, r"could not find bucket \"gone\""),
        ('from(bucket: "markets")', 400, "unbounded read"),
        ('from(bucket: "markets") |> range(start: -1m) |> nonsense()', 400, "undefined identifier nonsense"),
        ('from(bucket: "markets") |> range(start: ', 400, "compilation failed"),
    ],
)
def test_questions_are_refused_in_its_words(client: Untyped, query: str, status: int, words: str) -> None:
    """What is wrong with a query is told as JSON with code and message."""
    with pytest.raises(ApiException) as error:
        rows(client, query)
    told = refused(error)
    assert told[0] == status
    assert '"code"' in told[1]
    assert words in told[1].replace("'", '\\"')


def test_writes_are_refused_in_its_words(client: Untyped) -> None:
    """A bad line, an unknown bucket and a point older than the retention each have their answer."""
    for lines, bucket, status, words in (
        ("price price=abc", "markets", 400, "unable to parse 'price price=abc'"),
        ("price", "markets", 400, "missing fields"),
        ("price price=1", "gone", 404, 'bucket \\"gone\\" not found'),
        (
            f"price price=1 {int(time.time()) - 200 * HOUR}",
            "markets",
            422,
            "partial write: dropped 1 points outside retention policy of duration 168h0m0s",
        ),
    ):
        with pytest.raises(ApiException) as error:
            write(client, lines, bucket=bucket)
        assert refused(error)[0] == status
        assert words in refused(error)[1]


def test_a_wrong_token_is_unauthorized(stand_in: StandIn) -> None:
    """Another token reads and writes nothing; asking for its health needs none."""
    with stand_in.client("another") as client:
        assert client.ping()
        for ask in (
            lambda: rows(client, 'from(bucket: "markets") |> range(start: -1m)'),
            lambda: write(client, "price price=1"),
        ):
            with pytest.raises(ApiException) as error:
                ask()
            assert refused(error) == (401, '{"code": "unauthorized", "message": "unauthorized access"}')


def test_a_token_changed_later_is_refused(stand_in: StandIn, client: Untyped) -> None:
    """Points outlive a restart, and so does the first token: a new one in .env changes nothing, as with the real one."""
    write(client, "price price=1")
    stand_in.stop()
    stand_in.start(DOCKER_INFLUXDB_INIT_ADMIN_TOKEN="new")
    with stand_in.client() as known:
        assert len(rows(known, 'from(bucket: "markets") |> range(start: -1m)')) == 1
    with stand_in.client("new") as other, pytest.raises(ApiException):
        rows(other, 'from(bucket: "markets") |> range(start: -1m)')


def test_buckets_are_made_listed_and_shortened(client: Untyped) -> None:
    """A bucket has a retention, another one can be set, and less than an hour is refused."""
    api = client.buckets_api()
    api.create_bucket(bucket_name="news", retention_rules=new_rule(every_seconds=90 * 24 * HOUR))
    news = api.find_bucket_by_name("news")
    (rule,) = news.retention_rules
    assert (rule.every_seconds, rule.shard_group_duration_seconds) == (90 * 24 * HOUR, 24 * HOUR)
    service = api._buckets_service
    for seconds in (30 * 24 * HOUR, 60):
        asked = new_patch(retention_rules=[new_patch_rule(every_seconds=seconds)])
        if seconds < HOUR:
            with pytest.raises(ApiException) as error:
                service.patch_buckets_id(news.id, asked)
            assert refused(error)[0] == 500
        else:
            service.patch_buckets_id(news.id, asked)
    assert api.find_bucket_by_name("news").retention_rules[0].every_seconds == 30 * 24 * HOUR
    assert {bucket.name for bucket in api.find_buckets().buckets} == {
        "markets",
        "news",
        "_tasks",
        "_monitoring",
    }
    with pytest.raises(ApiException):
        api.create_bucket(bucket_name="news")


def test_its_command_line_makes_buckets(stand_in: StandIn, client: Untyped) -> None:
    """As the script that runs at the first start does."""
    environment = {**os.environ, "INFLUX_HOST": stand_in.url, "INFLUX_TOKEN": TOKEN}
    for name, retention in (("news", "90d"), ("custom", "0")):
        asked = ["sh", str(IMAGE / "influx"), "bucket", "create", "--name", name, "--retention", retention]
        subprocess.run(asked, check=True, env=environment, capture_output=True, timeout=20)
    kept = {bucket.name: bucket.retention_rules[0] for bucket in client.buckets_api().find_buckets().buckets}
    assert (kept["news"].every_seconds, kept["custom"].every_seconds) == (90 * 24 * HOUR, 0)


def test_points_are_deleted_by_time_and_predicate(client: Untyped) -> None:
    """A delete takes what lies in its time and matches its predicate, and nothing else."""
    now = int(time.time())
    write(
        client,
        f"price,symbol=BTC p=1 {now - 100}",
        f"price,symbol=ETH p=1 {now - 100}",
        f"price,symbol=BTC p=2 {now}",
    )
    client.delete_api().delete(
        "1970-01-01T00:00:00Z",
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 50)),
        '_measurement="price" AND symbol="BTC"',
        bucket="markets",
    )
    left = rows(client, 'from(bucket: "markets") |> range(start: -1h)')
    assert sorted((row["symbol"], row["_value"]) for row in left) == [("BTC", 2.0), ("ETH", 1.0)]


def test_a_shortened_retention_frees_whole_shards(stand_in: StandIn, client: Untyped) -> None:
    """Shard groups out of the retention go as files; the newest stays."""
    now = int(time.time())
    write(client, *(f"price p={day} {now - day * 24 * HOUR}" for day in range(6)))
    shards = list(stand_in.folder.glob("engine/data/*/*.sqlite"))
    assert len(shards) == 6
    stand_in.stop()
    with sqlite3.connect(stand_in.folder / "influxd.sqlite") as meta:
        meta.execute("UPDATE buckets SET every = ?", (24 * HOUR,))
    meta.close()
    stand_in.start(INFLUXD_STORAGE_RETENTION_CHECK_INTERVAL="0.05s")
    deadline = time.monotonic() + 10
    while len(left := list(stand_in.folder.glob("engine/data/*/*.sqlite"))) > 2:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)
    with stand_in.client() as again:
        assert 0 in [row["_value"] for row in rows(again, 'from(bucket: "markets") |> range(start: -7d)')]


def test_what_it_writes_ahead_may_lie_on_a_disk_of_its_own(tmp_path: Path) -> None:
    """It stays small; where that disk is full writes break, and it is the restart that mends them."""
    now = int(time.time())
    with small_disk(tmp_path, "tmpfs") as disk:
        ahead = disk.folder / "wal"
        (tmp_path / "data").mkdir()
        made = StandIn(tmp_path / "data")
        told = {"STAND_IN_WAL": str(ahead), "STAND_IN_BREAKS_WHEN_FULL": "1"}
        made.start(**told)
        with made.client() as client:
            for n in range(300):
                write(client, f"price,symbol=BTC value={n} {now - n}")
            assert 0 < ahead.stat().st_size <= 1 << 20
            disk.fill()
            with pytest.raises(ApiException) as error:
                write(client, f"price,symbol=LATE value=1 {now}")
            assert "no space left on device" in refused(error)[1]
            disk.free()
            with pytest.raises(ApiException):
                write(client, f"price,symbol=LATE value=2 {now}")
        made.stop()
        made.start(**told)
        with made.client() as client:
            write(client, f"price,symbol=AFTER value=3 {now}")
        made.stop()


def test_a_full_disk_leaves_its_writes_broken_until_a_restart_where_that_is_asked_for(tmp_path: Path) -> None:
    """As seen with the real one: refused also with room again, answered from memory, recorded, and lost with the restart."""
    now = int(time.time())
    with small_disk(tmp_path, "ext4", 16 * 1024 * 1024) as disk:
        (disk.folder / "data").mkdir()
        made = StandIn(disk.folder / "data")
        made.start(STAND_IN_BREAKS_WHEN_FULL="1")
        with made.client() as client:
            write(client, f"price,symbol=BTC value=1 {now - 9}")
            client.buckets_api().create_bucket(bucket_name="news")
            disk.fill()
            with pytest.raises(ApiException) as error:
                write(client, *(f'price,symbol=M{n} text="{"x" * 4000}" {now}' for n in range(200)))
            assert "no space left on device" in refused(error)[1]
            disk.free()
            with pytest.raises(ApiException) as error:
                write(client, f"price,symbol=LATE value=2 {now}")
            assert refused(error)[0] == 500
            query = 'from(bucket: "markets") |> range(start: -5m) |> filter(fn: (r) => r.symbol == '
            assert rows(client, f'{query} "LATE")')
            (record,) = rows(client, refused_writes(300))
            assert "error writing WAL entry" in record["_value"]
            write(client, f"articles n=1 {now}", bucket="news")
        made.stop()
        made.start(STAND_IN_BREAKS_WHEN_FULL="1")
        with made.client() as client:
            write(client, f"price,symbol=AFTER value=3 {now}")
            assert [bool(rows(client, f'{query} "{symbol}")')) for symbol in ("BTC", "LATE", "AFTER")] == [
                True,
                False,
                True,
            ]
        made.stop()
