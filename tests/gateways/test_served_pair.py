"""A new pair in a running Nginx: taken in by a reload, by a restart where that is not taken, or not at all."""

from __future__ import annotations

import pytest

from tests.conftest import RealEngine
from tests.front.acme import DOMAIN, Town, town
from tests.gateways.certificates import self_signed
from watchdog.gateways.served_pair import Site, serve_pair
from watchdog.gateways.tls import TlsCaller
from watchdog.gateways.trust import Trust

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]


def site(there: Town, restarts: list[str]) -> Site:
    async def restart() -> None:
        restarts.append("restart")
        await there.engine.stop(there.nginx, 1)
        await there.engine.start(there.nginx)

    async def find() -> str:
        return (await there.engine.inspect(there.nginx)).addresses[0]

    return Site(
        domain=DOMAIN,
        container=there.nginx,
        find=find,
        port=443,
        trust=Trust(verify=False),
        restart=restart,
    )


async def test_a_new_pair_is_served_after_a_reload_and_a_frozen_nginx_is_restarted(
    real_engine: RealEngine,
) -> None:
    """What counts is the handshake; a restart is only for an Nginx that does not take the reload."""
    restarts: list[str] = []
    async with town(real_engine) as there:
        new, newer = self_signed(DOMAIN), self_signed(DOMAIN)
        there.put(new)
        assert await serve_pair(there.engine, TlsCaller(), site(there, restarts), new.fingerprint) == ""
        assert restarts == []

        # Its master sleeps: the signal is sent, and nobody takes it; its worker goes on with the old pair.
        await there.cli("exec", there.nginx, "sh", "-c", "kill -STOP $(cat /run/nginx.pid)")
        there.put(newer)
        assert await serve_pair(there.engine, TlsCaller(), site(there, restarts), newer.fingerprint) == ""
        assert restarts == ["restart"]


async def test_a_pair_that_does_not_fit_together_is_not_loaded(real_engine: RealEngine) -> None:
    """Nginx says so in its test, and goes on serving what it has."""
    async with town(real_engine) as there:
        before = await there.served()
        one, other = self_signed(DOMAIN), self_signed(DOMAIN)
        there.put(one)
        (there.ssl / "privkey.pem").write_bytes(other.key_pem)
        why = await serve_pair(there.engine, TlsCaller(), site(there, []), one.fingerprint)
        assert "nginx refuses it" in why
        assert "mismatch" in why
        assert await there.served() == before
