"""Check-ins over HTTP, for feeders, cron jobs and backups: they say that they live, and how they ended.

POST /check-in/NAME             success          Authorization: Bearer TOKEN
POST /check-in/NAME/start       it begins
POST /check-in/NAME/fail        it failed
POST /check-in/NAME/0 ... /255  it ended with this exit status

Where no header can be sent the token stands behind the name: POST /check-in/NAME/TOKEN/start. The body may hold
what the job has to say: 10 KiB of it are read. Who asks for another job, or has another token, gets the same 404.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from aiohttp import web

from watchdog.core.check_in import SHORTEST_TOKEN, Signal, read_signal
from watchdog.desk.check_ins import Taken

PATH = "/check-in/{rest:.*}"
LONGEST_BODY = 10 * 1024
# Seconds; a job that says it too slowly is taken at its word without it.
BODY_WITHIN = 5.0
RETRY_AFTER = "60"
_BEARER = "bearer "


class Door(Protocol):
    """The part of `desk.CheckIns` that this takes."""

    def may(self, name: str, token: str) -> bool:
        """Whether this is the token of this job."""
        ...

    async def take(
        self, name: str, token: str, signal: Signal, exit_status: int | None = None, note: str = ""
    ) -> Taken:
        """Take one signal of a job."""
        ...


class CheckInRoute:
    """Answers under /check-in/. Nothing that was asked, neither path nor body, is logged or answered."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Have a server answer them."""
        router.add_route("*", PATH, self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        """One request."""
        if request.method != "POST":
            # A browser, a crawler or a preview of a link must not keep a dead job alive.
            return _say(405, "only POST\n", Allow="POST")
        asked = _read_path(request.match_info["rest"], _bearer(request.headers.get("Authorization", "")))
        if asked is None:
            return _not_found()
        name, token, (signal, exit_status) = asked
        if not self._door.may(name, token):
            return _not_found()
        note = await _read_body(request)
        match await self._door.take(name, token, signal, exit_status, note):
            case Taken.TAKEN:
                return _say(200, "OK\n")
            case Taken.TOO_MANY:
                return _say(429, "too many in one minute\n", **{"Retry-After": RETRY_AFTER})
            case _:
                return _not_found()


def _read_path(rest: str, token: str) -> tuple[str, str, tuple[Signal, int | None]] | None:
    name, *parts = rest.split("/")
    if parts and (len(parts[0]) >= SHORTEST_TOKEN):
        token = parts.pop(0)
    if len(parts) > 1:
        return None
    signal = read_signal(parts[0] if parts else "")
    return None if signal is None else (name, token, signal)


def _bearer(header: str) -> str:
    return header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else ""


async def _read_body(request: web.Request) -> str:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            while len(body) < LONGEST_BODY:
                piece = await request.content.read(LONGEST_BODY - len(body))
                if not piece:
                    break
                body += piece
    except (TimeoutError, OSError, web.HTTPException):
        pass  # the signal itself has come whole
    return body.decode("utf-8", "replace")


def _not_found() -> web.Response:
    return _say(404, "not found\n")


def _say(status: int, text: str, **headers: str) -> web.Response:
    response = web.Response(status=status, text=text, headers=headers)
    # What was not read of the body is not waited for.
    response.force_close()
    return response
