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
    return object_to_address(host)


def object_to_address(host: str) -> str:
    """Why nothing is asked of this address, "" if it may be, or if it is a name."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0].strip("[]"))
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address.sixtofour or address
    if address in _METADATA:
        return "is the address of a cloud's metadata"
    if address.is_link_local:
        return "is a link-local address"
    if address.is_multicast or address.is_unspecified or address == ipaddress.ip_address("255.255.255.255"):
        return "is no address of one host"
    return ""
