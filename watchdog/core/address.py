"""Where the daemon's web surface listens: an IP address with its port, or nowhere."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

OFF = "off"
_HOW = "write 127.0.0.1:9120, or off"


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address and a port to listen on."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether only this machine (or this container) can reach it."""
        return ipaddress.ip_address(self.host).is_loopback


def parse_address(value: object) -> Address | None:
    """`127.0.0.1:9120` or `[::1]:9120`; None for `off` (which YAML reads as False).

    Raises ValueError with a sentence that says what to write instead. A name is none: it may lead to several
    addresses, and to others tomorrow.
    """
    if isinstance(value, Address):
        return value
    if value is False or (isinstance(value, str) and value.strip().lower() == OFF):
        return None
    if not isinstance(value, str):
        raise ValueError(f"must be an address with a port; {_HOW}")  # noqa: TRY004 - pydantic collects ValueErrors
    host, colon, port = value.strip().rpartition(":")
    if not colon or not host:
        raise ValueError(f"has no address or no port; {_HOW}")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65535):  # noqa: PLR2004 - the largest port
        raise ValueError(f"has no port between 1 and 65535; {_HOW}")
    bracketed = host.startswith("[") and host.endswith("]")
    try:
        ip = ipaddress.ip_address(host[1:-1] if bracketed else host)
    except ValueError:
        raise ValueError(f"does not begin with an IP address; {_HOW}") from None
    if (ip.version == 6) is not bracketed:  # noqa: PLR2004 - the version of IP
        raise ValueError("an IPv6 address stands in brackets; write [::1]:9120")
    return Address(str(ip), int(port))
