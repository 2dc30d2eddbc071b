"""Which certificate a server shows: two live handshakes, one that looks and one that verifies, under one deadline.

A handshake that verifies and fails shows no certificate; one that does not verify shows it and says nothing of
trust. So both are made, at once.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from contextlib import suppress
from typing import Any

from watchdog.core.certificate import Certificate, CertificateTrouble, Filed, Served, Trusted
from watchdog.core.errors import Unreachable
from watchdog.gateways.lanes import Circuit, Lane
from watchdog.gateways.trust import Trust, tls_context
from watchdog.gateways.x509 import read_der, read_files

HANDSHAKE_WITHIN = 5.0
HTTPS = 443
# OpenSSL's X509_V_ERR_*.
_TRUSTED = {
    18: Trusted.SELF_SIGNED,
    19: Trusted.ROOT_UNKNOWN,
    2: Trusted.NO_ISSUER,
    20: Trusted.NO_ISSUER,
    21: Trusted.NO_ISSUER,
    9: Trusted.EARLY,
    10: Trusted.EXPIRED,
}
_DER = 2
# A kind of key, in the words of OpenSSL's list of ciphers; beyond TLS 1.2 that says nothing of it.
_KINDS = ("aECDSA", "aRSA")
# So long is waited for one of several addresses.
NEXT_ADDRESS = 1.0


class TlsCaller:
    """Makes handshakes and hangs up; reads certificate files with the same patience."""

    def __init__(self) -> None:
        self._lookups = Lane("lookup", 2, Circuit("the name server"))
        self._reads = Lane("certificate", 2, Circuit("the disk"))

    async def served(
        self,
        name: str,
        *,
        at: str = "",
        trust: Trust | None = None,
        within: float = HANDSHAKE_WITHIN,
    ) -> Served:
        """What a server shows to who asks for `name`. Never raises but for a cancelled caller.

        Args:
            name: The host that is asked for (SNI), and whose certificate it has to be.
            at: Where to connect, `host` or `host:port`; the name itself at port 443 by default.
            trust: Whom to believe; `Trust(verify=False)` leaves the chain unjudged.
            within: Seconds, for all of it.
        """
        host, _, written = at.rpartition(":") if ":" in at else (at, "", "")
        trust = trust or Trust()
        try:
            async with asyncio.timeout(within):
                addresses = await self._find(host or name, int(written or HTTPS))
                return await self._shake(await _who_listens(addresses), name, trust)
        except TimeoutError:
            trouble, detail = CertificateTrouble.HANDSHAKE_ENDLESS, f"no handshake within {within:g} s"
        except (socket.gaierror, UnicodeError, Unreachable):
            trouble, detail = CertificateTrouble.NO_NAME, "its name is not found"
        except ssl.SSLError as error:
            trouble, detail = CertificateTrouble.NO_TLS, str(error.reason or "").replace("_", " ").lower()
        except (ConnectionResetError, EOFError):
            trouble, detail = CertificateTrouble.NO_TLS, "it hung up in the middle of the handshake"
        except OSError as error:
            # The system's own words: those of asyncio name the address.
            words = os.strerror(error.errno) if error.errno else type(error).__name__
            trouble, detail = CertificateTrouble.NO_CONNECTION, words
        except ValueError:
            trouble, detail = CertificateTrouble.GARBAGE, "what it shows is no certificate"
        return Served(trouble=trouble, detail=detail)

    async def all_served(
        self, name: str, at: str = "", trust: Trust | None = None, within: float = HANDSHAKE_WITHIN
    ) -> frozenset[str]:
        """Fingerprints of what is shown to who takes keys of one kind only, and is believed. Never raises.

        A server may have a certificate for each kind of key; a handshake shows one of them.
        """
        shown = await asyncio.gather(
            *(self._shown_for(kind, name, at, trust or Trust(), within) for kind in _KINDS)
        )
        return frozenset(each for each in shown if each)

    async def _shown_for(self, kind: str, name: str, at: str, trust: Trust, within: float) -> str:
        host, _, written = at.rpartition(":") if ":" in at else (at, "", "")
        with suppress(OSError, ValueError, EOFError, Unreachable, TimeoutError):
            context = tls_context(trust)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(kind)
            async with asyncio.timeout(within):
                addresses = await self._find(host or name, int(written or HTTPS))
                chain = await _handshake(await _who_listens(addresses), name, context)
                return (await self.read(chain[0])).fingerprint
        return ""

    async def filed(self, chain: str, key: str = "", within: float = HANDSHAKE_WITHIN) -> Filed:
        """What lies in the files; a disk that hangs is an unreadable file."""
        try:
            return await self._reads.call(read_files, chain, key, within=within)
        except Unreachable:
            return Filed(trouble=CertificateTrouble.FILE_UNREADABLE)

    async def read(self, der: bytes) -> Certificate:
        """What a certificate says; raises ValueError for what is none."""
        return await self._reads.call(read_der, der, within=HANDSHAKE_WITHIN)

    async def _find(self, host: str, port: int) -> list[tuple[str, int]]:
        found = await self._lookups.call(_look_up, host, port, within=60.0)
        return [(str(each[4][0]), int(each[4][1])) for each in found]

    async def _shake(self, address: tuple[str, int], name: str, trust: Trust) -> Served:
        looking = asyncio.create_task(_handshake(address, name, tls_context(Trust(verify=False))))
        verifying = asyncio.create_task(_verify(address, name, trust))
        try:
            chain = await looking
            trusted, detail = await verifying
        finally:
            for task in (looking, verifying):
                task.cancel()
            await asyncio.gather(looking, verifying, return_exceptions=True)
        return Served(certificate=await self.read(chain[0]), chain=len(chain), trusted=trusted, detail=detail)


async def _who_listens(addresses: list[tuple[str, int]]) -> tuple[str, int]:
    """The first at which somebody accepts; the last one where nobody does, for its error."""
    for address in addresses[:-1]:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(NEXT_ADDRESS):
                _, writer = await asyncio.open_connection(*address)
            writer.transport.abort()
            return address
    return addresses[-1]


async def _handshake(address: tuple[str, int], name: str, context: ssl.SSLContext) -> tuple[bytes, ...]:
    """The certificates that were sent, the server's own first."""
    _, writer = await asyncio.open_connection(*address, ssl=context, server_hostname=name)
    try:
        shown: Any = writer.get_extra_info("ssl_object")
        own = shown.getpeercert(binary_form=True)
        return _whole_chain(shown, own)
    finally:
        # Nobody waits for its goodbye: it may never come.
        writer.transport.abort()


def _whole_chain(shown: Any, own: bytes | None) -> tuple[bytes, ...]:
    if not own:
        raise ValueError("it showed none")
    with suppress(AttributeError, TypeError, ValueError):
        if hasattr(shown, "get_unverified_chain"):  # since Python 3.13
            return tuple(shown.get_unverified_chain()) or (own,)
        # Before, the same without a door of its own.
        return tuple(each.public_bytes(_DER) for each in shown._sslobj.get_unverified_chain()) or (own,)  # noqa: SLF001
    return (own,)


async def _verify(address: tuple[str, int], name: str, trust: Trust) -> tuple[Trusted, str]:
    if not trust.verify:
        return Trusted.NOT_ASKED, ""
    try:
        context = tls_context(trust)
    except (OSError, ValueError):
        return Trusted.OTHERWISE, "the file of trusted certificates cannot be read"
    try:
        await _handshake(address, name, context)
    except ssl.SSLCertVerificationError as error:
        return _TRUSTED.get(error.verify_code, Trusted.OTHERWISE), str(error.verify_message)
    return Trusted.YES, ""


def _look_up(host: str, port: int) -> list[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
