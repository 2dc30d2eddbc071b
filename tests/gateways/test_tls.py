"""What real servers show, also those that mean no good."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.gateways.certificates import DAY, Authority, Pair, self_signed
from tests.gateways.pages import babbling, serving
from watchdog.core.certificate import CertificateTrouble as T
from watchdog.core.certificate import Served, Trusted
from watchdog.gateways.tls import TlsCaller
from watchdog.gateways.trust import Trust

HOST = "dash.example.com"


@asynccontextmanager
async def showing(pair: Pair, folder: Path, *, leaf_only: bool = False) -> AsyncIterator[str]:
    async with serving(context=pair.context(folder, leaf_only=leaf_only)) as site:
        yield f"127.0.0.1:{site.port}"


async def look(at: str, ca: Path | None = None, within: float = 5.0, name: str = HOST) -> Served:
    return await TlsCaller().served(name, at=at, trust=Trust(ca=str(ca)) if ca else Trust(), within=within)


async def test_what_is_served_is_seen_with_its_chain(tmp_path: Path) -> None:
    """The certificate, how many came with it, and that it is trusted."""
    ours = Authority("ours", between=True)
    pair = ours.issue(HOST, "127.0.0.1")
    async with showing(pair, tmp_path) as at:
        seen = await look(at, ours.write_ca(tmp_path))
    assert seen.certificate is not None
    assert (seen.certificate.fingerprint, seen.chain, seen.trusted) == (pair.fingerprint, 2, Trusted.YES)
    assert seen.certificate.names == (HOST, "127.0.0.1")
    assert seen.certificate.names_issuer


async def test_a_chain_without_its_middle_is_seen(tmp_path: Path) -> None:
    """Browsers that know the middle one would not notice; curl and phones do."""
    ours = Authority("ours", between=True)
    async with showing(ours.issue(HOST), tmp_path, leaf_only=True) as at:
        seen = await look(at, ours.write_ca(tmp_path))
    assert (seen.chain, seen.trusted) == (1, Trusted.NO_ISSUER)


async def test_who_vouches_for_itself_and_whom_nobody_knows_are_told_apart(tmp_path: Path) -> None:
    """Self-signed is one thing, an authority of one's own another."""
    async with showing(self_signed(HOST), tmp_path) as at:
        alone = await look(at)
    async with showing(Authority("theirs").issue(HOST), tmp_path) as at:
        unknown = await look(at)
        unasked = await TlsCaller().served(HOST, at=at, trust=Trust(verify=False))
    assert (alone.trusted, unknown.trusted, unasked.trusted) == (
        Trusted.SELF_SIGNED,
        Trusted.NO_ISSUER,
        Trusted.NOT_ASKED,
    )
    assert alone.detail


async def test_an_expired_one_is_shown_all_the_same(tmp_path: Path) -> None:
    """What cannot be trusted is still looked at: its dates are what counts."""
    ours = Authority("ours")
    pair = ours.issue(HOST, begins=datetime.now(UTC) - 90 * DAY, lasts=30 * DAY)
    async with showing(pair, tmp_path) as at:
        seen = await look(at, ours.write_ca(tmp_path))
    assert seen.certificate is not None
    assert (seen.trusted, seen.certificate.fingerprint) == (Trusted.EXPIRED, pair.fingerprint)
    assert "expired" in seen.detail


@pytest.mark.parametrize("kind", ["silent", "drip"])
async def test_a_handshake_that_never_ends_is_over_at_the_deadline(kind: str) -> None:
    """Neither silence nor a byte now and then keeps anybody."""

    async def stall(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            if kind == "drip":
                writer.write(b"\x16")
                await writer.drain()
            await asyncio.sleep(0.005)

    async with babbling(stall) as port:
        began = time.monotonic()
        # A drip of the same byte is no TLS record, which OpenSSL finds out after five of them, long before its deadline.
        seen = await look(f"127.0.0.1:{port}", within=0.5 if kind == "silent" else 10)
    assert seen.trouble is (T.HANDSHAKE_ENDLESS if kind == "silent" else T.NO_TLS)
    assert time.monotonic() - began < 5


async def test_what_speaks_no_tls_and_who_hangs_up_are_told() -> None:
    """A plain page, a server that closes, and a port on which nobody is."""

    async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(10)

    async with serving() as site:
        plain = await look(f"127.0.0.1:{site.port}")
    async with babbling(hang_up) as port:
        closed = await look(f"127.0.0.1:{port}")
    with socket.create_server(("127.0.0.1", 0)) as door:
        nobody = door.getsockname()[1]
    assert (plain.trouble, closed.trouble) == (T.NO_TLS, T.NO_TLS)
    assert (await look(f"127.0.0.1:{nobody}")).trouble is T.NO_CONNECTION
    assert (await look("no-such-name.invalid:443")).trouble is T.NO_NAME


async def test_the_files_are_read(tmp_path: Path) -> None:
    """The chain, and whether the key belongs to it."""
    ours = Authority("ours", between=True)
    pair, other = ours.issue(HOST), ours.issue(HOST)
    chain, key = pair.write(tmp_path / "pair")
    there = await TlsCaller().filed(str(chain), str(key))
    assert there.certificate is not None
    assert (there.certificate.fingerprint, there.chain, there.key_fits) == (pair.fingerprint, 2, True)
    key.write_bytes(other.key_pem)
    assert (await TlsCaller().filed(str(chain), str(key))).key_fits is False
    assert (await TlsCaller().filed(str(chain))).key_fits is None


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        (b"", T.GARBAGE),
        (b"garbage", T.GARBAGE),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", T.GARBAGE),
        (b"\x00" * 1024, T.GARBAGE),
        (b"x" * 1024 * 1024, T.TOO_LARGE),
    ],
)
async def test_a_file_that_holds_no_certificate_is_told(tmp_path: Path, content: bytes, trouble: T) -> None:
    """Empty, garbage, or a megabyte: each has its name, and is read no further than need be."""
    file = tmp_path / "fullchain.pem"
    file.write_bytes(content)
    assert (await TlsCaller().filed(str(file))).trouble is trouble


