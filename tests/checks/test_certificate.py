"""A site's certificate, served by real servers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import ValidationError

from tests.engine.parts import Stand
from tests.fakes import FakeClock
from tests.gateways.certificates import DAY, Authority, Pair
from tests.gateways.pages import babbling, serving
from watchdog.checks.certificate import Certificate, CertificateParameters
from watchdog.core.observation import Observation, Status
from watchdog.gateways.forwarder import carry

HOST = "dash.example.com"


def check(site: Mapping[str, object], **more: object) -> Certificate:
    return Certificate("certs", CertificateParameters.model_validate({"sites": {HOST: site}, **more}))


async def look(site: Mapping[str, object], **more: object) -> Observation:
    stand = Stand()
    stand.clock = FakeClock(datetime.now(UTC))
    return await check(site, **more).probe(HOST, stand.tools)


async def test_served_and_filed_are_compared(tmp_path: Path) -> None:
    """Renewed on the disk and not reloaded: told as that; after the reload it is well."""
    ours = Authority("ours")
    ca = ours.write_ca(tmp_path)
    old = ours.issue(HOST, begins=datetime.now(UTC) - 85 * DAY)
    new = ours.issue(HOST)
    chain, key = new.write(tmp_path / "ssl")
    files = {"file": str(chain), "key": str(key), "tls": str(ca)}
    async with serving(context=old.context(tmp_path)) as site:
        stale = await look({"at": f"127.0.0.1:{site.port}", **files})
    async with serving(context=new.context(tmp_path)) as site:
        fresh = await look({"at": f"127.0.0.1:{site.port}", **files})
    assert (stale.status, stale.finding.kind) == (Status.CRITICAL, "cert_not_served")
    assert stale.evidence == ("also: cert_ends_soon (served)",)
    assert (fresh.status, fresh.finding.kind, fresh.version) == (Status.OK, "cert_well", new.fingerprint)
    assert fresh.measurements["share_left"] > 0.99
    assert (fresh.check, fresh.target, fresh.stopped_by) == ("certs", HOST, None)


async def test_a_second_look_takes_no_longer_than_the_first_left_over(tmp_path: Path) -> None:
    """A server that shows its certificate once and then nothing more: the deadline is for all of it."""
    ours, shown = Authority("ours"), 0
    pair = ours.issue(HOST)
    chain, _ = ours.issue(HOST).write(tmp_path / "ssl")

    async with serving(context=pair.context(tmp_path)) as site:

        async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal shown
            shown += 1
            if shown > 2:
                await asyncio.Event().wait()
            there, back = await asyncio.open_connection("127.0.0.1", site.port)
            try:
                await asyncio.gather(carry(reader, back), carry(there, writer))
            finally:
                back.close()
                await back.wait_closed()

        async with babbling(once) as port:
            began = time.monotonic()
            seen = await look(
                {"at": f"127.0.0.1:{port}", "file": str(chain), "tls": str(ours.write_ca(tmp_path))},
                timeout="1s",
            )
    assert time.monotonic() - began < 1.6
    assert seen.version == pair.fingerprint


@pytest.mark.parametrize("file", ["ec", "rsa"])
async def test_a_server_with_a_certificate_for_each_kind_of_key_is_well(file: str, tmp_path: Path) -> None:
    """Whichever of the two we are shown: the one in the file is served, too."""
    ours = Authority("ours")
    pairs = {
        "ec": ours.issue(HOST, begins=datetime.now(UTC) - DAY),
        "rsa": ours.issue(HOST, key=rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    }
    written = {kind: pair.write(tmp_path / kind) for kind, pair in pairs.items()}
    context = pairs["ec"].context(tmp_path)
    context.load_cert_chain(*written["rsa"])
    async with serving(context=context) as site:
        at = f"127.0.0.1:{site.port}"
        seen = await look({"at": at, "file": str(written[file][0]), "tls": str(ours.write_ca(tmp_path))})
    assert seen.finding.kind == "cert_well"


@pytest.mark.parametrize(
    ("name", "begins", "lasts", "kind"),
    [
        (HOST, -100, 90, "cert_expired"),
        (HOST, 1, 90, "cert_not_yet_valid"),
        ("other.example.com", -1, 90, "cert_wrong_host"),
        (HOST, -85, 90, "cert_ends_soon"),
        (HOST, -65, 90, "cert_ending"),
        (HOST, -1, 90, "cert_well"),
    ],
)
async def test_each_trouble_is_found(tmp_path: Path, name: str, begins: int, lasts: int, kind: str) -> None:
    """As a live handshake shows it."""
    ours = Authority("ours")
    pair = ours.issue(name, begins=datetime.now(UTC) + begins * DAY, lasts=timedelta(days=lasts))
    async with serving(context=pair.context(tmp_path)) as site:
        seen = await look({"at": f"127.0.0.1:{site.port}", "tls": str(ours.write_ca(tmp_path))})
    assert seen.finding.kind == kind


async def test_it_says_so_within_its_time(tmp_path: Path) -> None:
    """A server that never finishes its handshake is told within the deadline."""

    async def stall(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            pass

    async with babbling(stall) as port, asyncio.timeout(2):
        seen = await look({"at": f"127.0.0.1:{port}"}, timeout="300ms")
    assert (seen.status, seen.finding.kind) == (Status.UNKNOWN, "cert_handshake_endless")


async def test_a_chain_that_is_not_to_be_judged_is_not(tmp_path: Path) -> None:
    """With `tls: off` a certificate of one's own making is well, as long as it is valid and for this host."""
    pair: Pair = Authority("ours").issue(HOST)
    async with serving(context=pair.context(tmp_path)) as site:
        at = f"127.0.0.1:{site.port}"
        assert (await look({"at": at, "tls": "off"})).finding.kind == "cert_well"
        assert (await look({"at": at})).finding.kind == "cert_unknown_issuer"


def test_its_targets_are_the_domains() -> None:
    """Each domain is a target of its own."""
    assert check({}).targets() == (HOST,)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sites": {}},
        {"sites": {"not a host": {}}},
        {"sites": {HOST: {"at": "x/y"}}},
        {"sites": {HOST: {"at": "x:99999"}}},
        {"sites": {HOST: {"file": "relative.pem"}}},
        {"sites": {HOST: {"tls": 7}}},
        {"sites": {HOST: {}}, "warn_share": 0},
        {"sites": {HOST: {}}, "critical_share": 1},
        {"sites": {HOST: {}}, "critical_left": 3},
    ],
)
def test_what_cannot_be_looked_at_is_refused(wrong: Mapping[str, object]) -> None:
    """A mistake in the configuration is an error when it is read."""
    with pytest.raises(ValidationError):
        CertificateParameters.model_validate(wrong)


def test_a_look_is_over_within_five_seconds() -> None:
    """Unless somebody writes another time."""
    assert check({}).parameters.timeout == 5.0
