"""Renew a certificate with certbot, and have the new one served."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field

from watchdog.core.certificate import Certificate
from watchdog.core.errors import GatewayError, Refused
from watchdog.core.places import check_file, check_place
from watchdog.core.renewal import explain_failure
from watchdog.core.run import Outcome, Result
from watchdog.gateways.certbot import Certbot, give_back_configuration, renew, renewal_shot, try_challenge
from watchdog.gateways.certificate_exchange import Exchange, Where, begin_exchange, better
from watchdog.gateways.certificate_pair import PairPlaces, look_at_pairs
from watchdog.gateways.front import front_of
from watchdog.gateways.here import from_here
from watchdog.gateways.trust import Trust, read_trust
from watchdog.plugins import Action, Parameters, Tools

Place = Annotated[str, BeforeValidator(from_here), AfterValidator(check_place)]
Name = Annotated[str, AfterValidator(check_file)]
Network = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Directory = Annotated[str, Field(pattern=r"^(https://\S+)?$")]


class RenewCertificateParameters(Parameters):
    """`nginx` is the target that serves it; `folder` what it has mounted for its pair, on the host or a volume.

    `letsencrypt` is all of certbot's folder, `lineage` its name of the certificate (the domain, by default),
    `webroot` what Nginx serves challenges from. `server` and `ca`: of an authority of one's own.
    """

    nginx: str = Field(min_length=1)
    folder: Place
    letsencrypt: Place = "/etc/letsencrypt"
    lineage: Name = ""
    chain: Name = "fullchain.pem"
    key: Name = "privkey.pem"
    webroot: Place
    network: Network = "bridge"
    server: Directory = ""
    ca: Place | None = None
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

    def certbot(self, domain: str) -> Certbot:
        """How it is renewed."""
        return Certbot(
            places=self.where(domain).places,
            webroot=self.webroot,
            network=self.network,
            server=self.server,
            ca=self.ca or "",
        )


class RenewCertificate(Action[RenewCertificateParameters]):
    """The target is the domain. An authority counts failures: it is asked only when the way to us has been tried."""

    name: ClassVar[str] = "renew_certificate"
    # Once more would be one more of the authority's few.
    repeatable: ClassVar[bool] = False
    undoable: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = RenewCertificateParameters

    async def describe(self, target: str, tools: Tools) -> str:
        """What `run` would do."""
        asked, front = self.parameters, front_of(tools)
        shot = await front.shots.describe(renewal_shot(asked.certbot(target)))
        return (
            f"ask Nginx for a challenge at port 80, then {shot}; if the certificate is another one then, put it into "
            f"{asked.folder}, and in {asked.nginx}: nginx -t, nginx -s reload, a handshake; the old pair is put back if "
            "that fails"
        )

    async def pin(self, target: str, tools: Tools) -> Mapping[str, str]:
        """Which certificate it would renew, and where."""
        pairs = await look_at_pairs(front_of(tools).shots, self.parameters.where(target).places)
        return {
            "renews": pairs.newest.fingerprint if pairs.newest else "",
            "server": self.parameters.server,
            "nginx": tools.containers.container_of(self.parameters.nginx) or "",
        }

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it. A better one that certbot has already is put in place without asking the authority."""
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
            before = await exchange.look()
            now = tools.clock.now().wall
            if before.newest is None:
                reason = (
                    f"certbot has no certificate of the name {exchange.places.lineage}: issue it once by hand"
                )
                return Outcome(result=Result.FAILED, reason=tools.redact(reason), hopeless=True)
            unready = await exchange.unready(served)
            if unready is not None:
                return unready
            there = better(before, served.certificate, target, now)
            if there is not None:
                return await exchange.install(there, now)
            if exchange.site.down:
                reason = f"{self.parameters.nginx} does not run, so that it cannot answer the authority"
                return Outcome(result=Result.SKIPPED, reason=reason)
            return await self._renew(exchange, before.newest, tools)
        except Refused as refused:
            return Outcome(result=Result.FAILED, reason=tools.redact(str(refused)))

    async def _renew(self, exchange: Exchange, old: Certificate, tools: Tools) -> Outcome:
        domain = exchange.site.domain
        certbot, shots = self.parameters.certbot(domain), front_of(tools).shots
        objection = await try_challenge(shots, certbot, domain, await exchange.site.find())
        if objection:
            return Outcome(result=Result.FAILED, reason=tools.redact(objection))
        tools.progress(domain, "Nginx serves the challenge: certbot is asked to renew")
        said = await renew(shots, certbot)
        after = await exchange.look()
        if after.newest is None or after.newest.fingerprint == old.fingerprint:
            return _explain(said, tools)
        outcome = await exchange.install(after.newest, tools.clock.now().wall)
        if outcome.result is Result.FAILED:
            renewed = f"renewed, and not put in place: {outcome.reason}"
            return Outcome(result=Result.FAILED, reason=renewed, hopeless=outcome.hopeless)
        return outcome

    async def undo(self, target: str, tools: Tools) -> Outcome:
        """Put the pair back that this replaced; nothing, if that was settled or nothing was replaced."""
        try:
            async with front_of(tools).turn(self.parameters.nginx):
                was_there, trouble = await (await self._exchange(target, tools)).put_back()
                await give_back_configuration(front_of(tools).shots, self.parameters.certbot(target))
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


def _explain(said: str, tools: Tools) -> Outcome:
    """It is the same certificate as before: why, in plain words."""
    failure = explain_failure(said)
    shown = (tools.redact(failure.shown_by),) if failure.shown_by else ()
    return Outcome(
        result=Result.FAILED,
        reason=tools.redact(f"not renewed: {failure.words}"),
        hopeless=failure.lasting,
        evidence=shown,
    )
