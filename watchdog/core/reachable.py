"""Where a page may be asked for, and where a redirect may lead: not to files, nor to a cloud's metadata."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

# Cloud providers answer with credentials there; the link-local ones are refused as such.
_METADATA = frozenset(
    {
        ipaddress.ip_address("100.100.100.200"),
        ipaddress.ip_address("168.63.129.16"),
        ipaddress.ip_address("192.0.0.192"),
        ipaddress.ip_address("fd00:ec2::254"),
        ipaddress.ip_address("fd20:ce::254"),
    }
)
_LONGEST_URL = 2000
# IPv6 addresses that hold an IPv4 one: networks that translate, and the old form that nobody uses.
_HOLDING_IPV4 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))
_LOWEST_HELD = 0x0100_0000  # 1.0.0.0: below it are ::1 and ::


def object_to_url(url: str) -> str:
    """Why this URL is not asked, "" if it may be. The address that its name leads to is judged apart."""
    if len(url) > _LONGEST_URL or any(c.isspace() or not c.isprintable() for c in url):
        return "is no URL"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in ("http", "https"):
        return "begins neither with http:// nor with https://"
    if not host or port == 0:
        return "names no host"
    if parts.username is not None or parts.password is not None:
        return "holds a user's name or password"
    if not host.isascii():
        # Wide digits become an address, too, where the name is looked up.
        return "names a host in other letters than ASCII's, which are written as xn--..."
    return object_to_address(host)


def object_to_address(host: str) -> str:
    """Why nothing is asked of this address, "" if it may be, or if it is a name."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0].strip("[]"))
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address.sixtofour or _held_by(address) or address
    if address in _METADATA:
        return "is the address of a cloud's metadata"
    if address.is_link_local:
        return "is a link-local address"
    if address.is_multicast or address.is_unspecified or address == ipaddress.ip_address("255.255.255.255"):
        return "is no address of one host"
    return ""


def _held_by(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    held = int(address) & 0xFFFF_FFFF
    if held < _LOWEST_HELD or not any(address in net for net in _HOLDING_IPV4):
        return None
    return ipaddress.IPv4Address(held)
