"""Renew a certificate: with a real authority (Pebble), a real certbot and a real Nginx; and what they may say."""

from __future__ import annotations

import fcntl
import stat

import pytest

from tests.conftest import RealEngine
from tests.engine.parts import SECRET, Stand
from tests.front.acme import DOMAIN, Town, town
from tests.front.tools import FakeBypasses, FakeShots, of_stand
from tests.gateways.certificates import self_signed
from watchdog.actions.install_certificate import InstallCertificate, InstallCertificateParameters
from watchdog.actions.renew_certificate import RenewCertificate, RenewCertificateParameters
from watchdog.core.errors import Refused
from watchdog.core.run import Result
from watchdog.gateways.front import Front
from watchdog.gateways.program import Ended

# Always due for renewal.
SHORT = 600


def renewal(there: Town) -> RenewCertificate:
    return RenewCertificate(RenewCertificateParameters.model_validate(there.renewal))


def installation(there: Town) -> InstallCertificate:
    return InstallCertificate(InstallCertificateParameters.model_validate(there.parameters))


@pytest.mark.engine
@pytest.mark.timeout(120)
async def test_a_certificate_is_renewed_put_in_place_and_served(real_engine: RealEngine) -> None:
    """From a real authority to a verified handshake; the key is its owner's alone, the old pair is kept."""
    async with town(real_engine, lasts=SHORT) as there:
        await there.issue()
        assert (await installation(there).run(DOMAIN, there.tools)).result is Result.DONE
        first = await there.served()

        outcome = await renewal(there).run(DOMAIN, there.tools)

        assert outcome.result is Result.DONE, outcome
        second = await there.served()
        assert second != first
        assert outcome.evidence[0].startswith(f"served and verified: {second[:16]}")
        key, chain = there.ssl / "privkey.pem", there.ssl / "fullchain.pem"
        assert (stat.S_IMODE(key.stat().st_mode), stat.S_IMODE(chain.stat().st_mode)) == (0o600, 0o644)
        assert {each.stat().st_uid for each in (key, chain)} == {0}
        assert (there.ssl / "fullchain.pem.before").exists()
        assert not list((there.folder / "webroot/.well-known/acme-challenge").iterdir())

        undone = await renewal(there).undo(DOMAIN, there.tools)
        assert undone.result is Result.DONE
        assert await there.served() == first
        assert (await renewal(there).undo(DOMAIN, there.tools)).result is Result.SKIPPED


@pytest.mark.engine
@pytest.mark.timeout(120)
async def test_how_certbot_renews_on_its_own_stays_as_it_was(real_engine: RealEngine) -> None:
    """Its configuration is the host's: paths of our one-shot in it would end the renewals of the host's own timer."""
    async with town(real_engine, lasts=SHORT) as there:
        await there.issue()
        assert (await installation(there).run(DOMAIN, there.tools)).result is Result.DONE
        conf = there.letsencrypt / "renewal" / f"{DOMAIN}.conf"
        written = conf.read_text().replace("/var/www/certbot", "/srv/host-webroot")
        assert "/srv/host-webroot" in written
        written = written.replace(
            "[renewalparams]\n", "[renewalparams]\nrenew_hook = touch /etc/letsencrypt/hooked\n"
        )
        conf.write_text(written)
        conf.chmod(0o640)
        before = await there.served()

        outcome = await renewal(there).run(DOMAIN, there.tools)

        assert outcome.result is Result.DONE, outcome
        assert await there.served() != before
        assert conf.read_text() == written
        assert stat.S_IMODE(conf.stat().st_mode) == 0o640
        assert sorted(each.name for each in conf.parent.iterdir()) == [conf.name]
        assert not (there.letsencrypt / "hooked").exists()


@pytest.mark.engine
@pytest.mark.timeout(120)
async def test_a_certbot_that_is_at_work_already_is_waited_for(real_engine: RealEngine) -> None:
    """The host's own timer, or a person: two at once would spend the authority's patience."""
    async with town(real_engine, lasts=SHORT) as there:
        await there.issue()
        assert (await installation(there).run(DOMAIN, there.tools)).result is Result.DONE
        with (there.letsencrypt / ".certbot.lock").open("w") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            outcome = await renewal(there).run(DOMAIN, there.tools)
        assert (outcome.result, outcome.hopeless) == (Result.FAILED, False)
        assert "another certbot is at work" in outcome.reason


@pytest.mark.engine
@pytest.mark.timeout(120)
async def test_what_is_not_due_is_told_and_changes_nothing(real_engine: RealEngine) -> None:
    """That certbot ends with code 0 both when it renewed and when it did not is no matter."""
    async with town(real_engine) as there:
        await there.issue()
        assert (await installation(there).run(DOMAIN, there.tools)).result is Result.DONE
        before = await there.served()
        outcome = await renewal(there).run(DOMAIN, there.tools)
        assert (outcome.result, outcome.reason) == (
            Result.FAILED,
            "not renewed: certbot finds that it is not due yet",
        )
        assert await there.served() == before


