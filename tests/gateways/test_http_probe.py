"""One GET over real sockets: bounded in time, size, redirects and where it goes."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
import zlib
from pathlib import Path

import pytest
from aiohttp import web

from tests.gateways.certificates import Authority
from tests.gateways.pages import babbling, serving
from watchdog.core.http_judgement import LONGEST_BODY, MOST_REDIRECTS, Reach
from watchdog.gateways.http_probe import PageCaller
from watchdog.gateways.trust import Trust

SECRET = "kAnArY-5f3c1a2b"


def test_the_bounds_are_those_that_were_promised() -> None:
    """Three redirects, 64 KiB."""
    assert (MOST_REDIRECTS, LONGEST_BODY) == (3, 65536)


async def test_a_page_is_read() -> None:
    """Status and body come back, with the time that it took."""
    async with serving() as site:
        got = await PageCaller().get(site.url("/a?b=1"))
    assert (got.reach, got.status, got.body, got.cut, got.redirects) == (
        Reach.ANSWERED,
        200,
        b"well",
        False,
        0,
    )
    assert 0 < got.seconds < 5
    assert site.heard == [(f"127.0.0.1:{site.port}", "/a?b=1")]


async def test_it_is_asked_at_its_front_by_its_own_name() -> None:
    """The front is connected to, and hears the name that people use."""
    async with serving() as site:
        got = await PageCaller().get("http://dash.example.com/", at=f"127.0.0.1:{site.port}")
    assert got.reach is Reach.ANSWERED
    assert site.heard == [("dash.example.com", "/")]


async def test_redirects_are_followed_by_hand_and_counted() -> None:
    """Up to three; a relative one, too."""
    async with serving() as site:

        async def answer(request: web.Request) -> web.Response:
            step = int(request.query.get("n", "0"))
            if step == MOST_REDIRECTS:
                return web.Response(text="there")
            return web.Response(status=302, headers={"Location": f"/on?n={step + 1}"})

        site.answer = answer
        got = await PageCaller().get(site.url())
        assert (got.reach, got.redirects, got.body) == (Reach.ANSWERED, MOST_REDIRECTS, b"there")
        assert len(site.heard) == MOST_REDIRECTS + 1


async def test_a_fourth_redirect_is_not_followed() -> None:
    """A circle is told as one."""
    async with serving() as site:

        async def answer(_: web.Request) -> web.Response:
            return web.Response(status=301, headers={"Location": site.url("/again")})

        site.answer = answer
        got = await PageCaller().get(site.url())
        assert got.reach is Reach.TOO_MANY_REDIRECTS
        assert len(site.heard) == MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "gopher://127.0.0.1:70/",
        "http://169.254.169.254/latest/meta-data/",
        "http://169.254.1.1/",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fd00:ec2::254]/",
        "http://100.100.100.200/",
        "http://0.0.0.0/",
        "http://user:pass@127.0.0.1/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://[broken",
    ],
)
async def test_a_redirect_to_where_no_page_is_is_refused(target: str) -> None:
    """Neither files nor link-local or metadata addresses, however they are written."""
    async with serving() as site:

        async def answer(_: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": target})

        site.answer = answer
        got = await PageCaller().get(site.url(), within=3)
        assert got.reach is Reach.REDIRECT_REFUSED, got
        assert got.redirects == 1
        assert "169.254" not in got.detail
        assert len(site.heard) == 1


async def test_a_name_that_leads_to_a_metadata_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is the address that is connected to, not the name that was written."""
    real = socket.getaddrinfo

    def lie(host: str, port: int, **more: int) -> object:
        return real("169.254.169.254" if host == "innocent.example" else host, port, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lie)
    got = await PageCaller().get("http://innocent.example/", within=3)
    assert got.reach is Reach.REDIRECT_REFUSED


async def test_an_endless_body_is_cut() -> None:
    """No more than 64 KiB are kept, and no more is waited for."""

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with babbling(flood) as port:
        got = await PageCaller().get(f"http://127.0.0.1:{port}/", within=3)
    assert (got.reach, len(got.body), got.cut) == (Reach.ANSWERED, LONGEST_BODY, True)
    assert got.seconds < 2


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_bomb_stays_small(encoding: str) -> None:
    """What decompresses to half a gigabyte is decompressed to 64 KiB, although nobody asked for it compressed."""
    packed = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    bomb = b"".join(packed.compress(bytes(2**20)) for _ in range(512)) + packed.flush()
    async with serving() as site:

        async def answer(_: web.Request) -> web.Response:
            return web.Response(body=bomb, headers={"Content-Encoding": encoding})

        site.answer = answer
        got = await PageCaller().get(site.url())
    assert (got.reach, len(got.body), got.cut) == (Reach.ANSWERED, LONGEST_BODY, True)


