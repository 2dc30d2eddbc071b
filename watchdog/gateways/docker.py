"""The Docker engine behind its SDK: the only file that imports `docker`.

Belongs here: calls, their deadlines, and the translation of every error. Does not: what an answer means
(`engine_words`), threads and slots (`lanes`), and any decision.

The SDK costs 280 ms to import and its client does network I/O when it is made: both happen in the thread of
the first call, under that call's deadline.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, TypeVar

from watchdog.core.container import ContainerFacts
from watchdog.core.errors import GatewayError, NotThere, Refused, Unreachable
from watchdog.core.event import WATCHED_ACTIONS, EngineEvent
from watchdog.core.roster import ContainerRow, without_own
from watchdog.gateways import engine_exec, engine_words
from watchdog.gateways.engine_options import EngineOptions
from watchdog.gateways.engine_trouble import explain, is_stale, one_line
from watchdog.gateways.event_stream import EventStream, Exchange
from watchdog.gateways.images import Images
from watchdog.gateways.itself import own_container_id
from watchdog.gateways.lanes import Circuit, Lane
from watchdog.gateways.program import Ended

if TYPE_CHECKING:
    import docker
    import requests

R = TypeVar("R")

# Each call has a thread of its own: this is how the SDK's hook finds the exchange it belongs to.
_asking = threading.local()

__all__ = ["DockerEngine", "EngineOptions"]

# An abandoned thread ends by itself after so many more seconds of silence.
PATIENCE = 60.0
# What a stop may take beyond the grace that was asked for, before the engine counts as stuck.
STOP_MARGIN = 15.0
# More than the lanes are wide: a connection beyond it would be thrown away after one use.
KEPT_CONNECTIONS = 40
WHAT = "the Docker engine"
# Whether the output is a terminal's own, or one of two streams in frames.
_STREAMS = {"application/vnd.docker.raw-stream": True, "application/vnd.docker.multiplexed-stream": False}


class DockerEngine:
    """`plugins.Engine`, and what the listener needs: the list, recent events and the event stream.

    Nothing is connected until the first call, and a lost engine is found again by the next one. Every call
    ends within its deadline. Raises `Unreachable`, `Refused` and `NotThere` only.
    """

    def __init__(self, options: EngineOptions) -> None:
        self.options = options
        self.circuit = Circuit(WHAT, options.abandoned)
        self._looks = Lane("look", options.looks, self.circuit)
        self._starts = Lane("start", options.starts, self.circuit)
        self._stops = Lane("stop", options.stops, self.circuit)
        self._tails = Lane("log", options.looks, self.circuit)
        self._executions = Lane("exec", options.looks, self.circuit)
        self._listens = Lane("listen", 2, self.circuit)
        self._client: docker.APIClient | None = None
        self._own_id = options.own_id or own_container_id()
        self.images = Images(self._read)

    async def ping(self) -> None:
        """Nothing, if the engine answers."""
        await self._read(lambda client: client.ping())

    async def inspect(self, container_id: str) -> ContainerFacts:
        """What the engine says of a container now."""
        return await self._read(
            lambda client: engine_words.read_container(client.inspect_container(container_id))
        )

    async def logs(self, container_id: str, tail: int, *, stamped: bool = False) -> tuple[str, ...]:
        """The last `tail` lines of both streams, oldest first, bounded in length, in all 64 KiB.

        `stamped`: before each the engine's time of it (RFC 3339) and a space.
        """
        # Not in the lane of the looks: the engine keeps a log waiting while the container is being started.
        return await self._read(
            lambda client: engine_words.read_log(_ask_for_log(client, container_id, tail, stamped), tail),
            self._tails,
        )

    async def execute(
        self,
        container_id: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        within: float = 10.0,
    ) -> Ended:
        """How a command ended that ran inside a container: its code, and the beginning of both outputs (64 KiB each).

        All the world sees the command: a secret belongs in the environment. The command is not ended at the
        deadline, nor when it says more than is read: it has to see to that itself.
        """
        exchange = Exchange()

        def ask(client: docker.APIClient) -> Ended:
            return engine_exec.execute(client, container_id, command, environment or {})

        # Asked once: what it does may not bear being done twice.
        return await self._executions.call(self._try, ask, exchange, within=within, cut=exchange.cut)

    async def image_id(self, reference: str) -> str | None:
        """The id of the image that a reference names now, None if it names none."""
        return await self.images.image_id(reference)

    async def own_labels(self) -> Mapping[str, str]:
        """The labels of the container that we run in, none outside one."""
        if not self._own_id:
            return {}
        try:
            return dict((await self.inspect(self._own_id)).labels)
        except NotThere:
            return {}  # a host whose name looks like an id

    async def start(self, container_id: str) -> None:
        """Start a container; no error if it runs already."""
        within = self.options.start_within
        await self._write(self._starts, lambda client: client.start(container_id), within)

    async def stop(self, container_id: str, grace: float) -> None:
        """Stop a container, `grace` seconds (rounded up) before it is killed; no error if it is down already."""
        seconds = math.ceil(grace)
        within = seconds + STOP_MARGIN
        await self._write(self._stops, lambda client: client.stop(container_id, timeout=seconds), within)

    async def ask_for(
        self, ask: Callable[[docker.APIClient], R], within: float, lane: Lane | None = None
    ) -> R:
        """What a call of the SDK returns: for the gateways next door. Sent once; it has a start's slot, or the lane's."""
        return await self._write(lane or self._starts, ask, within)

    async def list_containers(self) -> tuple[ContainerRow, ...]:
        """Every container in scope, running or not, in one request; never ourselves, nor our own service."""
        scope = {"label": [self.options.scope]}
        rows = await self._read(
            lambda client: [
                engine_words.read_row(answer) for answer in client.containers(all=True, filters=scope)
            ]
        )
        return without_own(rows, self._own_id)

    async def recent_events(self) -> tuple[tuple[EngineEvent, ...], int | None]:
        """What the engine remembers: events of containers in scope, oldest first, and since when it is complete.

        The engine keeps its latest 256 events, of anything. The second value is the engine's time (ns) of
        the oldest of them: since then nothing was missed. None when it remembers nothing.
        """
        span = {"since": "1", "until": f"{time.time():.9f}"}
        told = await self._read(
            lambda client: engine_words.read_events(_ask_for_events(client, span, stream=False).content)
        )
        events = (event for _, event in told if event is not None and event.action in WATCHED_ACTIONS)
        return tuple(filter(self._in_scope, events)), min((at for at, _ in told), default=None)

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[EngineEvent]]:
        """The events of containers in scope, from the moment of entering on.

        Entering returns when the engine has accepted; the stream has a thread and a connection of its own,
        gone after leaving. Iterating raises `Unreachable` when the stream ends, however it ends.
        """
        exchange = Exchange()
        try:
            response = await self._listens.call(
                self._open_stream, exchange, within=self.options.call_within, cut=exchange.cut
            )
            yield self._heard(EventStream(response, self._translate))
        finally:
            exchange.cut()

    def close(self) -> None:
        """Let go of idle connections; the next call makes new ones."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _heard(self, stream: EventStream) -> AsyncIterator[EngineEvent]:
        while True:
            event = await stream.next()
            if self._in_scope(event):
                yield event

    def _in_scope(self, event: EngineEvent) -> bool:
        return engine_words.matches(self.options.scope, event.attributes) and not self._is_own(
            event.container_id
        )

    def _is_own(self, container_id: str) -> bool:
        return bool(self._own_id) and container_id.startswith(self._own_id)

    async def _read(self, ask: Callable[[docker.APIClient], R], lane: Lane | None = None) -> R:
        exchange = Exchange()
        within = self.options.call_within
        return await (lane or self._looks).call(
            self._try_twice, ask, exchange, within=within, cut=exchange.cut
        )

    async def _write(self, lane: Lane, ask: Callable[[docker.APIClient], R], within: float) -> R:
        # Never cut: an engine whose client goes away may leave the work half done.
        return await lane.call(self._try, ask, Exchange(), within=within)

    # From here on in the thread of one call.

    def _try_twice(self, ask: Callable[[docker.APIClient], R], exchange: Exchange) -> R:
        try:
            return self._try(ask, exchange)
        except Refused as trouble:
            if _status(trouble) >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise Unreachable(f"{WHAT} could not answer: {trouble}") from trouble
            raise
        except Unreachable as trouble:
            if exchange.over or trouble.__cause__ is None or not is_stale(trouble.__cause__):
                raise
            return self._try(ask, exchange)

    def _try(self, ask: Callable[[docker.APIClient], R], exchange: Exchange) -> R:
        import docker.errors  # noqa: PLC0415 - dear to import, see above
        import urllib3.exceptions  # noqa: PLC0415 - comes with it

        _asking.exchange = exchange
        try:
            client = self._client
            if client is None:
                client = self._client = self._connect()
            return ask(client)
        except (
            docker.errors.DockerException,
            urllib3.exceptions.HTTPError,
            HTTPException,
            OSError,
            ValueError,
            LookupError,
            TypeError,
            AttributeError,  # this and the three above: an answer of another shape
        ) as error:
            trouble = self._translate(error)
            if isinstance(trouble, Unreachable) or "client version" in str(trouble):
                self.close()
            raise trouble from error

    def _connect(self) -> docker.APIClient:
        """A client that speaks the engine's own version of the API."""
        import docker.constants  # noqa: PLC0415 - dear to import, see above

        # Not version="auto": that asks in the constructor, where no hook of ours can cut a dripping answer.
        first = self._make_client(docker.constants.DEFAULT_DOCKER_API_VERSION)
        try:
            return self._make_client(first.version(api_version=False)["ApiVersion"])
        finally:
            first.close()

    def _make_client(self, version: str) -> docker.APIClient:
        import docker  # noqa: PLC0415 - dear to import, see above

        client = docker.APIClient(
            base_url=f"unix://{self.options.socket}",
            version=version,
            timeout=math.ceil(self.options.call_within + PATIENCE),
            max_pool_size=KEPT_CONNECTIONS,
        )
        client.trust_env = False  # proxies and .netrc are for the network
        client.hooks["response"].append(_note_answer)
        return client

    def _open_stream(self, exchange: Exchange) -> requests.Response:
        def ask(_: docker.APIClient) -> requests.Response:
            own = self._connect()
            response = _ask_for_events(own, {**asked, "since": since}, stream=True)
            raw: Any = response.raw
            raw.connection.sock.settimeout(None)  # silence is normal from here on
            return response

        filters = {"type": ["container"], "label": [self.options.scope], "event": list(WATCHED_ACTIONS)}
        asked = {"filters": json.dumps(filters)}
        # The engine answers a moment before it subscribes us: what happens in between it remembers.
        since = f"{time.time():.9f}"
        return self._try(ask, exchange)

    def _translate(self, error: BaseException) -> GatewayError:
        import docker.errors  # noqa: PLC0415 - dear to import, see above

        if isinstance(error, GatewayError):
            return error
        if not isinstance(error, docker.errors.APIError):
            return explain(error, self.options.socket)
        words = one_line(str(error.explanation or error))
        # A start whose program is not found is a 404 too, on some engines.
        missing = error.status_code == HTTPStatus.NOT_FOUND and words.lower().startswith("no such")
        return NotThere(words) if missing else Refused(words)


