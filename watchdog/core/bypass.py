"""An emergency bypass: what may be published, to whom, and for how long."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

# Half an hour, and nobody can ask for more than a working day by mistake.
LASTS = 1800.0
LONGEST = 8 * 3600.0
LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - IPv4 only, and only with an approval and an allow-list
# A net that is larger than this is the world.
_WIDEST = 8

Net = ipaddress.IPv4Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Bypass:
    """One application, published past its front.

    Attributes:
        target: what it leads to.
        container: the id of that target's container.
        port: where that listens.
        published: at which port of the machine.
        sources: who may come, when it is published to the outside; empty: this machine only.
        lasts: seconds after which it ends by itself.
        incident, page: the incident that it is opened for, and the target in trouble; "" if it is for none.
    """

    target: str
    container: str
    port: int = 3000
    published: int = 3000
    sources: tuple[Net, ...] = ()
    lasts: float = LASTS
    incident: str = ""
    page: str = ""

    @property
    def public(self) -> bool:
        """Whether others than this machine can reach it."""
        return bool(self.sources)

    @property
    def address(self) -> str:
        """The address of the machine that it is published on. Never an IPv6 one: those come through Docker's proxy, without their source."""
        return EVERYWHERE if self.public else LOOPBACK

    @property
    def where(self) -> str:
        """Address and port of the machine."""
        return f"{self.address}:{self.published}"

    @property
    def allowed(self) -> str:
        """Who may come, in words; "" for this machine only."""
        return ", ".join(str(net).removesuffix("/32") for net in self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBypass:
    """A bypass that is open. `container`: the id of the forwarder's; `incident`, `page`: as of `Bypass`.

    `sources`: who may come, as they were written; "" for this machine only.
    """

    target: str
    container: str
    until: datetime
    where: str
    sources: str = ""
    incident: str = ""
    page: str = ""

    def stands_for(self, bypass: Bypass) -> bool:
        """Whether it may stay where this one is asked for: of the same application, at the same place, for the same people.

        So may one that a human has let others in by, where one for this machine is asked for: nobody is shut out unasked.
        """
        if self.target != bypass.target:
            return False
        allowed = bool(self.sources) and not bypass.public
        return allowed or (self.where, self.sources) == (bypass.where, bypass.allowed)


def read_sources(written: Iterable[str]) -> tuple[Net, ...]:
    """Who may come, as IPv4 addresses and nets. Raises ValueError with a sentence that says what to write instead."""
    nets = []
    for text in written:
        try:
            net = ipaddress.ip_network(text.strip())
        except ValueError:
            raise ValueError("has a source that is no address; write 203.0.113.7 or 203.0.113.0/24") from None
        if not isinstance(net, Net):
            raise ValueError("has an IPv6 source, which no bypass can tell apart; write IPv4")  # noqa: TRY004 - pydantic collects ValueErrors
        if net.prefixlen < _WIDEST:
            raise ValueError("has a source that is nearly everybody; write 203.0.113.7 or 203.0.113.0/24")
        nets.append(net)
    return tuple(nets)