async def test_what_is_compressed_honestly_is_read() -> None:
    """A server that compresses without being asked is read all the same; garbage that calls itself gzip is not."""
    async with serving() as site:

        async def answer(request: web.Request) -> web.Response:
            body = gzip.compress(b'{"database": "ok"}') if request.path == "/good" else b"not gzip"
            return web.Response(body=body, headers={"Content-Encoding": "gzip"})

        site.answer = answer
        assert (await PageCaller().get(site.url("/good"))).body == b'{"database": "ok"}'
        bad = await PageCaller().get(site.url("/bad"))
        assert (bad.reach, bad.status, bad.body, bad.unread) == (
            Reach.ANSWERED,
            200,
            b"",
            "it cannot be decompressed",
        )


@pytest.mark.parametrize("slow_in", ["status", "headers", "body"])
async def test_a_slow_answer_is_over_at_the_deadline(slow_in: str) -> None:
    """A byte now and then keeps nobody: the deadline is for all of it."""
    parts = {
        "status": b"H",
        "headers": b"HTTP/1.1 200 OK\r\nX: ",
        "body": b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n",
    }

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(parts[slow_in])
        while True:
            writer.write(b"y")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with babbling(drip) as port:
        began = time.monotonic()
        got = await PageCaller().get(f"http://127.0.0.1:{port}/", within=0.4)
    assert got.reach in (Reach.TIMED_OUT, Reach.BROKEN), got
    assert slow_in == "status" or got.reach is Reach.TIMED_OUT
    assert time.monotonic() - began < 1.5


async def test_a_slow_chain_of_redirects_has_one_deadline() -> None:
    """Time is for all hops together, not for each."""
    async with serving() as site:

        async def answer(_: web.Request) -> web.Response:
            await asyncio.sleep(0.3)
            return web.Response(status=302, headers={"Location": "/next"})

        site.answer = answer
        got = await PageCaller().get(site.url(), within=0.5)
        assert got.reach is Reach.TIMED_OUT


async def test_nobody_there_is_told_apart_from_a_name_that_is_none() -> None:
    """A refused connection is one thing, an unknown name another; no URL is in either."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    refused = await PageCaller().get(f"http://127.0.0.1:{port}/{SECRET}")
    unknown = await PageCaller().get(f"http://no-such-name.invalid/{SECRET}")
    assert (refused.reach, unknown.reach) == (Reach.NO_CONNECTION, Reach.NO_NAME)
    assert "refused" in refused.detail
    assert SECRET not in refused.detail + unknown.detail


async def test_a_name_server_that_never_answers_says_nothing_of_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody was asked yet when the time was over: that is no page that hangs, and nothing to restart."""
    answers = threading.Event()

    def wait(*_: object, **__: object) -> object:
        answers.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "again")

    monkeypatch.setattr(socket, "getaddrinfo", wait)
    try:
        got = await PageCaller().get("http://dash.example.com/", at="nginx:80", within=0.3)
    finally:
        answers.set()
    assert got.reach is Reach.NO_NAME, got
    assert "name server" in got.detail
    assert got.seconds < 1


async def test_of_several_addresses_one_that_is_dead_is_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """Browsers do the same: the page is well for people."""
    real = socket.getaddrinfo

    def two(_: str, port: int, **more: int) -> list[object]:
        return [*real("192.0.2.1", port, **more), *real("127.0.0.1", port, **more)]

    async with serving() as site:
        monkeypatch.setattr(socket, "getaddrinfo", two)
        got = await PageCaller().get(f"http://dash.example.com:{site.port}/", within=3)
    assert got.reach is Reach.ANSWERED, got
    assert got.seconds < 2


