"""The control surface: HTTP and JSON over a unix socket, for the command line and for programs of the owner.

GET  /status?target=          how everything stands
GET  /incidents?limit=&target=    the newest incidents
GET  /incidents/{id}          the story of one
GET  /proposals?all           what waits for a human yes; also what is over
GET  /follow?target=          happenings as they come, one JSON object a line; an empty line is a sign of life
GET  /health                  how watchdog itself is; 200 whatever the answer, in one line for text/plain
POST /probe   {target?}       look now
POST /plan    {playbook, target}
POST /proposals/{id}  {answer: approve|decline, dry_run?}
POST /orders  {order: heal|hold|release|retry, target, dry_run?}
GET  /maintenance?all         what is not touched, and until when; also what is over; and what recurs
POST /maintenance  {targets?, seconds?, why?, dry_run?}    without targets the whole stack, without seconds until ended
POST /maintenance/end  {id?}  end it before its time; without an id the only one there is
GET  /silences?all            of whom nothing is told, and until when; also what is over
POST /silences  {targets, seconds?, why?, dry_run?}    targets null: everything
POST /silences/end  {id?}     what was kept back and is still so is told now

POST /reload  {}              load the configuration again; 200 with ok False when it is broken

The shapes are those of the desk (`desk/shapes.py`). An error is {error, fix}: 400 not understood, 404 a name
that nobody knows, 409 refused, 413 too much, 503 an outside system cannot be asked.
Whoever may open the socket may do all of it; who they are is taken from the kernel, not from what they say.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from socket import socket
from typing import Annotated, Any, Literal, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from watchdog.core.decision import Order
from watchdog.core.errors import NotThere, Refused, Unreachable, WatchdogError
from watchdog.core.happening import Happening
from watchdog.core.maintenance import Purpose
from watchdog.desk import Desk
from watchdog.desk.shapes import shape_happening
from watchdog.surfaces.door import close_door, open_door, who_knocks
from watchdog.surfaces.followers import Follower, Followers

LONGEST_BODY = 64 * 1024
# An empty line so often: who follows knows that the daemon lives, and we that they still read.
SIGN_OF_LIFE = 2.0
# What still runs when the daemon stops has so long to end.
LAST_WORDS = 0.5
# A longer window is a mistyped unit: without an end it lasts as long as it has to.
LONGEST_WINDOW = 366 * 86400.0


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _Probe(_Asked):
    target: str | None = None


class _Plan(_Asked):
    playbook: str
    target: str


class _Ordered(_Asked):
    order: Order
    target: str
    dry_run: bool = False


class _Window(_Asked):
    targets: Annotated[tuple[str, ...], Field(min_length=1)] | None
    seconds: Annotated[float, Field(gt=0, le=LONGEST_WINDOW, allow_inf_nan=False)] | None = None
    why: Annotated[str, Field(max_length=500)] = ""
    dry_run: bool = False


class _Maintained(_Window):
    targets: Annotated[tuple[str, ...], Field(min_length=1)] | None = None


class _Ended(_Asked):
    id: str | None = None


class _Answered(_Asked):
    answer: Literal["approve", "decline"]
    dry_run: bool = False


A = TypeVar("A", bound=_Asked)


class Control:
    """The server. `follow` takes happenings and never waits."""

    def __init__(self, desk: Desk, path: Path, *, sign_of_life: float = SIGN_OF_LIFE) -> None:
        self._desk = desk
        self._path = path
        self._sign_of_life = sign_of_life
        self._followers = Followers()
        self._door: socket | None = None
        self._runner: web.AppRunner | None = None

    def follow(self, happening: Happening) -> None:
        """Hand a happening to all who follow; to be called from the loop."""
        self._followers.publish(happening)

    async def start(self) -> None:
        """Begin to answer. Raises `Refused` when another daemon does so already."""
        self._door = open_door(self._path)
        runner = web.AppRunner(
            self._app(), handle_signals=False, access_log=None, shutdown_timeout=LAST_WORDS
        )
        await runner.setup()
        await web.SockSite(runner, self._door).start()
        self._runner = runner

    async def stop(self) -> None:
        """Stop answering, within a second."""
        self._followers.end()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self._door is not None:
            close_door(self._path, self._door)
            self._door = None

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=LONGEST_BODY, middlewares=[_in_json])
        app.router.add_get("/status", self._status)
        app.router.add_get("/incidents", self._incidents)
        app.router.add_get("/incidents/{id}", self._story)
        app.router.add_get("/proposals", self._proposals)
        app.router.add_post("/proposals/{id}", self._respond)
        app.router.add_get("/follow", self._stream)
        app.router.add_get("/health", self._health)
        app.router.add_post("/probe", self._probe)
        app.router.add_post("/plan", self._plan)
        app.router.add_post("/reload", self._reload)
        app.router.add_post("/orders", self._orders)
        for path, purpose, kind in (
            ("/maintenance", Purpose.MAINTENANCE, _Maintained),
            ("/silences", Purpose.SILENCE, _Window),
        ):
            app.router.add_get(path, partial(self._windows, purpose))
            app.router.add_post(path, partial(self._begin_window, purpose, kind))
            app.router.add_post(f"{path}/end", partial(self._end_window, purpose))
        return app

    async def _status(self, request: web.Request) -> web.Response:
        return _answer(self._desk.status(request.query.get("target")))

    async def _incidents(self, request: web.Request) -> web.Response:
        limit = request.query.get("limit", "20")
        if not (limit.isascii() and limit.isdigit()):
            return _error(400, f"limit is no number: {limit!r}", "say for instance limit=20")
        return _answer(await self._desk.incidents(int(limit[:9]), request.query.get("target")))

    async def _story(self, request: web.Request) -> web.Response:
        return _answer(await self._desk.story(request.match_info["id"]))

    async def _health(self, request: web.Request) -> web.Response:
        health = await self._desk.health()
        if request.headers.get("Accept") != "text/plain":
            return _answer(health)
        # In one line, for a healthcheck that has no time to import a reader of JSON.
        reasons = ", ".join(health["reasons"])
        return web.Response(text=f"{health['status']}: {reasons}\n" if reasons else f"{health['status']}\n")

    async def _reload(self, request: web.Request) -> web.Response:
        await _read(request, _Asked)
        return _answer(await self._desk.reload(who_knocks(request.get_extra_info("socket"))))

    async def _probe(self, request: web.Request) -> web.Response:
        return _answer(await self._desk.probe((await _read(request, _Probe)).target))

    async def _plan(self, request: web.Request) -> web.Response:
        asked = await _read(request, _Plan)
        return _answer(await self._desk.plan(asked.playbook, asked.target))

    async def _proposals(self, request: web.Request) -> web.Response:
        return _answer(await self._desk.proposals(every="all" in request.query))

    async def _respond(self, request: web.Request) -> web.Response:
        asked, proposal = await _read(request, _Answered), request.match_info["id"]
        by = who_knocks(request.get_extra_info("socket"))
        if asked.answer == "approve":
            return _answer(await self._desk.approve(proposal, by, dry_run=asked.dry_run))
        return _answer(await self._desk.decline(proposal, by))

    async def _orders(self, request: web.Request) -> web.Response:
        asked = await _read(request, _Ordered)
        by = who_knocks(request.get_extra_info("socket"))
        match asked.order:
            case Order.HEAL:
                return _answer(await self._desk.heal(asked.target, by, dry_run=asked.dry_run))
            case Order.HOLD:
                return _answer(await self._desk.hold(asked.target, by))
            case Order.RELEASE:
                return _answer(await self._desk.release(asked.target, by))
            case Order.RETRY:
                return _answer(await self._desk.retry(asked.target, by))

    async def _windows(self, purpose: Purpose, request: web.Request) -> web.Response:
        return _answer(await self._desk.windows.listed(purpose, every="all" in request.query))

    async def _begin_window(
        self, purpose: Purpose, kind: type[_Window], request: web.Request
    ) -> web.Response:
        asked = await _read(request, kind)
        by = who_knocks(request.get_extra_info("socket"))
        begin = self._desk.windows.begin
        return _answer(
            await begin(purpose, asked.targets, by, asked.seconds, asked.why, dry_run=asked.dry_run)
        )

    async def _end_window(self, purpose: Purpose, request: web.Request) -> web.Response:
        asked = await _read(request, _Ended)
        by = who_knocks(request.get_extra_info("socket"))
        return _answer(await self._desk.windows.end(purpose, by, asked.id))

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if self._followers.full:
            return _error(503, "too many follow already", "end some of them")
        target = request.query.get("target")
        if target is not None:
            self._desk.status(target)  # raises for a name that nobody knows
        transport = request.transport
        assert transport is not None
        stream = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        follower = Follower(target, transport.abort)
        self._followers.add(follower)
        try:
            await stream.prepare(request)
            # So that who follows knows: from here on nothing is missed.
            await stream.write(b"\n")
            await _tell(stream, follower, self._sign_of_life)
        except ConnectionError:
            pass  # they left, or were dropped
        finally:
            self._followers.remove(follower)
        return stream


async def _tell(stream: web.StreamResponse, follower: Follower, sign_of_life: float) -> None:
    while True:
        try:
            happening = await follower.take(sign_of_life)
        except TimeoutError:
            await stream.write(b"\n")
            continue
        if happening is None:
            return
        await stream.write(json.dumps(shape_happening(happening)).encode() + b"\n")


async def _read(request: web.Request, kind: type[A]) -> A:
    text = await request.text()
    return kind.model_validate_json(text or "{}")


def _answer(content: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response(content, status=status)


def _error(status: int, error: str, fix: str) -> web.Response:
    return _answer({"error": error, "fix": fix}, status)


@web.middleware
async def _in_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error as {error, fix}."""
    try:
        return await handler(request)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, p['loc'])) or 'body'}: {p['msg']}" for p in error.errors())
        return _error(400, f"not understood: {problems}", "send a JSON object as described for this address")
    except UnicodeDecodeError:
        return _error(400, "not understood: the body is no UTF-8", "send a JSON object")
    except NotThere as error:
        return _error(404, str(error), getattr(error, "fix", ""))
    except Refused as error:
        return _error(409, str(error), "see watchdog status for how things stand")
    except Unreachable as error:
        return _error(503, str(error), "try again when it answers")
    except WatchdogError as error:
        return _error(500, str(error), "see the daemon's log")
    except web.HTTPRequestEntityTooLarge:
        return _error(413, f"more than {LONGEST_BODY} bytes", "send less")
    except web.HTTPException as error:
        # Not 404: that one says that a name is unknown, and a client of another version must not take it so.
        status = 400 if error.status == web.HTTPNotFound.status_code else error.status
        return _error(
            status,
            f"{request.method} {request.path}: {error.reason}",
            "is this the same version of watchdog?",
        )
