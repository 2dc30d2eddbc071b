"""A domain's certificate in the hands of its server: which is there, a better one put in place, the old one put back.

All that the actions on certificates have in common, told what they may use and how they tell of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from watchdog.core.certificate import Certificate, CertificateTrouble, Served, ill_for
from watchdog.core.container import ContainerFacts, Sighting
from watchdog.core.errors import GatewayError, Refused
from watchdog.core.event import Announcement
from watchdog.core.judgement import was_taken_down
from watchdog.core.moment import Moment
from watchdog.core.run import Outcome, Result
from watchdog.gateways.certificate_pair import (
    PairPlaces,
    Pairs,
    Shots,
    install_pair,
    look_at_pairs,
)
from watchdog.gateways.front import Front
from watchdog.gateways.nginx import Executes, test_configuration
from watchdog.gateways.served_pair import Site, serve_old_pair, serve_pair
from watchdog.gateways.tls import TlsCaller
from watchdog.gateways.trust import Trust
from watchdog.gateways.vantage import place_from_here

# Seconds after its time to stop in which the events of our stop still come; later ones are a person's.
STOP_SLACK = 120.0
# What the engine started again less than so many seconds ago may be down again a moment later.
JUST_UP = 10.0
# Nothing was seen of what is served.
_UNSEEN = frozenset(
    {
        CertificateTrouble.NO_CONNECTION,
        CertificateTrouble.NO_NAME,
        CertificateTrouble.NO_TLS,
        CertificateTrouble.HANDSHAKE_ENDLESS,
    }
)


class Server(Executes, Protocol):
    """The parts of `plugins.Engine` that an exchange takes."""

    async def inspect(self, container_id: str) -> ContainerFacts:
        """What the engine says of a container now."""
        ...

    async def start(self, container_id: str) -> None:
        """Start a container."""
        ...

    async def stop(self, container_id: str, grace: float) -> None:
        """Stop a container."""
        ...


class Watched(Protocol):
    """The parts of `plugins.Containers` that an exchange takes."""

    def container_of(self, target: str) -> str | None:
        """The id of the target's container."""
        ...

    def announce(self, announcement: Announcement, target: str, lasts: float = ...) -> None:
        """Say before an act what events it will cause."""
        ...

    async def look(self, target: str) -> Sighting:
        """The target's container as it is now, with what is known of its past."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which domain, and which target serves it.

    Attributes:
        nginx: the target.
        port: where it serves in its container.
        trust: whom to believe in the handshake that proves it.
    """

    domain: str
    nginx: str
    port: int
    trust: Trust
    places: PairPlaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What an exchange works with. `redact`: applied to all that is told; `say`: a line for who follows."""

    engine: Executes
    shots: Shots
    caller: TlsCaller
    places: PairPlaces
    site: Site
    redact: Callable[[str], str]
    say: Callable[[str], None]

    async def unready(self, served: Served) -> Outcome | None:
        """Why nothing is begun, None if it may be. `served`: what it shows now.

        Where no pair at all could be proved, or Nginx would refuse any, nothing is exchanged, and no authority asked.
        """
        site = self.site
        if site.down:
            return None
        if served.trouble in _UNSEEN:
            why = f"nothing shows a certificate at port {site.port} ({served.detail}), so that no other could be proved"
            return self._failed(f"{why}; nothing was changed")
        tested = await test_configuration(self.engine, site.container)
        if not tested.objection or tested.of_pair:
            return None
        why = f"nginx refuses its configuration, whatever pair is in place: {tested.objection}"
        return replace(self._failed(f"{why}; nothing was changed"), hopeless=not tested.passing)

    async def served(self) -> Served:
        """What it shows now, whoever trusts that."""
        site = self.site
        return await self.caller.served(site.domain, at=await site.at(), trust=Trust(verify=False))

    async def look(self) -> Pairs:
        """What is there. What was exchanged before is not put back any more."""
        return await look_at_pairs(self.shots, self.places, settle=True)

    async def install(self, newest: Certificate, now: datetime) -> Outcome:
        """Put certbot's newest pair in place and have it served; the old one is back when that fails."""
        ill = ill_for(newest, self.site.domain, now)
        if ill is not None:
            reason = f"certbot's newest certificate is no better ({ill.value.removeprefix('cert_')})"
            return Outcome(result=Result.FAILED, reason=reason.replace("_", " "), hopeless=True)
        try:
            await install_pair(self.shots, self.places)
        except Refused as refused:
            return self._failed(str(refused))
        self.say(f"put in place: {newest.fingerprint[:16]}, good until {newest.ends:%Y-%m-%d}")
        why = await self._serve(newest.fingerprint)
        if not why:
            told = f"served and verified: {newest.fingerprint[:16]}, good until {newest.ends:%Y-%m-%d}"
            return Outcome(result=Result.DONE, evidence=(told,))
        was_there, trouble = await self.put_back()
        back = "the old pair is back" if was_there else "there was no old pair to put back"
        return self._failed(f"{why}; {trouble or back}")

    async def serve_placed(self, placed: Certificate) -> Outcome:
        """Have the pair served that lies in place already."""
        why = await self._serve(placed.fingerprint)
        if why:
            return self._failed(why)
        return Outcome(result=Result.DONE, evidence=(f"served and verified: {placed.fingerprint[:16]}",))

    async def put_back(self) -> tuple[bool, str]:
        """Put the old pair back and have it served: whether there was one, and what went wrong with it."""
        return await serve_old_pair(self.engine, self.caller, self.site, self.shots, self.places)

    async def _serve(self, fingerprint: str) -> str:
        try:
            return await serve_pair(self.engine, self.caller, self.site, fingerprint)
        except GatewayError as error:
            return str(error)

    def _failed(self, why: str) -> Outcome:
        return Outcome(result=Result.FAILED, reason=self.redact(why))


