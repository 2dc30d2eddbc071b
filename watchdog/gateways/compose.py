"""Docker Compose through its own command line: recreating by the SDK makes Compose want to recreate again.

Belongs here: what is asked of Compose, and what it must not be asked. Does not: running a program to its
deadline (`program`).
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from watchdog.core.errors import GatewayError, Refused, Unreachable
from watchdog.core.roster import ComposeOrigin
from watchdog.gateways.program import Ended, run_program

# How long an answer to "what does the project ask for?" may be reused: an included file may have changed unseen.
CONFIG_AGE = 60.0
LOOK_WITHIN = 20.0
WORDS = 300
# Recreations at once: each is a process of some 60 MB.
AT_ONCE = 2
PLAIN = ("--progress", "plain")
# What Compose says of each step, on standard error: "Container demo-db-1  Running".
STEP = re.compile(r"Container (\S+)\s+(\w+)\s*$", re.MULTILINE)
TEMPORARY = re.compile("^[0-9a-f]{12}_")
UNTOUCHED = {"Running", "Waiting", "Healthy"}
FORMS = (("docker", "compose"), ("docker-compose",))
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

Stamp = tuple[float | None, ...]


class ComposeCli:
    """`plugins.Compose` by `docker compose`, or by a `docker-compose` of version 2.

    Only ever one named service, never its dependencies, from the files that its containers came from, in an
    environment of its own: ours would beat the project's `.env`.
    """

    def __init__(
        self,
        image_id_of: Callable[[str], Awaitable[str | None]],
        socket: str = "/var/run/docker.sock",
        within: float = 120.0,
    ) -> None:
        """Asks nothing yet.

        Args:
            image_id_of: The id of the image that a reference names now, None if it names none.
            socket: The engine's.
            within: Seconds after which a recreation is killed, process group and all.
        """
        self._image_id_of = image_id_of
        self._within = within
        self._environment = {
            "PATH": os.environ.get("PATH", PATH),
            "HOME": os.environ.get("HOME", "/"),
            "DOCKER_HOST": f"unix://{socket}",
        }
        self._form: tuple[str, ...] = ()
        self._answers: dict[tuple[str, ...], tuple[Stamp, float, Mapping[str, Any]]] = {}
        self._recreating = asyncio.Semaphore(AT_ONCE)
        # Twenty services that vanish at once ask one question, not twenty.
        self._asking = asyncio.Lock()

    async def recreate(self, origin: ComposeOrigin) -> None:
        """Replace the containers of one service by new ones of the same image; its neighbours stay.

        Raises `Refused` when that would ship anything but `origin.image_id`, and when Compose fails.
        """
        async with self._recreating:
            await self._recreate(origin)

    async def _recreate(self, origin: ComposeOrigin) -> None:
        service = (await self._services(origin, every_profile=True)).get(origin.service)
        if service is None:
            raise Refused(f"the project {origin.project} does not define {origin.service} any more")
        image = service.get("image") or f"{origin.project}-{origin.service}"
        current = await self._image_id_of(image)
        if current is None:
            raise Refused(f"the image {image} is not here any more, and nothing is pulled")
        if current != origin.image_id:
            raise Refused(
                f"{image} is another image now ({_short(current)}) than the one that ran "
                f"({_short(origin.image_id)}): recreating would ship it"
            )
        numbers, names = await self._find_replicas(origin)
        up = ["up", "-d", "--force-recreate", "--no-build", "--pull", "never"]
        if len(numbers) > _replicas(service):
            up += ["--scale", f"{origin.service}={len(numbers)}"]
        names |= {service.get("container_name") or f"{origin.project}-{origin.service}-1"}
        if not service.get("depends_on") or not await self._neighbours_stay(origin, up, names):
            up.append("--no-deps")
        ended = await self._run(origin, PLAIN, (*up, origin.service), within=self._within)
        if ended.code != 0:
            raise Refused(f"compose could not recreate {origin.service}: {_last_words(ended)}")

    async def _neighbours_stay(self, origin: ComposeOrigin, up: Sequence[str], own: set[str]) -> bool:
        """Whether this `up` would leave all dependencies as they are, by a dry run.

        Then it can go without `--no-deps`, with which Compose 2.26 makes a container that has lost its
        `depends_on` label, and that the next `up` of a person makes once more.
        """
        dry = (*PLAIN, "--dry-run")
        ended = await self._run(origin, dry, (*up, origin.service), within=LOOK_WITHIN)
        told = STEP.findall(ended.complaint.decode(errors="replace"))
        others = {word for name, word in told if TEMPORARY.sub("", name) not in own}
        return ended.code == 0 and bool(told) and others <= UNTOUCHED

    async def defines(self, origin: ComposeOrigin) -> bool | None:
        """Whether the project still asks for this service (profile active, scale above 0); None: cannot tell."""
        try:
            service = (await self._services(origin, every_profile=False)).get(origin.service)
        except GatewayError:
            return None
        return service is not None and _replicas(service) > 0

    async def _services(self, origin: ComposeOrigin, *, every_profile: bool) -> Mapping[str, Any]:
        _check_files(origin)
        profile = ("--profile", "*") if every_profile else ()
        key = (origin.project, origin.working_dir, *origin.config_files, *origin.environment_files, *profile)
        async with self._asking:
            stamp, now = _stamp(origin), time.monotonic()
            known = self._answers.get(key)
            if known is not None and known[0] == stamp and now - known[1] < CONFIG_AGE:
                return known[2]
            ended = await self._run(origin, profile, ("config", "--format", "json"), within=LOOK_WITHIN)
            if ended.code != 0:
                raise Refused(f"compose cannot read the project {origin.project}: {_last_words(ended)}")
            try:
                services: Mapping[str, Any] = json.loads(ended.output).get("services") or {}
            except ValueError as error:
                raise Refused(f"compose gave no JSON for the project {origin.project}") from error
            self._answers[key] = (stamp, now, services)
            return services

    async def _find_replicas(self, origin: ComposeOrigin) -> tuple[set[str], set[str]]:
        """The numbers and the names of the replicas there are: those beyond the files, an `up` would remove.

        A number counts once: a recreation that was cut short leaves two containers of the same number.
        """
        ended = await self._run(
            origin, ("ps", "--all", "--format", "json"), (origin.service,), within=LOOK_WITHIN
        )
        if ended.code != 0:
            raise Refused(f"compose cannot list {origin.service}: {_last_words(ended)}")
        numbers, names = set[str](), set[str]()
        for line in ended.output.decode(errors="replace").splitlines():
            for row in _rows(line):
                labels = dict(pair.partition("=")[::2] for pair in str(row.get("Labels", "")).split(","))
                if labels.get("com.docker.compose.oneoff") == "False":
                    numbers.add(labels.get("com.docker.compose.container-number", "1"))
                    names.add(str(row.get("Name", "")))
        return numbers, names

    async def _run(self, origin: ComposeOrigin, *words: tuple[str, ...], within: float) -> Ended:
        files = [part for path in origin.config_files for part in ("-f", path)]
        environment = [part for path in origin.environment_files for part in ("--env-file", path)]
        command = (
            *await self._find(),
            "--ansi",
            "never",
            "--project-directory",
            origin.working_dir,
            "-p",
            origin.project,
            *files,
            *environment,
            *(word for group in words for word in group),
        )
        return await run_program(command, self._environment, cwd=origin.working_dir, within=within)

    async def _find(self) -> tuple[str, ...]:
        """The form of the command that exists here."""
        if self._form:
            return self._form
        for form in FORMS:
            try:
                ended = await run_program(
                    (*form, "version", "--short"), self._environment, within=LOOK_WITHIN
                )
            except Unreachable:
                continue
            if ended.code == 0 and not ended.output.lstrip(b"v").startswith(b"1."):
                self._form = form
                return form
        raise Unreachable(
            "no Docker Compose here: neither `docker compose` nor `docker-compose` (version 2) works. "
            "Install the Compose plugin"
        )


def _check_files(origin: ComposeOrigin) -> None:
    """Raises `Refused` when what the containers came from is not all in sight."""
    if not origin.working_dir or not origin.config_files:
        raise Refused(f"the labels of {origin.service} do not say which Compose files it came from")
    for path in (origin.working_dir, *origin.config_files, *origin.environment_files):
        if not Path(path).exists():
            raise Refused(
                f"{path} of the project {origin.project} is not there: it was moved, or the project's folder is "
                "not mounted at the same path in this container"
            )


def _stamp(origin: ComposeOrigin) -> Stamp:
    paths = (*origin.config_files, *origin.environment_files, str(Path(origin.working_dir, ".env")))
    return tuple(_modified(path) for path in paths)


def _modified(path: str) -> float | None:
    try:
        return Path(path).stat().st_mtime
    except OSError:
        return None


def _replicas(service: Mapping[str, Any]) -> int:
    deploy = service.get("deploy") or {}
    wanted = service.get("scale", deploy.get("replicas", 1))
    return 1 if wanted is None else int(wanted)


def _rows(line: str) -> list[dict[str, Any]]:
    """What one line of `ps` lists: an object, or all of them in the form that older versions print."""
    try:
        answer = json.loads(line)
    except ValueError:
        return []
    return [answer] if isinstance(answer, dict) else list(answer)


def _short(image_id: str) -> str:
    return image_id.removeprefix("sha256:")[:12] or "unknown"


def _last_words(ended: Ended) -> str:
    lines = [line.strip() for line in ended.complaint.decode(errors="replace").splitlines() if line.strip()]
    return " ".join(lines[-3:])[-WORDS:] or f"exit code {ended.code}"
