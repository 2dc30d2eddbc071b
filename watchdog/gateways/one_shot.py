"""One-shot containers: what needs root's files is done by a container of our own image that lives for one command.

Belongs here: making one with exactly what it was given, its deadline, its end. Does not: what the commands
are (actions), and calling the engine (`docker`).

The daemon itself has no right to such files, and keeps none: what a one-shot may touch is in its description,
which is in the plan that people read.
"""

from __future__ import annotations

import asyncio
import shlex
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from watchdog.core.errors import GatewayError, NotThere, Refused, Unreachable
from watchdog.core.target import ENABLE, ONE_OFF, PROJECT, SERVICE
from watchdog.gateways.docker import DockerEngine
from watchdog.gateways.itself import own_container_id
from watchdog.gateways.program import Ended

# Its value is the scope of the watchdog that made it.
LABEL = "watchdog.one-shot"
NO_NETWORK = "none"
MEMORY = 256 * 1024 * 1024
PROCESSES = 128
LOOK_EVERY = 0.2
CALL_WITHIN = 20.0
# The engine cuts the log there; what is read of it, per stream.
LOG_SIZE = "1m"
LINES = 1000


@dataclass(frozen=True, slots=True)
class Lent:
    """A folder or file that a one-shot may use: an absolute path of the host, or the name of a volume."""

    source: str
    at: str
    writable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OneShot:
    """One command and all that it may use.

    Attributes:
        command: the program and its words; no secret, all the world sees them.
        lent: the only things of the host in it.
        capabilities: without any, root has the rights of the files' owner root, no more.
        network: the name of a network; none by default.
        user: as `uid:gid`; root, as there would be no need for a one-shot otherwise.
        environment: where secrets belong; their names are shown, their values are not.
        within: seconds from its start after which it is killed.
    """

    command: tuple[str, ...]
    lent: tuple[Lent, ...] = ()
    capabilities: tuple[str, ...] = ()
    network: str = NO_NETWORK
    user: str = "0:0"
    environment: Mapping[str, str] = field(default_factory=dict)
    within: float = 60.0