@pytest.mark.engine
@pytest.mark.timeout(120)
async def test_the_authority_is_not_asked_when_nginx_does_not_serve_its_challenge(
    real_engine: RealEngine,
) -> None:
    """Five failures an hour are all that an authority allows: the way to us is tried before one is spent."""
    async with town(real_engine, lasts=SHORT) as there:
        await there.issue()
        asked = await there.cli("logs", there.pebble)
        parameters = {**there.renewal, "webroot": str(there.folder / "conf")}
        action = RenewCertificate(RenewCertificateParameters.model_validate(parameters))
        assert (await installation(there).run(DOMAIN, there.tools)).result is Result.DONE
        outcome = await action.run(DOMAIN, there.tools)
        assert (outcome.result, outcome.hopeless) == (Result.FAILED, False)
        assert outcome.reason == (
            "Nginx does not serve the challenge at port 80 (it answered 404, and not what lies there)"
        )
        assert await there.cli("logs", there.pebble) == asked


@pytest.mark.engine
@pytest.mark.timeout(120)
async def test_an_authority_that_is_away_is_told_in_plain_words(real_engine: RealEngine) -> None:
    """Neither its stack trace nor its exit code: what is the matter, and nothing has changed."""
    async with town(real_engine, lasts=SHORT) as there:
        await there.issue()
        assert (await installation(there).run(DOMAIN, there.tools)).result is Result.DONE
        before = await there.served()
        await there.cli("kill", there.pebble)
        outcome = await renewal(there).run(DOMAIN, there.tools)
        assert outcome.result is Result.FAILED
        assert outcome.reason == "not renewed: the authority's server cannot be reached from here"
        assert await there.served() == before


@pytest.mark.engine
@pytest.mark.timeout(120)
async def test_an_authority_that_does_not_find_us_is_told_in_plain_words(real_engine: RealEngine) -> None:
    """The domain leads nowhere, as the authority sees it."""
    async with town(real_engine, lasts=SHORT) as there:
        await there.issue()
        assert (await installation(there).run(DOMAIN, there.tools)).result is Result.DONE
        # Inside the stack all is well; only by its name nobody finds it any more.
        await there.cli("network", "disconnect", there.network, there.nginx)
        await there.cli("network", "connect", there.network, there.nginx)
        outcome = await renewal(there).run(DOMAIN, there.tools)
        assert outcome.result is Result.FAILED
        assert "does not find the domain by DNS" in outcome.reason
        assert outcome.evidence[0].startswith("Detail:")


@pytest.fixture
async def stand() -> Stand:
    stand = Stand()
    stand.engine.add("nginx")
    await stand.arrive()
    return stand


def parameters(**more: object) -> RenewCertificateParameters:
    return RenewCertificateParameters.model_validate(
        {"nginx": "nginx", "folder": "/srv/ssl", "webroot": "bloomberg-certbot-data", **more}
    )


async def test_a_plan_shows_what_certbot_would_be_asked(stand: Stand) -> None:
    """In one line, and nothing is run for it."""
    shots = FakeShots()
    tools = of_stand(stand, Front(shots=shots, bypasses=FakeBypasses(stand.clock)))
    text = await RenewCertificate(parameters()).describe(DOMAIN, tools)
    assert "docker run certbot" in text
    assert "\n" not in text
    assert shots.ran == []


async def test_a_certificate_that_certbot_does_not_know_is_for_a_human(stand: Stand) -> None:
    """It has to be issued once; trying again does not help."""
    shots = FakeShots()
    tools = of_stand(stand, Front(shots=shots, bypasses=FakeBypasses(stand.clock)))
    stand.engine.container("nginx").addresses = ("127.0.0.1",)
    shots.endings.append(Ended(0, b"\n-----watchdog-----\n" + self_signed("x").leaf_pem, b""))
    outcome = await RenewCertificate(parameters(port=1)).run(DOMAIN, tools)
    assert (outcome.result, outcome.hopeless) == (Result.FAILED, True)
    assert "issue it once by hand" in outcome.reason


async def test_without_tools_it_says_so(stand: Stand) -> None:
    """A watchdog without one-shots refuses in words that hold no secret."""
    outcome = await RenewCertificate(parameters()).run(DOMAIN, stand.tools)
    assert outcome.result is Result.SKIPPED
    shots = FakeShots()
    shots.fail_next(Refused(f"token: {SECRET}"))
    tools = of_stand(stand, Front(shots=shots, bypasses=FakeBypasses(stand.clock)))
    refused = await RenewCertificate(parameters()).run(DOMAIN, tools)
    assert SECRET not in refused.reason


@pytest.mark.parametrize(
    "wrong",
    [
        {"folder": "/srv/../etc"},
        {"webroot": "a:b"},
        {"lineage": "../x"},
        {"chain": "a/b"},
        {"server": "http://plain/dir"},
        {"network": "-x"},
        {"port": 0},
        {"unknown": 1},
    ],
)
def test_what_cannot_be_renewed_is_refused(wrong: dict[str, object]) -> None:
    """A mistake in a playbook is an error when it is read."""
    with pytest.raises(ValueError, match=r"."):
        parameters(**wrong)