def _status(trouble: GatewayError) -> int:
    return int(getattr(trouble.__cause__, "status_code", None) or 0)


def _ask_for_events(
    client: docker.APIClient, params: Mapping[str, str], *, stream: bool
) -> requests.Response:
    # Not client.events(): it waits for the answer without any timeout.
    url = f"{client.base_url}/v{client.api_version}/events"
    response = client.get(url, params=dict(params), stream=stream, timeout=client.timeout)
    client._raise_for_status(response)  # type: ignore[attr-defined]  # noqa: SLF001 - as the SDK does
    return response


def _ask_for_log(client: docker.APIClient, container_id: str, tail: int, stamped: bool) -> bytes:
    """The last lines of both streams.

    Not client.logs(): it inspects the container each time to learn whether it has a terminal. An engine since
    API 1.42 says so in its answer.
    """
    url = f"{client.base_url}/v{client.api_version}/containers/{container_id}/logs"
    params = {"stdout": 1, "stderr": 1, "tail": max(0, tail), "timestamps": int(stamped)}
    response = client.get(url, params=params, timeout=client.timeout)
    client._raise_for_status(response)  # type: ignore[attr-defined]  # noqa: SLF001 - as the SDK does
    sdk: Any = client
    kind = response.headers.get("Content-Type", "")
    if kind not in _STREAMS:
        return bytes(sdk._get_result(container_id, False, response))  # noqa: SLF001 - stream
    return bytes(sdk._get_result_tty(False, response, _STREAMS[kind]))  # noqa: SLF001 - the same


def list_build_files(folder: str, ignored: list[str], dockerfile: str) -> set[str]:
    """The files of a build context that a build can see, by the rules of `.dockerignore`."""
    from docker.utils.build import exclude_paths  # noqa: PLC0415 - dear to import, see above

    return set(exclude_paths(folder, ignored, dockerfile=dockerfile))


def _note_answer(response: requests.Response, *_: object, **__: object) -> None:
    _asking.exchange.answered(response)