class OneShots:
    """Runs one-shots on the engine, each in a container of its own that is gone afterwards."""

    def __init__(
        self, engine: DockerEngine, image: str = "", own_id: Callable[[], str] = own_container_id
    ) -> None:
        """Asks nothing yet.

        Args:
            engine: Where they run.
            image: Another one than that of the container which this process runs in.
            own_id: Which container that is, "" if none.
        """
        self._engine = engine
        self._image = image
        self._own_id = own_id
        self._running: set[str] = set()

    async def describe(self, shot: OneShot) -> str:
        """The command line that would do the same, in one line."""
        options = ["--rm", "--read-only", "--cap-drop", "ALL"]
        options += [word for each in shot.capabilities for word in ("--cap-add", each)]
        options += ["--user", shot.user, "--network", shot.network]
        for each in shot.lent:
            options += ["-v", f"{each.source}:{each.at}" + ("" if each.writable else ":ro")]
        options += [word for name in shot.environment for word in ("-e", name)]
        program, *words = shot.command
        return shlex.join(
            ["docker", "run", *options, "--entrypoint", program, await self._find_image(), *words]
        )

    async def run(self, shot: OneShot) -> Ended:
        """How its command ended, once the container is gone.

        Raises `Refused` when it could not be started, `Unreachable` when the engine could not be asked or the
        command did not end in time; it is killed then, as when the caller is cancelled.
        """
        name = f"watchdog-one-shot-{uuid.uuid4().hex[:12]}"
        content = self._container(shot, await self._find_image())
        self._running.add(name)
        try:
            await self._engine.ask_for(
                lambda client: client.create_container_from_config(content, name),  # type: ignore[no-untyped-call]
                CALL_WITHIN,
            )
            await self._engine.start(name)
            try:
                async with asyncio.timeout(shot.within):
                    code = await self._wait(name)
            except TimeoutError:
                what = shlex.join(shot.command[:2])
                raise Unreachable(f"{what} did not end within {shot.within:g} s and was killed") from None
            return Ended(code, await self._read(name, stdout=True), await self._read(name, stdout=False))
        finally:
            try:
                await asyncio.shield(self._remove(name))
            finally:
                self._running.discard(name)

    async def remove_leftovers(self) -> int:
        """Remove what a daemon left that was killed in the middle of a one-shot; how many there were.

        For the start of the daemon: it removes running ones too, but for those of this very object: a step may have
        been taken up again meanwhile.
        """
        mine = {"label": [f"{LABEL}={self._engine.options.scope}"]}
        rows = await self._engine.ask_for(
            lambda client: client.containers(all=True, filters=mine), CALL_WITHIN
        )
        left = [
            each for each in rows if not self._running & {name.lstrip("/") for name in each["Names"] or ()}
        ]
        for row in left:
            await self._remove(str(row["Id"]))
        return len(left)

    async def _find_image(self) -> str:
        if not self._image:
            own = self._own_id()
            if not own:
                raise Refused(
                    "this takes root's files, and a one-shot container of watchdog's own image would get at "
                    "them: run watchdog as a container (docs/how-to/install-as-sidecar.md), or name its image in WATCHDOG_IMAGE"
                )
            self._image = (await self._engine.inspect(own)).image_id
        return self._image

    def _container(self, shot: OneShot, image: str) -> dict[str, Any]:
        # An image that Compose built carries the labels of its service, and hands them on to every container:
        # emptied here, or this one would be taken for a target, and by Compose for an orphan.
        labels = {PROJECT: "", SERVICE: "", ONE_OFF: "True", ENABLE: "false"}
        return {
            "Image": image,
            "Entrypoint": list(shot.command[:1]),
            "Cmd": list(shot.command[1:]),
            "User": shot.user,
            "WorkingDir": "/",
            "Env": [f"{name}={value}" for name, value in shot.environment.items()],
            "Labels": {**labels, LABEL: self._engine.options.scope},
            "Healthcheck": {"Test": ["NONE"]},
            "HostConfig": {
                "ReadonlyRootfs": True,
                "Tmpfs": {"/tmp": "mode=1777,size=64m"},  # noqa: S108 - the container's own
                "CapDrop": ["ALL"],
                "CapAdd": list(shot.capabilities),
                "SecurityOpt": ["no-new-privileges"],
                "NetworkMode": shot.network,
                "Memory": MEMORY,
                "PidsLimit": PROCESSES,
                "RestartPolicy": {"Name": "no"},
                "LogConfig": {"Type": "json-file", "Config": {"max-size": LOG_SIZE}},
                "Mounts": [
                    {
                        "Type": "bind" if each.source.startswith("/") else "volume",
                        "Source": each.source,
                        "Target": each.at,
                        "ReadOnly": not each.writable,
                    }
                    for each in shot.lent
                ],
            },
        }

    async def _wait(self, name: str) -> int:
        while True:
            facts = await self._engine.inspect(name)
            if facts.state in ("exited", "dead"):
                return facts.exit_code
            await asyncio.sleep(LOOK_EVERY)

    async def _read(self, name: str, *, stdout: bool) -> bytes:
        return await self._engine.ask_for(
            lambda client: bytes(client.logs(name, stdout=stdout, stderr=not stdout, tail=LINES)), CALL_WITHIN
        )

    async def _remove(self, name: str) -> None:
        """Kill and remove it with its own volumes; the engine's complaint is nobody's any more."""
        with suppress(NotThere):
            try:
                await self._engine.ask_for(
                    lambda client: client.remove_container(name, force=True, v=True), CALL_WITHIN
                )
            except GatewayError as trouble:
                if "already in progress" not in str(trouble):
                    raise
