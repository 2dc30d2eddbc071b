"""Put the newest certificate in place and have it served; put the old one back if that does not work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field

from watchdog.core.certificate import ill_for
from watchdog.core.errors import GatewayError, Refused
from watchdog.core.places import check_file, check_place
from watchdog.core.run import Outcome, Result
from watchdog.gateways.certificate_exchange import Exchange, Where, begin_exchange, better
from watchdog.gateways.certificate_pair import PairPlaces, look_at_pairs
from watchdog.gateways.front import front_of
from watchdog.gateways.here import from_here
from watchdog.gateways.trust import Trust, read_trust
from watchdog.plugins import Action, Parameters, Tools

Place = Annotated[str, BeforeValidator(from_here), AfterValidator(check_place)]
Name = Annotated[str, AfterValidator(check_file)]


class InstallCertificateParameters(Parameters):
    """`nginx` is the target that serves it; `folder` what it has mounted for its pair, on the host or a volume.

    `letsencrypt` is all of certbot's folder, `lineage` its name of the certificate (the domain, by default).
    """

    nginx: str = Field(min_length=1)
    folder: Place
    letsencrypt: Place = "/etc/letsencrypt"
    lineage: Name = ""
    chain: Name = "fullchain.pem"
    key: Name = "privkey.pem"
    port: int = Field(default=443, ge=1, le=65535, strict=True)
    tls: Annotated[
        Trust, Field(description="`verify`, `off`, or the path of a CA file"), BeforeValidator(read_trust)
    ] = Trust()

    def where(self, domain: str) -> Where:
        """Which domain, and which target serves it."""
        places = PairPlaces(
            lineage=self.lineage or domain,
            letsencrypt=self.letsencrypt,
            folder=self.folder,
            chain=self.chain,
            key=self.key,
        )
        return Where(domain=domain, nginx=self.nginx, port=self.port, trust=self.tls, places=places)


class InstallCertificate(Action[InstallCertificateParameters]):
    """The target is the domain. Asks no authority for anything."""

    name: ClassVar[str] = "install_certificate"
    repeatable: ClassVar[bool] = True
    undoable: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = InstallCertificateParameters

    async def describe(self, target: str, tools: Tools) -> str:  # noqa: ARG002 - the same for every watchdog
        """What `run` would do."""
        asked, places = self.parameters, self.parameters.where(target).places
        return (
            f"copy {places.letsencrypt}/live/{places.lineage} to {places.chain} and {places.key} (0600) in "
            f"{places.folder} if that is a better certificate, by a one-shot container, the old pair kept; then in "
            f"{asked.nginx}: nginx -t, nginx -s reload, a handshake; the old pair is put back if that fails"
        )

    async def pin(self, target: str, tools: Tools) -> Mapping[str, str]:
        """Which certificate it would put in place of which."""
        pairs = await look_at_pairs(front_of(tools).shots, self.parameters.where(target).places)
        newest, placed = pairs.newest, pairs.placed
        return {
            "newest": newest.fingerprint if newest else "",
            "placed": placed.fingerprint if placed else "",
            "nginx": tools.containers.container_of(self.parameters.nginx) or "",
        }

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it, if there is a better one than is served: certbot's newest, or the one in place already."""
        try:
            turn = front_of(tools).turn(self.parameters.nginx)
        except Refused as refused:
            return Outcome(result=Result.SKIPPED, reason=tools.redact(str(refused)))
        async with turn:
            return await self._run(target, tools)

    async def _run(self, target: str, tools: Tools) -> Outcome:
        try:
            exchange = await self._exchange(target, tools)
        except Refused as refused:  # nothing was touched
            return Outcome(result=Result.SKIPPED, reason=tools.redact(str(refused)))
        try:
            served = await exchange.served()
            unready = await exchange.unready(served)
            if unready is not None:
                return unready
            pairs = await exchange.look()
            now, shown = tools.clock.now().wall, served.certificate
            newest = better(pairs, shown, target, now)
            if newest is not None:
                return await exchange.install(newest, now)
            placed = pairs.placed
            unserved = placed is not None and (shown is None or shown.fingerprint != placed.fingerprint)
            if placed is not None and unserved and ill_for(placed, target, now) is None:
                return await exchange.serve_placed(placed)
        except Refused as refused:
            return Outcome(result=Result.FAILED, reason=tools.redact(str(refused)))
        return Outcome(
            result=Result.SKIPPED,
            reason="there is no better certificate than the one that is served",
            hopeless=True,
        )

    async def undo(self, target: str, tools: Tools) -> Outcome:
        """Put the pair back that this replaced; nothing, if that was settled or nothing was replaced."""
        try:
            async with front_of(tools).turn(self.parameters.nginx):
                was_there, trouble = await (await self._exchange(target, tools)).put_back()
        except GatewayError as error:
            return Outcome(result=Result.FAILED, reason=tools.redact(str(error)))
        if trouble:
            return Outcome(result=Result.FAILED, reason=tools.redact(trouble))
        if not was_there:
            return Outcome(result=Result.SKIPPED, reason="no pair had been replaced")
        return Outcome(result=Result.DONE)

    async def _exchange(self, domain: str, tools: Tools) -> Exchange:
        return await begin_exchange(
            self.parameters.where(domain),
            engine=tools.engine,
            watched=tools.containers,
            front=front_of(tools),
            now=tools.clock.now(),
            redact=tools.redact,
            say=lambda line: tools.progress(domain, line),
        )