async def test_a_redirect_to_tls_is_asked_at_the_port_of_tls() -> None:
    """The port of `at` is where the front listens for the URL that is written, not for each that it leads to."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        nobody = door.getsockname()[1]
    async with serving() as site:

        async def answer(_: web.Request) -> web.Response:
            return web.Response(status=301, headers={"Location": f"https://dash.example.com:{nobody}/"})

        site.answer = answer
        got = await PageCaller().get("http://dash.example.com/", at=f"127.0.0.1:{site.port}", within=3)
    assert (got.reach, got.redirects) == (Reach.NO_CONNECTION, 1), got


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 99\r\n\r\n<html>", 502),
        (
            b"HTTP/1.1 200 OK\r\nContent-Security-Policy: "
            + b"x" * 20000
            + b"\r\nContent-Length: 2\r\n\r\nok",
            200,
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200),
        (b"HTTP/1.1 200 \xff\xfe\r\nX: \xff\r\nContent-Length: 2\r\n\r\n\xff\xff", 200),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nok", 200),
    ],
    ids=["error cut short", "long header", "continue", "no text", "nothing", "packed otherwise"],
)
async def test_an_odd_answer_is_an_answer(said: bytes, status: int) -> None:
    """Who says so much is there: its status counts."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)

    async with babbling(answer) as port:
        got = await PageCaller().get(f"http://127.0.0.1:{port}/", within=3)
    assert (got.reach, got.status) == (Reach.ANSWERED, status), got


@pytest.mark.parametrize(
    "said",
    [
        b"<html>as in the year 1991</html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        b"",
    ],
    ids=["HTTP/0.9", "half a page", "two lengths", "nothing"],
)
async def test_half_an_answer_is_none(said: bytes) -> None:
    """Nobody could show that page."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)

    async with babbling(answer) as port:
        got = await PageCaller().get(f"http://127.0.0.1:{port}/", within=3)
    assert got.reach is Reach.BROKEN, got


@pytest.mark.parametrize(
    "piece",
    [b"X-More: " + b"y" * 100 + b"\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n"],
    ids=["headers", "hints"],
)
async def test_headers_without_end_are_over_at_the_deadline(piece: bytes) -> None:
    """Neither time nor memory is spent on them beyond it."""

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"" if piece.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(piece * 100)
            await writer.drain()
            await asyncio.sleep(0)  # both ends share a loop

    async with babbling(flood) as port:
        got = await PageCaller().get(f"http://127.0.0.1:{port}/", within=0.5)
    assert got.reach in (Reach.BROKEN, Reach.TIMED_OUT), got
    assert got.seconds < 4


async def test_what_is_no_http_is_told() -> None:
    """Another protocol on that port is no page."""

    async def ssh(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0 hello\r\n")

    async with babbling(ssh) as port:
        assert (await PageCaller().get(f"http://127.0.0.1:{port}/")).reach is Reach.BROKEN


async def test_certificates_are_verified_by_default(tmp_path: Path) -> None:
    """Untrusted by the system, trusted with its own authority, believed anyway when that is asked for."""
    authority = Authority("ours")
    ca = authority.write_ca(tmp_path)
    async with serving(context=authority.issue("dash.example.com").context(tmp_path)) as site:
        url, at = "https://dash.example.com/", f"127.0.0.1:{site.port}"
        plain = await PageCaller().get(url, at=at)
        with_ca = await PageCaller().get(url, at=at, trust=Trust(ca=str(ca)))
        other = await PageCaller().get("https://other.example.com/", at=at, trust=Trust(ca=str(ca)))
        anyway = await PageCaller().get(url, at=at, trust=Trust(verify=False))
        gone = await PageCaller().get(url, at=at, trust=Trust(ca=str(tmp_path / "gone.pem")))
    assert [got.reach for got in (plain, with_ca, other, anyway, gone)] == [
        Reach.TLS,
        Reach.ANSWERED,
        Reach.TLS,
        Reach.ANSWERED,
        Reach.TLS,
    ]
    assert "not trusted" in plain.detail
    assert "mismatch" in other.detail.lower()
    assert "cannot be read" in gone.detail


async def test_plain_http_where_tls_was_asked_for_is_a_tls_trouble() -> None:
    """What speaks no TLS is told as that."""
    async with serving() as site:
        assert (await PageCaller().get(site.url(scheme="https"))).reach is Reach.TLS


async def test_no_proxy_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment names for the outside world is not asked for one's own stack."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with serving() as site:
        assert (await PageCaller().get(site.url())).reach is Reach.ANSWERED
