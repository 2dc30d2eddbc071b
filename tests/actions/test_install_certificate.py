"""Put the newest certificate in place: with a real Nginx and what a real certbot left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import RealEngine
from tests.front.acme import DOMAIN, Town, town
from tests.gateways.certificates import Pair, self_signed
from watchdog.actions.install_certificate import InstallCertificate, InstallCertificateParameters
from watchdog.core.run import Result

pytestmark = pytest.mark.timeout(120)


def action(there: Town, **more: object) -> InstallCertificate:
    return InstallCertificate(InstallCertificateParameters.model_validate({**there.parameters, **more}))


def newer() -> Pair:
    """A pair that begins after the one that is served: of two that begin in the same second neither is newer."""
    return self_signed(DOMAIN, begins=datetime.now(UTC) - timedelta(minutes=30))


def leave(there: Town, pair: Pair) -> None:
    """What certbot left, under the names that it gives it."""
    live = there.letsencrypt / "live" / DOMAIN
    chain, key = pair.write(live)
    assert chain.exists()
    assert key.exists()


@pytest.mark.engine
async def test_one_that_lies_there_unserved_is_served_by_a_reload(real_engine: RealEngine) -> None:
    """Renewed, put in place, and nobody told Nginx: nothing is copied, and nobody is asked."""
    async with town(real_engine) as there:
        new = newer()
        there.put(new)
        outcome = await action(there).run(DOMAIN, there.tools)
        assert outcome.result is Result.DONE
        assert await there.served() == new.fingerprint
        assert not (there.ssl / "fullchain.pem.before").exists()
        again = await action(there).run(DOMAIN, there.tools)
        assert (again.result, again.hopeless) == (Result.SKIPPED, True)


@pytest.mark.engine
async def test_a_pair_that_nginx_refuses_is_taken_back(real_engine: RealEngine) -> None:
    """A key of another certificate: the old pair is back in place and served throughout; the reason is told."""
    async with town(real_engine) as there:
        before = await there.served()
        old = (there.ssl / "fullchain.pem").read_bytes()
        leave(there, Pair(newer().certificate, newer().key))
        outcome = await action(there).run(DOMAIN, there.tools)
        assert outcome.result is Result.FAILED
        assert "mismatch" in outcome.reason
        assert outcome.reason.endswith("the old pair is back")
        assert (await there.served(), (there.ssl / "fullchain.pem").read_bytes()) == (before, old)


@pytest.mark.engine
async def test_one_that_nobody_trusts_is_taken_back(real_engine: RealEngine) -> None:
    """Served is not enough: the handshake that proves it verifies."""
    async with town(real_engine) as there:
        before = await there.served()
        leave(there, newer())
        outcome = await action(there, tls="verify").run(DOMAIN, there.tools)
        assert outcome.result is Result.FAILED
        assert "it is served, and not trusted" in outcome.reason
        assert await there.served() == before


@pytest.mark.parametrize("wrong", [{"nginx": ""}, {"folder": "../x"}, {"key": "a/b"}, {"tls": "maybe"}])
def test_a_mistake_in_a_playbook_is_an_error(wrong: dict[str, object]) -> None:
    """It is told when the file is read."""
    with pytest.raises(ValueError, match=r"."):
        InstallCertificateParameters.model_validate({"nginx": "nginx", "folder": "/srv/ssl", **wrong})
