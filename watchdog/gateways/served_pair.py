"""A new pair in a running server: tested, taken in, and seen in a live handshake; else the old one again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from watchdog.core.certificate import Served, Trusted
from watchdog.core.errors import GatewayError
from watchdog.gateways.certificate_pair import PairPlaces, Shots, put_pair_back
from watchdog.gateways.nginx import Executes, reload_configuration, test_configuration
from watchdog.gateways.tls import TlsCaller
from watchdog.gateways.trust import Trust

# Seconds. A reload takes some tenths; a restart takes as long as its stop.
TAKEN_WITHIN = 5.0
RESTARTED_WITHIN = 20.0
LOOK_EVERY = 0.2
# For a moment after a reload, workers of before answer beside the new ones: once is not enough.
ENOUGH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One server of one domain.

    Attributes:
        container: its id.
        address, port: where it serves.
        restart: stops and starts it, for when a reload is not taken.
    """

    domain: str
    container: str
    address: str
    port: int
    trust: Trust
    restart: Callable[[], Awaitable[None]]

    @property
    def at(self) -> str:
        """As `address:port`."""
        return f"{self.address}:{self.port}"


async def serve_pair(engine: Executes, caller: TlsCaller, site: Site, fingerprint: str) -> str:
    """Have the pair in place served, until a handshake that verifies shows this fingerprint: "", or why it does not."""
    tested = await test_configuration(engine, site.container)
    if tested.objection:
        return f"nginx refuses it: {tested.objection}"
    await reload_configuration(engine, site.container)
    why = await _comes(caller, site, fingerprint, TAKEN_WITHIN)
    if why and not why.startswith("it is served"):
        await site.restart()
        why = await _comes(caller, site, fingerprint, RESTARTED_WITHIN)
    return why


async def serve_old_pair(
    engine: Executes, caller: TlsCaller, site: Site, shots: Shots, places: PairPlaces
) -> tuple[bool, str]:
    """Put the old pair back and have it served: whether there was one, and what went wrong with it."""
    try:
        old = await put_pair_back(shots, places)
        if old is None:
            return False, ""
        # It was served before, whoever trusted it.
        as_it_was = replace(site, trust=Trust(verify=False))
        return True, await serve_pair(engine, caller, as_it_was, old.fingerprint)
    except GatewayError as error:
        return True, str(error)


async def _comes(caller: TlsCaller, site: Site, fingerprint: str, within: float) -> str:
    seen, in_a_row = Served(), 0
    try:
        async with asyncio.timeout(within):
            while in_a_row < ENOUGH:
                seen = await caller.served(site.domain, at=site.at, trust=site.trust)
                new = seen.certificate is not None and seen.certificate.fingerprint == fingerprint
                if new and seen.trusted not in (Trusted.YES, Trusted.NOT_ASKED):
                    return f"it is served, and not trusted: {seen.detail}"
                in_a_row = in_a_row + 1 if new else 0
                await asyncio.sleep(LOOK_EVERY)
            return ""
    except TimeoutError:
        if seen.certificate is None:
            return f"no handshake shows it: {seen.detail or 'no answer'}"
        return "nginx still serves another certificate"
