"""Put the newest certificate in place: with a real Nginx and what a real certbot left."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import RealEngine
from tests.front.acme import DOMAIN, Town, town
from tests.front.nginx import comes
from tests.gateways.certificates import Pair, self_signed
from watchdog.actions.install_certificate import InstallCertificate, InstallCertificateParameters
from watchdog.core.run import Result
from watchdog.gateways.tls import TlsCaller
from watchdog.gateways.trust import Trust

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


@pytest.mark.engine
async def test_an_nginx_that_its_own_pair_keeps_down_comes_up_with_another(real_engine: RealEngine) -> None:
    """Certificate and key do not fit together, and it ends at each start: certbot's pair is what brings it up."""
    async with town(real_engine) as there:
        good = newer()
        leave(there, good)
        # The new certificate, and the key of before.
        (there.ssl / "fullchain.pem").write_bytes(good.chain_pem)
        await there.cli("update", "--restart", "unless-stopped", there.nginx)
        await there.cli("restart", there.nginx)

        async def loops() -> bool:
            facts = await there.engine.inspect(there.nginx)
            return facts.state == "restarting" and facts.restart_count > 1

        await comes(loops, within=30)
        outcome = await action(there).run(DOMAIN, there.tools)
        assert outcome.result is Result.DONE, outcome
        at = (await there.engine.inspect(there.nginx)).addresses[0]
        seen = await TlsCaller().served(DOMAIN, at=f"{at}:443", trust=Trust(verify=False))
        assert seen.certificate is not None
        assert seen.certificate.fingerprint == good.fingerprint


@pytest.mark.engine
async def test_an_nginx_that_refuses_its_configuration_loses_nothing(real_engine: RealEngine) -> None:
    """A line that has nothing to do with certificates: no pair is touched, and the reason is told as that."""
    async with town(real_engine) as there:
        before = await there.served()
        conf = there.folder / "conf" / "nginx.conf"
        # Written in place: it is mounted as a file.
        conf.write_text(conf.read_text().replace("access_log off;", "access_log off; nonsense on;"))
        leave(there, newer())
        outcome = await action(there).run(DOMAIN, there.tools)
        assert (outcome.result, outcome.hopeless) == (Result.FAILED, True), outcome
        assert "nonsense" in outcome.reason
        assert outcome.reason.endswith("nothing was changed")
        assert await there.served() == before
        assert sorted(each.name for each in there.ssl.iterdir()) == ["fullchain.pem", "privkey.pem"]


@pytest.mark.engine
async def test_two_domains_of_one_nginx_take_turns(real_engine: RealEngine) -> None:
    """Both are in one certificate: what the one puts in place, the other finds served, and neither takes it back."""
    async with town(real_engine) as there:
        other = "api.example.test"
        both = self_signed(DOMAIN, other, begins=datetime.now(UTC) - timedelta(minutes=30))
        leave(there, both)
        tools, either = there.tools, action(there, lineage=DOMAIN)
        outcomes = await asyncio.gather(either.run(DOMAIN, tools), either.run(other, tools))
        assert sorted(each.result for each in outcomes) == [Result.DONE, Result.SKIPPED], outcomes
        assert await there.served() == both.fingerprint


@pytest.mark.parametrize("wrong", [{"nginx": ""}, {"folder": "../x"}, {"key": "a/b"}, {"tls": "maybe"}])
def test_a_mistake_in_a_playbook_is_an_error(wrong: dict[str, object]) -> None:
    """It is told when the file is read."""
    with pytest.raises(ValueError, match=r"."):
        InstallCertificateParameters.model_validate({"nginx": "nginx", "folder": "/srv/ssl", **wrong})
