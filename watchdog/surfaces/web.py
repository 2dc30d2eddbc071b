"""The web surface: health for whoever looks after watchdog, metrics for Prometheus.

GET /healthz    {status, reasons}: 200 for ok and degraded, 503 for failing (`telemetry/health.py` says when)
GET /metrics    Prometheus' text format
POST /check-in/ the signals of jobs (`check_ins.py`), where any are expected

It lives in the daemon's own loop: when that is dead, so are both. Nothing here changes anything, and no text
from outside (a log line, an error of somebody else, the request itself) is in any answer.
"""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from watchdog.core.address import Address
from watchdog.core.errors import ConfigError
from watchdog.surfaces.check_ins import CheckInRoute

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# What still runs when the daemon stops has so long to end.
LAST_WORDS = 0.5
_UNAVAILABLE = 503
_FIXES = {
    errno.EADDRINUSE: (
        "another program listens there already",
        "end it, or choose another port in web.listen or WATCHDOG_LISTEN, or write off",
    ),
    errno.EADDRNOTAVAIL: (
        "this machine (or container) has no such address",
        "write 127.0.0.1, or 0.0.0.0 in a container",
    ),
    errno.EACCES: ("watchdog's user may not listen there", "choose a port above 1023"),
}

Json = dict[str, Any]


class Web:
    """The server. `address` None: nowhere."""

    def __init__(
        self,
        address: Address | None,
        health: Callable[[], Awaitable[Json]],
        metrics: Callable[[], Awaitable[bytes]],
        check_ins: CheckInRoute | None = None,
    ) -> None:
        self._address = address
        self._health = health
        self._metrics = metrics
        self._check_ins = check_ins
        self._runner: web.AppRunner | None = None

    @property
    def address(self) -> Address | None:
        """Where it answers; None while it does not."""
        if self._runner is None:
            return None
        host, port, *_ = self._runner.addresses[0]
        return Address(str(host), int(port))

    async def start(self) -> None:
        """Begin to answer. Raises `ConfigError` when that is not possible at this address."""
        if self._address is None:
            return
        app = web.Application(middlewares=[_in_our_words])
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._scrape)
        if self._check_ins is not None:
            self._check_ins.add_to(app.router)
        app.on_response_prepare.append(_sign)
        runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=LAST_WORDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._address.host, self._address.port).start()
        except OSError as error:
            await runner.cleanup()
            what, fix = _FIXES.get(error.errno or 0, (error.strerror or "cannot be used", "write another"))
            raise ConfigError((f"web.listen {self._address}: {what}. Fix: {fix}",)) from error
        self._runner = runner

    async def stop(self) -> None:
        """Stop answering, within a second."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _healthz(self, _: web.Request) -> web.Response:
        health = await self._health()
        return web.json_response(health, status=_UNAVAILABLE if health["status"] == "failing" else 200)

    async def _scrape(self, _: web.Request) -> web.Response:
        return web.Response(body=await self._metrics(), headers={"Content-Type": METRICS_TYPE})


async def _sign(_: web.Request, response: web.StreamResponse) -> None:
    """Headers of every answer; which Python and which aiohttp is nobody's business."""
    response.headers["Server"] = "watchdog"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"


@web.middleware
async def _in_our_words(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Errors without a word of what was asked."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        headers = {"Allow": "GET, HEAD"} if error.status == web.HTTPMethodNotAllowed.status_code else {}
        return web.Response(
            status=error.status, text="here are: GET /healthz, GET /metrics\n", headers=headers
        )
