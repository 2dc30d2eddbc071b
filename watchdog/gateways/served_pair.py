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
        find: the host at which it is asked; another one after a start, perhaps.
        port: where it serves there.
        restart: stops and starts it, for when a reload is not taken.
        down: it does not run, or ends again and again: it can only be started.
    """

    domain: str
    container: str
    find: Callable[[], Awaitable[str]]
    port: int
    trust: Trust
    restart: Callable[[], Awaitable[None]]
    down: bool = False

    async def at(self) -> str:
        """Where it serves now, as `host:port`."""
        return f"{await self.find()}:{self.port}"


async def serve_pair(engine: Executes, caller: TlsCaller, site: Site, fingerprint: str) -> str:
    """Have the pair in place served, until a handshake that verifies shows this fingerprint: "", or why it does not."""
    if site.down:
        await site.restart()
        return await _comes(caller, site, fingerprint, RESTARTED_WITHIN)
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
    """Put the old pair back and have it served: whether there was one, and what went wrong, in a whole clause."""
    try:
        old = await put_pair_back(shots, places)
    except GatewayError as error:
        return True, f"the old pair could not be put back: {error}"
    if old is None:
        return False, ""
    # It was served before, whoever trusted it.
    as_it_was = replace(site, trust=Trust(verify=False))
    try:
        why = await serve_pair(engine, caller, as_it_was, old.fingerprint)
    except GatewayError as error:
        why = str(error)
    return True, f"the old pair is back in its folder, and not served: {why}" if why else ""


async def _comes(caller: TlsCaller, site: Site, fingerprint: str, within: float) -> str:
    seen, in_a_row = Served(), 0
    try:
        async with asyncio.timeout(within):
            while in_a_row < ENOUGH:
                seen = await caller.served(site.domain, at=await site.at(), trust=site.trust)
                new = seen.certificate is not None and seen.certificate.fingerprint == fingerprint
                if new and seen.trusted is Trusted.EARLY:
                    new = False  # its time comes
                elif new and seen.trusted not in (Trusted.YES, Trusted.NOT_ASKED):
                    return f"it is served, and not trusted: {seen.detail}"
                if seen.certificate is not None and seen.certificate.fingerprint != fingerprint:
                    # Nginx may have one for each kind of key.
                    both = await caller.all_served(site.domain, at=await site.at(), trust=site.trust)
                    new = fingerprint in both
                in_a_row = in_a_row + 1 if new else 0
                await asyncio.sleep(LOOK_EVERY)
            return ""
    except TimeoutError:
        if seen.certificate is None:
            return f"no handshake shows it: {seen.detail or 'no answer'}"
        if seen.certificate.fingerprint == fingerprint:
            return f"it is served, and not for so long: {seen.detail or 'now and then another one'}"
        return "nginx still serves another certificate"
