"""Is the certificate that is served good, for long enough, and the one that lies in its file?"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field

from watchdog.core.certificate import CertificateRules, CertificateTrouble, Filed, judge_certificate
from watchdog.core.observation import Observation
from watchdog.gateways.here import from_here
from watchdog.gateways.tls import HANDSHAKE_WITHIN, TlsCaller
from watchdog.gateways.trust import Trust, read_trust
from watchdog.gateways.vantage import place_from_here
from watchdog.plugins import Check, Duration, Parameters, Tools

_RULES = CertificateRules()
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_AT = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,126}[A-Za-z0-9])?(:[1-9][0-9]{0,4})?")
_LARGEST_PORT = 65535


def _is_a_host(name: str) -> str:
    if not _HOST.fullmatch(name):
        raise ValueError("is no host; write the domain, such as dash.example.com")
    return name


def _is_an_address(at: str) -> str:
    port = at.rpartition(":")[2] if ":" in at else "1"
    if at and (not _AT.fullmatch(at) or int(port) > _LARGEST_PORT):
        raise ValueError("is no address; write the server's container and its port, such as nginx:443")
    return at


def _is_absolute(path: str) -> str:
    if path and not path.startswith("/"):
        raise ValueError(
            "is no absolute path; write /opt/shop/ssl/fullchain.pem, or ./ssl/fullchain.pem for the folder where watchdog starts"
        )
    return path


File = Annotated[str, BeforeValidator(from_here), AfterValidator(_is_absolute)]


class SiteParameters(Parameters):
    """One site. `at`: where it is served, by default the domain itself at port 443.

    `file` and `key`: what the server reads at its start, as watchdog sees them. A key that may not be read (it
    is mostly root's alone) is not looked at.
    """

    at: Annotated[str, AfterValidator(_is_an_address)] = ""
    file: File = ""
    key: File = ""
    tls: Annotated[
        Trust, Field(description="`verify`, `off`, or the path of a CA file"), BeforeValidator(read_trust)
    ] = Trust()


class CertificateParameters(Parameters):
    """The sites by their domains, each a target of its own; and when a certificate ends soon."""

    sites: Annotated[
        Mapping[Annotated[str, AfterValidator(_is_a_host)], SiteParameters],
        Field(description="a mapping of domains to where they are served", min_length=1),
    ]
    warn_share: float = Field(default=_RULES.warn_share, gt=0, lt=1)
    critical_share: float = Field(default=_RULES.critical_share, gt=0, lt=1)
    critical_left: Duration = Field(default=_RULES.critical_left.total_seconds(), ge=0)
    timeout: Duration = Field(default=HANDSHAKE_WITHIN, ge=0.1, le=30)


class Certificate(Check[CertificateParameters]):
    """Makes a live handshake, reads the file, and compares."""

    kind: ClassVar[str] = "certificate"
    findings: ClassVar[frozenset[str]] = frozenset(trouble.value for trouble in CertificateTrouble)
    every: ClassVar[float] = 300.0
    parameters_type: ClassVar[type[Parameters]] = CertificateParameters

    def __init__(self, name: str, parameters: CertificateParameters) -> None:
        super().__init__(name, parameters)
        self._caller: TlsCaller | None = None

    def targets(self) -> tuple[str, ...] | None:
        """The domains."""
        return tuple(self.parameters.sites)

    async def probe(self, target: str, tools: Tools) -> Observation:
        """One look: a handshake, one that verifies, and the files, at once."""
        site = self.parameters.sites[target]
        caller = self._caller = self._caller or TlsCaller()
        began = tools.clock.now()
        within, ends = self.parameters.timeout, asyncio.get_running_loop().time() + self.parameters.timeout
        at = await place_from_here(site.at, tools.containers, tools.engine)
        served, filed = await asyncio.gather(
            caller.served(target, at=at, trust=site.tls, within=within),
            self._read(caller, site, within),
        )
        mine, shown = filed.certificate if filed else None, served.certificate
        if mine is not None and shown is not None and mine.fingerprint != shown.fingerprint:
            anybody, left = Trust(verify=False), ends - asyncio.get_running_loop().time()
            besides = await caller.all_served(target, at=at, trust=anybody, within=left)
            served = replace(served, besides=besides)
        rules = CertificateRules(
            warn_share=self.parameters.warn_share,
            critical_share=self.parameters.critical_share,
            critical_left=timedelta(seconds=self.parameters.critical_left),
        )
        judged = judge_certificate(target, served, filed, began.wall, rules)
        measured = {}
        if shown is not None:
            left = (shown.ends - began.wall).total_seconds()
            measured = {"seconds_left": round(left, 1), "share_left": round(shown.share_left(began.wall), 4)}
        return Observation(
            check=self.name,
            target=target,
            status=judged.status,
            finding=judged.finding,
            at=began,
            version=shown.fingerprint if shown is not None else "",
            evidence=tuple(f"also: {each}" for each in judged.also),
            measurements=measured,
        )

    async def _read(self, caller: TlsCaller, site: SiteParameters, within: float) -> Filed | None:
        return await caller.filed(site.file, site.key, within) if site.file else None
