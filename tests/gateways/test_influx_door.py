"""Finding the InfluxDB of a disk, and proving that it writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.actions.disks import INFLUX, FakeInflux
from tests.demo.influx_recorded import answer_to, seen_on_a_full_disk
from tests.engine.parts import Stand
from tests.gateways.influx_server import ORG, TOKEN, answering, fixed, stand_in
from watchdog.core.errors import Misconfigured, NotThere, Refused, Unreachable
from watchdog.core.flux import points_since
from watchdog.core.line_protocol import read_lines
from watchdog.gateways.influx import InfluxGateway
from watchdog.gateways.influx_door import CANARY, InfluxDoor, ask_refused, prove_writing

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The stand-in of the demo."""
    with stand_in(tmp_path) as url:
        yield url


async def test_it_is_asked_where_its_container_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the address that the engine gives; the gateway stays the same as long as that does."""
    monkeypatch.setenv("INFLUXDB_TOKEN", "secret-token")
    stand, opened = Stand(), []
    stand.engine.add("influxdb", addresses=("172.20.0.5",))
    await stand.arrive()

    def connect(url: str, org: str, token: str) -> FakeInflux:
        opened.append((url, org, token))
        return FakeInflux()

    door = InfluxDoor(connect)
    first = await door.open(INFLUX, stand.census, stand.engine)
    assert await door.open(INFLUX, stand.census, stand.engine) is first
    stand.engine.container("influxdb").addresses = ("172.20.0.6",)
    assert await door.open(INFLUX, stand.census, stand.engine) is not first
    assert opened == [
        ("http://172.20.0.5:8086", "bloomberg", "secret-token"),
        ("http://172.20.0.6:8086", "bloomberg", "secret-token"),
    ]


async def test_a_point_goes_there_and_comes_back(url: str) -> None:
    """Written and read, twice in a row too."""
    influx = InfluxGateway(url, ORG, TOKEN)
    now = datetime.now(UTC)
    await prove_writing(influx, "markets", now)
    await prove_writing(influx, "markets", datetime.now(UTC))
    influx.close()


async def test_what_was_taken_and_is_not_there_is_no_proof() -> None:
    """An answer to the write is not enough."""
    with pytest.raises(Refused, match="does not have it"):
        await prove_writing(FakeInflux(), "markets", NOW)
    other = FakeInflux()
    other.value = 1
    with pytest.raises(Refused, match="does not have it"):
        await prove_writing(other, "markets", NOW)


async def test_a_missing_bucket_and_a_refused_token_are_mistakes(url: str) -> None:
    """Told apart from writes that are broken; the token is in no error."""
    influx = InfluxGateway(url, ORG, TOKEN)
    with pytest.raises(NotThere):
        await prove_writing(influx, "nowhere", datetime.now(UTC))
    influx.close()
    wrong = InfluxGateway(url, ORG, "wrong-token-1234")
    with pytest.raises(Misconfigured) as error:
        await prove_writing(wrong, "markets", datetime.now(UTC))
    assert "wrong-token-1234" not in str(error.value)
    wrong.close()


async def test_what_is_copied_out_is_what_went_in(url: str) -> None:
    """Not a nanosecond is lost on the way, and giving it back changes nothing."""
    influx = InfluxGateway(url, ORG, TOKEN)
    stamp = int(datetime.now(UTC).timestamp()) * 10**9 + 123_456_789
    lines = [
        f'news,source=a\\ b title="say \\"hi\\"" {stamp}',
        f"price,symbol=BTC count=7i {stamp}",
        f"price,symbol=BTC value=1.5 {stamp}",
    ]
    await influx.write("markets", *lines)
    copied = tuple(read_lines(await influx.copy_out(points_since("markets", 3600), 1 << 20)))
    assert sorted(copied) == lines
    await influx.write("markets", *copied)
    assert sorted(read_lines(await influx.copy_out(points_since("markets", 3600), 1 << 20))) == lines
    with pytest.raises(Refused, match="more than"):
        await influx.copy_out(points_since("markets", 3600), 100)
    influx.close()


async def test_a_point_that_does_not_fit_is_no_broken_write(url: str) -> None:
    """Somebody's points of that name have another type: a restart would not mend that."""
    influx = InfluxGateway(url, ORG, TOKEN)
    await influx.write("markets", f'{CANARY} value="text"')
    with pytest.raises(Misconfigured, match=r"no point for markets.*field type conflict"):
        await prove_writing(influx, "markets", datetime.now(UTC))
    influx.close()


@pytest.mark.parametrize(
    "words",
    [
        "queue length exceeded",
        "memory allocation limit reached: limit 100000 bytes, allocated: 97856, wanted: 8000",
    ],
)
async def test_a_busy_influxdb_is_no_broken_one(words: str) -> None:
    """2.7.12 took the point, and had no time or memory for the question: nothing is known of its writes."""

    def respond(request: BaseHTTPRequestHandler) -> None:
        told = json.dumps({"code": "invalid", "message": words}).encode()
        taken = request.path.startswith("/api/v2/write")
        (fixed(b"", 204) if taken else fixed(told, 400, "application/json"))(request)

    with answering(respond) as server:
        influx = InfluxGateway(server, ORG, TOKEN)
        with pytest.raises(Unreachable, match=words[:20]):
            await prove_writing(influx, "markets", NOW)
        influx.close()


async def test_a_write_that_met_a_full_disk_is_found_in_the_record() -> None:
    """As InfluxDB 2.7 keeps it: when it was, and in which words."""
    with answering(fixed(seen_on_a_full_disk()["its record"].encode())) as server:
        influx = InfluxGateway(server, ORG, TOKEN)
        at, words = await ask_refused(influx, 3600)
        influx.close()
    assert at == pytest.approx(datetime(2026, 11, 23, 15, 59, 54, 154088, UTC).timestamp(), abs=1e-5)
    assert words.startswith("engine: error writing WAL entry: write /var/lib/influxdb2/")


async def test_writes_that_were_refused_for_another_reason_are_no_full_disk(url: str) -> None:
    """A point of another type than those before it is in the same record."""
    influx = InfluxGateway(url, ORG, TOKEN)
    await influx.write("markets", "price value=1")
    with pytest.raises(Refused, match="field type conflict"):
        await influx.write("markets", 'price value="text"')
    assert await influx.query('from(bucket: "_monitoring") |> range(start: -1h)')
    assert await ask_refused(influx, 3600) == (None, "")
    influx.close()


async def test_a_token_that_may_not_read_the_record_knows_of_nothing() -> None:
    """InfluxDB 2.7 calls the bucket one that is not there."""
    kept = answer_to("reader: a query of another bucket")
    with answering(fixed(kept["body"].encode(), kept["status"], kept["type"])) as server:
        influx = InfluxGateway(server, ORG, TOKEN)
        assert await ask_refused(influx, 3600) == (None, "")
        influx.close()
