"""Find out why a feeder delivers nothing, before anything is done to it."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from watchdog.core.diagnosis import diagnose
from watchdog.core.duration import show_duration
from watchdog.core.reachable import object_to_url
from watchdog.core.run import Outcome, Result, Then, Way
from watchdog.gateways.feeder_evidence import FeederEvidence, Questions
from watchdog.plugins import Action, Parameters, Tools

_HOST = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,252}|\[[0-9A-Fa-f:]{2,45}\]):([1-9]\d{0,4})")
_LARGEST_PORT = 65535


def _has_a_port(host: str) -> str:
    found = _HOST.fullmatch(host)
    if not found or int(found[1]) > _LARGEST_PORT:
        raise ValueError(f"{host[:80]!r} is no host with a port; write api.binance.com:443")
    return host


def _may_be_asked(url: str) -> str:
    objection = object_to_url(url) if url else ""
    if objection:
        raise ValueError(f"{objection}; write http://market-feeder:8080")
    return url


Host = Annotated[str, AfterValidator(_has_a_port)]


class DiagnoseFeederParameters(Parameters):
    """Which rules are tried on what. `independent`: hosts that have nothing to do with each other, nor with us."""

    rules: str = "feeder"
    url: Annotated[str, AfterValidator(_may_be_asked)] = ""
    exchange: tuple[Host, ...] = ("api.binance.com:443",)
    independent: tuple[Host, ...] = Field(default=("one.one.one.one:443", "dns.quad9.net:443"), min_length=2)


class DiagnoseFeeder(Action[DiagnoseFeederParameters]):
    """Looks only; how the ladder goes on is in its outcome."""

    name: ClassVar[str] = "diagnose_feeder"
    changes: ClassVar[bool] = False
    decides: ClassVar[bool] = True
    repeatable: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = DiagnoseFeederParameters

    def __init__(self, parameters: DiagnoseFeederParameters) -> None:
        super().__init__(parameters)
        self._gatherer = FeederEvidence()

    async def describe(self, target: str, tools: Tools) -> str:  # noqa: ARG002 - the same for every target
        """What `run` would do."""
        return f"find out from log, /health, /metrics and connections why {target} delivers nothing"

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Gather, and try the rules. Without rules a human has to look."""
        rules = tools.diagnoses.get(self.parameters.rules)
        if rules is None:
            reason = f"there are no rules by the name of {self.parameters.rules}"
            return Outcome(result=Result.FAILED, reason=reason, then=Then(way=Way.HAND_OVER, cause="unknown"))
        asked = Questions(
            feeder=target,
            url=self.parameters.url,
            exchange=self.parameters.exchange,
            independent=self.parameters.independent,
            targets=rules.targets,
        )
        now = tools.clock.now().wall
        evidence = await self._gatherer.gather(asked, tools.engine, tools.containers, now)
        found = diagnose(rules, evidence)
        return Outcome(
            result=Result.DONE,
            reason=_say(found.then),
            evidence=tuple(tools.redact(line) for line in found.lines),
            then=found.then,
        )


def _say(then: Then) -> str:
    cause = then.cause.replace("_", " ")
    match then.way:
        case Way.WAIT:
            return f"{cause}: nothing is touched for {show_duration(round(then.seconds))}"
        case Way.STAND_BY:
            return f"{cause}: {then.target} comes first"
        case Way.HAND_OVER:
            return f"{cause}: only a human can mend that"
        case _:
            return cause