async def test_a_key_that_is_none_is_told(tmp_path: Path) -> None:
    """The certificate is good, its key is not: the server would not start."""
    chain, key = self_signed(HOST).write(tmp_path)
    for content, trouble in ((b"garbage", T.GARBAGE), (b"x" * 1024 * 1024, T.TOO_LARGE)):
        key.write_bytes(content)
        there = await TlsCaller().filed(str(chain), str(key))
        assert (there.trouble, there.where) == (trouble, "key")


async def test_what_is_no_file_keeps_nobody(tmp_path: Path) -> None:
    """A missing file, a folder, and a pipe that nobody writes to."""
    os.mkfifo(tmp_path / "pipe")
    found = [
        (await TlsCaller().filed(str(tmp_path / name), within=2)).trouble for name in ("gone", "", "pipe")
    ]
    assert found == [T.FILE_MISSING, T.FILE_UNREADABLE, T.FILE_UNREADABLE]


async def test_of_several_addresses_one_that_is_dead_is_passed_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old record, or an IPv6 address at which nobody listens: browsers take the next one."""
    ours = Authority("ours")
    pair, real = ours.issue(HOST), socket.getaddrinfo

    def several(host: str, port: int, **more: int) -> list[object]:
        if host != "several.example":
            return list(real(host, port, **more))
        return [each for at in ("127.0.0.9", "192.0.2.1", "127.0.0.1") for each in real(at, port, **more)]

    async with showing(pair, tmp_path) as at:
        monkeypatch.setattr(socket, "getaddrinfo", several)
        there = f"several.example:{at.rpartition(':')[2]}"
        seen = await look(there, ours.write_ca(tmp_path), within=4)
    assert seen.certificate is not None, seen
    assert (seen.certificate.fingerprint, seen.trusted) == (pair.fingerprint, Trusted.YES)


async def test_that_nobody_is_there_is_told_in_plain_words() -> None:
    """Not in those of the library, with its addresses."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        nobody = door.getsockname()[1]
    assert (await look(f"127.0.0.1:{nobody}")).detail == "Connection refused"


async def test_a_chain_that_is_too_old_or_too_new_is_told_apart(tmp_path: Path) -> None:
    """Its own dates are one thing, those of what stands above it another; a clock that is ahead is a third."""
    old = Authority("old", between=True, middle_begins=datetime.now(UTC) - 20 * DAY, middle_lasts=10 * DAY)
    async with showing(old.issue(HOST), tmp_path) as at:
        expired = await look(at, old.write_ca(tmp_path))
    ours = Authority("ours")
    async with showing(ours.issue(HOST, begins=datetime.now(UTC) + timedelta(seconds=30)), tmp_path) as at:
        early = await look(at, ours.write_ca(tmp_path))
    assert (expired.trusted, early.trusted) == (Trusted.EXPIRED, Trusted.EARLY)


async def test_both_certificates_of_a_server_are_seen(tmp_path: Path) -> None:
    """One for each kind of key: most clients are shown the one, old ones the other."""
    ours, by_rsa = Authority("ours"), rsa.generate_private_key(public_exponent=65537, key_size=2048)
    one, other = ours.issue(HOST), ours.issue(HOST, key=by_rsa)
    context = one.context(tmp_path)
    context.load_cert_chain(*other.write(tmp_path / "rsa"))
    trust = Trust(ca=str(ours.write_ca(tmp_path)))
    async with serving(context=context) as site:
        at = f"127.0.0.1:{site.port}"
        assert await TlsCaller().all_served(HOST, at=at, trust=trust) == {one.fingerprint, other.fingerprint}
        assert await TlsCaller().all_served("other.example.com", at=at, trust=trust) == frozenset()
    assert await TlsCaller().all_served(HOST, at=at, trust=trust) == frozenset()
