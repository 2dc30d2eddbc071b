"""One GET of a page, bounded in every way: time, size, redirects, and where these may lead.

`http.py` sends what is ours to say; this asks a page that may be sick, hostile or endless. It takes no proxy, sends
no credentials and keeps no connection.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urljoin, urlsplit

from watchdog.core.errors import Unreachable
from watchdog.core.http_judgement import LONGEST_BODY, MOST_REDIRECTS, Fetched, Reach
from watchdog.core.reachable import object_to_address, object_to_url
from watchdog.gateways.lanes import Circuit, Lane
from watchdog.gateways.trust import Trust, tls_context

if TYPE_CHECKING:
    import aiohttp

LOOKUPS = 4
CONNECT_WITHIN = 5.0
# Of one header. Content-Security-Policy and cookies grow beyond the 8 KiB that aiohttp takes; browsers take more.
LONGEST_HEADER = 64 * 1024
_ERROR = 400
_SILENT = "its name could not be looked up: the name server does not answer"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"User-Agent": "compose-watchdog", "Accept-Encoding": "identity", "Cache-Control": "no-cache"}
# Of zlib: take gzip's header or zlib's own, whichever comes.
_EITHER_HEADER = zlib.MAX_WBITS | 32


class _NoName(OSError):  # noqa: N818 - reads as what it says
    """The name is not known, or cannot be looked up."""


class _Forbidden(OSError):  # noqa: N818 - the same
    """The name leads to an address that is not asked."""


class PageCaller:
    """Asks for pages; nothing is kept from one to the next."""

    def __init__(self) -> None:
        self._lookups: Lane | None = None
        self._contexts: dict[Trust, ssl.SSLContext] = {}

    async def get(
        self, url: str, *, at: str = "", trust: Trust | None = None, within: float = 5.0
    ) -> Fetched:
        """What became of it, within so many seconds in all. Never raises but for a cancelled caller.

        Args:
            url: What is asked; its host is named to the other side (Host, SNI) in any case.
            at: The host to connect to instead (`nginx`, `nginx:443`), as long as the URL's host is asked.
            trust: Which certificates are believed; by default those that the system believes.
            within: Seconds, for names, connections, redirects and the body together.
        """
        begun = time.monotonic()
        looked_up: set[str] = set()
        try:
            async with asyncio.timeout(within):
                connect_within = min(within, CONNECT_WITHIN)
                fetched = await self._follow(url, at, trust or Trust(), connect_within, looked_up)
        except TimeoutError:
            # While a name was looked up nobody was asked, so that nobody has kept us waiting.
            waited = Fetched(reach=Reach.TIMED_OUT, detail=f"no whole answer within {within:g} s")
            fetched = replace(waited, reach=Reach.NO_NAME, detail=_SILENT) if looked_up else waited
        return replace(fetched, seconds=time.monotonic() - begun)

    async def _follow(
        self, url: str, at: str, trust: Trust, connect_within: float, looked_up: set[str]
    ) -> Fetched:
        import aiohttp  # noqa: PLC0415 - only who asks for pages pays for it

        first = urlsplit(url)
        try:
            context = self._context(trust)
        except (OSError, ValueError):
            return Fetched(reach=Reach.TLS, detail="the file of trusted certificates cannot be read")
        for redirects in range(MOST_REDIRECTS + 1):
            objection = object_to_url(url)
            if objection:
                return _refused(redirects, objection)
            connector = self._connector(_place_of(url, first, at), context, looked_up)
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect_within)
            try:
                async with (
                    aiohttp.ClientSession(
                        connector=connector,
                        timeout=timeout,
                        headers=_HEADERS,
                        auto_decompress=False,
                        max_line_size=LONGEST_HEADER,
                        max_field_size=LONGEST_HEADER,
                        trust_env=False,
                        cookie_jar=aiohttp.DummyCookieJar(),
                    ) as session,
                    session.get(url, allow_redirects=False) as response,
                ):
                    target = response.headers.get("Location", "")
                    if response.status not in _REDIRECTS or not target:
                        return await _read(response, redirects)
                    url = _lead_on(url, target)
            except (aiohttp.ClientError, OSError, ValueError, Unreachable) as error:
                return _explain(error, redirects)
        return Fetched(
            reach=Reach.TOO_MANY_REDIRECTS,
            redirects=MOST_REDIRECTS,
            detail=f"it leads on more than {MOST_REDIRECTS} times",
        )

    def _context(self, trust: Trust) -> ssl.SSLContext:
        """Reading all of the system's authorities takes a while, and they do not change; one's own may."""
        if trust.ca:
            return tls_context(trust)
        return self._contexts.setdefault(trust, self._contexts.get(trust) or tls_context(trust))

    def _connector(self, at: str, context: ssl.SSLContext, looked_up: set[str]) -> aiohttp.TCPConnector:
        import aiohttp  # noqa: PLC0415 - the same
        from aiohttp.abc import AbstractResolver, ResolveResult  # noqa: PLC0415 - the same

        if self._lookups is None:
            self._lookups = Lane("lookup", LOOKUPS, Circuit("the name server", LOOKUPS))
        lookups = self._lookups
        name, _, written = at.rpartition(":") if ":" in at else (at, "", "")

        class Resolver(AbstractResolver):
            async def resolve(
                self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
            ) -> list[ResolveResult]:
                looked_up.add(host)
                found = await lookups.call(_look_up, name or host, int(written or port), family, within=60.0)
                looked_up.discard(host)
                for _, _, _, _, address in found:
                    objection = object_to_address(str(address[0]))
                    if objection:
                        raise _Forbidden(objection)
                return [
                    ResolveResult(
                        hostname=host,
                        host=str(address[0]),
                        port=int(address[1]),
                        family=kind,
                        proto=protocol,
                        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
                    )
                    for kind, _, protocol, _, address in found
                ]

            async def close(self) -> None:
                pass

        return aiohttp.TCPConnector(resolver=Resolver(), force_close=True, ssl=context, use_dns_cache=False)


def _look_up(host: str, port: int, family: socket.AddressFamily) -> list[Any]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
    except (socket.gaierror, UnicodeError) as error:
        raise _NoName(str(getattr(error, "strerror", "") or "its name is none")) from None


async def _read(response: aiohttp.ClientResponse, redirects: int) -> Fetched:
    """The beginning of the body: as little is decompressed as is read."""
    import aiohttp  # noqa: PLC0415 - only who asks for pages pays for it

    raw = bytearray()
    try:
        while len(raw) <= LONGEST_BODY:
            chunk = await response.content.read(LONGEST_BODY + 1 - len(raw))
            if not chunk:
                break
            raw += chunk
    except (aiohttp.ClientError, OSError):
        # Of an error nobody needs the rest.
        if response.status < _ERROR:
            raise
    cut, body = len(raw) > LONGEST_BODY, bytes(raw[:LONGEST_BODY])
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("gzip", "x-gzip", "deflate"):
        inflate = zlib.decompressobj(_EITHER_HEADER)
        try:
            body = inflate.decompress(body, LONGEST_BODY)
        except zlib.error:
            return _unread(response, redirects, "it cannot be decompressed")
        cut = cut or bool(inflate.unconsumed_tail)
    elif encoding not in ("", "identity"):
        return _unread(response, redirects, "it is compressed in an unknown way")
    return Fetched(reach=Reach.ANSWERED, status=response.status, body=body, cut=cut, redirects=redirects)


def _unread(response: aiohttp.ClientResponse, redirects: int, why: str) -> Fetched:
    return Fetched(reach=Reach.ANSWERED, status=response.status, unread=why, redirects=redirects)


def _place_of(url: str, first: SplitResult, at: str) -> str:
    """Where this one of several URLs is asked; the port of `at` is for the port of the first."""
    parts = urlsplit(url)
    if parts.hostname != first.hostname:
        return ""
    return at if _port_of(parts) == _port_of(first) else at.rpartition(":")[0] if ":" in at else at


def _port_of(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _lead_on(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError:
        return ""  # no URL, and refused as that


def _refused(redirects: int, objection: str) -> Fetched:
    what = "the URL that it leads to" if redirects else "its URL"
    return Fetched(reach=Reach.REDIRECT_REFUSED, redirects=redirects, detail=f"{what} {objection}")


def _explain(error: BaseException, redirects: int) -> Fetched:
    """How far it got, without the URL: an error's own text may hold it."""
    import aiohttp  # noqa: PLC0415 - only who asks for pages pays for it

    def got(reach: Reach, detail: str) -> Fetched:
        return Fetched(reach=reach, redirects=redirects, detail=detail)

    ours = _ours_in(error)
    if isinstance(ours, _Forbidden) or isinstance(error, aiohttp.InvalidURL):
        return _refused(redirects, str(ours or "is no URL"))
    if ours is not None:
        return got(Reach.NO_NAME, f"its name is not found ({ours})")
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return got(Reach.TLS, f"its certificate is not trusted: {_why(error.certificate_error)}")
        case aiohttp.ClientConnectorSSLError() | ssl.SSLError():
            return got(Reach.TLS, "what answered there speaks no TLS that fits")
        case aiohttp.ConnectionTimeoutError():
            return got(Reach.NO_CONNECTION, "nobody accepted the connection")
        case aiohttp.ClientConnectorError():
            return got(Reach.NO_CONNECTION, f"it cannot be connected to: {_words_of(error.os_error)}")
        case Unreachable():
            return got(Reach.NO_NAME, _SILENT)
        case _:
            return got(Reach.BROKEN, f"the exchange broke ({type(error).__name__})")


def _ours_in(error: BaseException) -> _Forbidden | _NoName | None:
    """What our own resolver raised, as aiohttp wraps it."""
    inner = getattr(error, "os_error", error)
    for each in (error, inner, inner.__cause__, error.__cause__):
        if isinstance(each, _Forbidden | _NoName):
            return each
    return None


def _why(error: Exception) -> str:
    return str(getattr(error, "verify_message", "")) or "its names or its issuer do not fit"


def _words_of(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else type(error).__name__
