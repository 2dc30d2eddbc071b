"""One GET over real sockets: bounded in time, size, redirects and where it goes."""

from __future__ import annotations

import asyncio
import gzip
import socket
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
        assert (await PageCaller().get(site.url("/bad"))).reach is Reach.BROKEN


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
