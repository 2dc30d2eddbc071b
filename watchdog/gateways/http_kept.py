"""HTTP to one and the same side, again and again, over a connection that is kept.

`http.py` opens a connection for each request, which is right for what is asked once a minute. A message that is
edited as it goes must not pay for a connection and for TLS each time.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from watchdog.core.errors import Unreachable
from watchdog.gateways.lanes import Circuit, Lane

# Seconds.
CONNECT_WITHIN = 5.0
LOOKUP_WITHIN = 10.0
KEPT_OPEN = 60.0
LOOKUPS = 2
LONGEST_ANSWER = 1024 * 1024


class KeptCaller:
    """Posts forms. The connection is opened by the first request, and anew after `close`."""

    def __init__(self, within: float, agent: str) -> None:
        self.within = within
        self._agent = agent
        self._lookups = Lane("lookup", LOOKUPS, Circuit("the name server"))
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, fields: Mapping[str, str]) -> tuple[int, bytes]:
        """The status and the body of the answer, whatever it is; a redirection is not followed.

        Raises `Unreachable` when there was none within so many seconds. Neither the error nor what it came from
        knows the URL: there may be a secret in it.
        """
        try:
            async with self._open().post(url, data=fields, allow_redirects=False) as response:
                return response.status, await _read(response)
        except TimeoutError:
            trouble = f"no answer within {self.within:g} s"
        except (aiohttp.ClientError, OSError, ValueError, Unreachable) as error:
            trouble = _explain(error)
        # Raised here, where no other error is being handled: the others know the URL.
        raise Unreachable(trouble)

    async def close(self) -> None:
        """Let go of the connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=_Resolver(self._lookups), keepalive_timeout=KEPT_OPEN
                ),
                timeout=aiohttp.ClientTimeout(total=self.within, sock_connect=CONNECT_WITHIN),
                headers={"User-Agent": self._agent},
                trust_env=True,
            )
        return self._session


class _Resolver(AbstractResolver):
    """Looks names up in threads that may be left behind: the loop's own would keep the process from ending."""

    def __init__(self, lookups: Lane) -> None:
        self._lookups = lookups

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host."""
        found = await self._lookups.call(_look_up, host, port, family, within=LOOKUP_WITHIN)
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
        """Nothing is held."""


def _look_up(host: str, port: int, family: socket.AddressFamily) -> list[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > LONGEST_ANSWER:
            raise Unreachable("its answer has no end")
    return bytes(body)


def _explain(error: Exception) -> str:
    """Why there was no answer, in words that name no more than the host."""
    match error:
        case Unreachable():
            return str(error)
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return f"its certificate or its TLS cannot be trusted ({type(error).__name__})"
        case aiohttp.ClientConnectorError():
            return _words_of(error.os_error)
        case OSError() if error.strerror:
            return _words_of(error)
        case _:
            return f"the exchange broke ({type(error).__name__})"


def _words_of(error: OSError) -> str:
    """The system's own words: those of asyncio name the address."""
    if isinstance(error, socket.gaierror) or not error.errno:
        return error.strerror or type(error).__name__
    return os.strerror(error.errno)
