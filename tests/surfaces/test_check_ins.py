"""Check-ins over HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from watchdog.core.address import Address
from watchdog.core.check_in import Signal
from watchdog.desk.check_ins import Taken
from watchdog.surfaces import check_ins
from watchdog.surfaces.check_ins import CheckInRoute
from watchdog.surfaces.web import Web

TOKEN = "0123456789abcdef"


@dataclass
class Door:
    """Knows one job."""

    taken: list[tuple[str, Signal, int | None, str]] = field(default_factory=list)
    answer: Taken = Taken.TAKEN

    def may(self, name: str, token: str) -> bool:
        return (name, token) == ("backup", TOKEN)

    async def take(
        self, name: str, token: str, signal: Signal, exit_status: int | None = None, note: str = ""
    ) -> Taken:
        assert self.may(name, token)
        self.taken.append((name, signal, exit_status, note))
        return self.answer


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
async def url(door: Door) -> AsyncIterator[str]:
    """The very surface of the daemon: what it logs, and how it answers errors, is a part of what is promised."""

    async def health() -> dict[str, Any]:
        return {"status": "ok"}

    async def metrics() -> bytes:
        return b""

    surface = Web(Address("127.0.0.1", 0), health, metrics, CheckInRoute(door))
    await surface.start()
    assert surface.address is not None
    yield f"http://{surface.address}/check-in"
    await surface.stop()


async def send(
    url: str, path: str, *, token: str = TOKEN, method: str = "POST", body: bytes = b""
) -> tuple[int, str, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{url}/{path}", data=body, headers=headers) as answer,
    ):
        return answer.status, await answer.text(), answer.headers.get("Retry-After", "")


@pytest.mark.parametrize(
    ("path", "signal", "code"),
    [
        ("backup", Signal.SUCCESS, None),
        ("backup/start", Signal.START, None),
        ("backup/fail", Signal.FAIL, None),
        ("backup/0", Signal.SUCCESS, 0),
        ("backup/37", Signal.FAIL, 37),
    ],
)
async def test_a_job_says_how_it_is(
    url: str, door: Door, path: str, signal: Signal, code: int | None
) -> None:
    """By its token in the header, or in the path for what can send no header."""
    assert (await send(url, path, body=b"done\n"))[0] == 200
    name, _, word = path.partition("/")
    in_path = f"{name}/{TOKEN}" + (f"/{word}" if word else "")
    assert (await send(url, in_path, token=""))[:2] == (200, "OK\n")
    assert door.taken == [("backup", signal, code, "done\n"), ("backup", signal, code, "")]


@pytest.mark.parametrize(
    ("path", "token"),
    [
        ("backup", ""),
        ("backup", "wrong-wrong-wrong"),
        ("other", TOKEN),
        ("backup/256", TOKEN),
        ("backup/stop", TOKEN),
        ("backup/start/fail", TOKEN),
        (f"backup/{TOKEN}/start/0", ""),
        (f"other/{TOKEN}", ""),
        ("backup/wrong-wrong-wrong", TOKEN),
        ("", TOKEN),
        ("..%2fmetrics", TOKEN),
        ("backup%00", TOKEN),
    ],
)
async def test_everything_else_is_not_found(url: str, door: Door, path: str, token: str) -> None:
    """The same answer for a job that there is not, and for another token: nobody learns which jobs there are."""
    assert await send(url, path, token=token) == (404, "not found\n", "")
    assert door.taken == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["backup", "other", f"backup/{TOKEN}"])
async def test_only_post_counts(url: str, door: Door, method: str, path: str) -> None:
    """A browser or the preview of a link keeps no dead job alive, and learns nothing."""
    assert (await send(url, path, method=method))[0] == 405
    assert door.taken == []


async def test_too_many_are_told_when_to_come_again(url: str, door: Door) -> None:
    """429, with Retry-After."""
    door.answer = Taken.TOO_MANY
    assert await send(url, "backup") == (429, "too many in one minute\n", "60")


async def test_of_a_long_body_the_beginning_is_kept(url: str, door: Door) -> None:
    """A job that pipes its whole log is taken at its word all the same."""
    assert (await send(url, "backup/1", body=b"x" * 500_000))[0] == 200
    assert len(door.taken[0][3]) == 10 * 1024


async def test_a_slow_body_is_not_waited_for(url: str, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signal has come with the head of the request; what drips after it is left."""
    monkeypatch.setattr(check_ins, "BODY_WITHIN", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    writer.write(
        f"POST /check-in/backup HTTP/1.1\r\nHost: x\r\nAuthorization: bearer {TOKEN}\r\nContent-Length: 99\r\n\r\nabc".encode()
    )
    answer = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    await writer.wait_closed()
    assert b"200" in answer
    assert door.taken == [("backup", Signal.SUCCESS, None, "abc")]


async def test_no_path_is_in_the_log(url: str, door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """A token in a path is a secret: nobody writes it down."""
    with caplog.at_level(logging.DEBUG):
        await send(url, f"backup/{TOKEN}", token="")
        await send(url, f"backup/{TOKEN}x", token="")
    assert TOKEN not in caplog.text