async def begin_exchange(
    where: Where,
    *,
    engine: Server,
    watched: Watched,
    front: Front,
    now: Moment,
    redact: Callable[[str], str],
    say: Callable[[str], None],
) -> Exchange:
    """An exchange for a domain; changes nothing yet.

    Raises `Refused` when there is no server, or a person took it down: nobody starts it for a certificate then.
    """
    container_id = watched.container_of(where.nginx)
    if container_id is None:
        raise Refused(f"{where.nginx}, which serves it, has no container")
    facts = await engine.inspect(container_id)
    if facts.state not in ("running", "restarting"):
        # A pair that does not fit together keeps it from running: then another one is what it needs.
        taken = facts.state != "exited" or was_taken_down(await watched.look(where.nginx), now)
        if taken:
            raise Refused(f"{where.nginx}, which serves it, does not run ({facts.state}), and not by itself")

    async def restart() -> None:
        if (await engine.inspect(container_id)).state != "exited":
            watched.announce(Announcement.of_stop(container_id), where.nginx, facts.stop_timeout + STOP_SLACK)
            await engine.stop(container_id, facts.stop_timeout)
        await engine.start(container_id)

    async def find() -> str:
        return await place_from_here(where.nginx, watched, engine)

    return Exchange(
        engine=engine,
        shots=front.shots,
        caller=front.tls(),
        places=where.places,
        site=Site(
            domain=where.domain,
            container=container_id,
            find=find,
            port=where.port,
            trust=where.trust,
            restart=restart,
            down=facts.state != "running" or _has_just_come_up_again(facts, now),
        ),
        redact=redact,
        say=say,
    )


def _has_just_come_up_again(facts: ContainerFacts, now: Moment) -> bool:
    """Whether it runs for a moment between two ends: the engine's policy starts it again and again."""
    return facts.restart_count > 0 and now.wall.timestamp() - facts.started / 1e9 < JUST_UP


def better(pairs: Pairs, served: Certificate | None, domain: str, now: datetime) -> Certificate | None:
    """Certbot's newest, if that is good for this domain, and newer than what is in place and served, or these are not.

    Newer, not longer: lifetimes shrink.
    """
    newest = pairs.newest
    if newest is None or ill_for(newest, domain, now) is not None:
        return None
    if pairs.torn:
        # It would be refused at the next start, whatever is served until then.
        return newest
    others = [each for each in (pairs.placed, served) if each is not None]
    good = [each for each in others if ill_for(each, domain, now) is None]
    if any(each.fingerprint == newest.fingerprint or each.begins >= newest.begins for each in good):
        return None
    return newest
