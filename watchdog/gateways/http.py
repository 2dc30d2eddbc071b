"""HTTP to the outside: the only file that calls out with `aiohttp`.

Names are looked up in threads that may be left behind: those of the loop's own executor would keep the
process from ending while a name server is silent.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from watchdog.core.errors import GatewayError, Refused, Unreachable
from watchdog.gateways.lanes import Circuit, Lane

if TYPE_CHECKING:
    import aiohttp

# No answer that we wait for is longer; what comes after is not read.
LONGEST_ANSWER = 4096
LOOKUPS = 2
LONGEST_LOOKUP = 30.0
AGENT = {"User-Agent": "compose-watchdog"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered.

    Attributes:
        reason: the other side's own words for the status.
        headers: by their names in small letters.
        text: the beginning of the body.
    """

    status: int
    reason: str
    headers: Mapping[str, str]
    text: str


class HttpCaller:
    """Sends one request at a time to wherever; a connection lives no longer than its request."""

    def __init__(self) -> None:
        self._lookups: Lane | None = None

    async def send(self, method: str, url: str, body: bytes, within: float) -> str:
        """The answer as text, its beginning. No error of this says the URL: it may hold a secret.

        Raises:
            Unreachable: there was no answer within so many seconds.
            Refused: the answer was no success (below 200, or 300 and above).
        """
        answer = await self._exchange(method, url, body, within, {}, follow=True)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise Refused(f"it answered {answer.status} {answer.reason}".rstrip())
        return answer.text

    async def post(self, url: str, body: bytes, within: float, headers: Mapping[str, str]) -> Answer:
        """What is answered, success or not. Redirects are not followed: what is sent may hold a secret.

        Raises `Unreachable` when there was no answer within so many seconds.
        """
        return await self._exchange("POST", url, body, within, headers, follow=False)

    async def _exchange(
        self, method: str, url: str, body: bytes, within: float, headers: Mapping[str, str], *, follow: bool
    ) -> Answer:
        import aiohttp  # noqa: PLC0415 - only who calls out pays for it

        timeout = aiohttp.ClientTimeout(total=within)
        try:
            async with (
                aiohttp.ClientSession(
                    connector=self._connector(), timeout=timeout, headers=AGENT, trust_env=True
                ) as session,
                session.request(
                    method, url, data=body or None, headers=headers, allow_redirects=follow
                ) as response,
            ):
                return Answer(
                    status=response.status,
                    reason=response.reason or "",
                    headers={name.lower(): value for name, value in response.headers.items()},
                    text=(await response.content.read(LONGEST_ANSWER)).decode("utf-8", "replace"),
                )
        except GatewayError:
            raise
        except TimeoutError:
            raise Unreachable(f"no answer within {within:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unreachable(_explain(error)) from None

    def _connector(self) -> aiohttp.TCPConnector:
        import aiohttp  # noqa: PLC0415 - the same
        from aiohttp.abc import AbstractResolver, ResolveResult  # noqa: PLC0415 - the same

        if self._lookups is None:
            self._lookups = Lane("lookup", LOOKUPS, Circuit("the name server"))
        lookups = self._lookups

        class Resolver(AbstractResolver):
            async def resolve(
                self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
            ) -> list[ResolveResult]:
                found = await lookups.call(_look_up, host, port, family, within=LONGEST_LOOKUP)
                return [
                    ResolveResult(
                        hostname=host,
                        host=address[0],
                        port=address[1],
                        family=kind,
                        proto=protocol,
                        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
                    )
                    for kind, _, protocol, _, address in found
                ]

            async def close(self) -> None:
                pass

        return aiohttp.TCPConnector(resolver=Resolver(), force_close=True)


def _look_up(host: str, port: int, family: socket.AddressFamily) -> list[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG)


def _explain(error: BaseException) -> str:
    """What went wrong, without the URL: only the kinds of error that name no more than the host."""
    import aiohttp  # noqa: PLC0415 - the same

    match error:
        case aiohttp.InvalidURL():
            return "its URL cannot be used"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return f"its certificate or its TLS cannot be trusted ({type(error).__name__})"
        case aiohttp.ClientConnectorError():
            return f"cannot be connected to: {_words_of(error.os_error)}"
        case aiohttp.TooManyRedirects():
            return "it redirects in a circle"
        case OSError() if error.strerror:
            return _words_of(error)
        case _:
            return f"the exchange broke ({type(error).__name__})"


def _words_of(error: OSError) -> str:
    """The system's own words: those of asyncio name the address."""
    if isinstance(error, socket.gaierror) or not error.errno:
        return error.strerror or type(error).__name__
    return os.strerror(error.errno)
