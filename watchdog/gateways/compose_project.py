"""A project as Compose reads it: its services, the replicas there are, and what an `up` would touch."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from watchdog.core.errors import Changed, Refused
from watchdog.core.roster import ComposeOrigin
from watchdog.gateways.compose_command import ComposeCommand, last_words

# How long an answer to "what does the project ask for?" may be reused: an included file may have changed unseen.
CONFIG_AGE = 60.0
PLAIN = ("--progress", "plain")
# What Compose says of each step, on standard error: "Container demo-db-1  Running".
STEP = re.compile(r"Container (\S+)\s+(\w+)\s*$", re.MULTILINE)
TEMPORARY = re.compile("^[0-9a-f]{12}_")
UNTOUCHED = {"Running", "Waiting", "Healthy"}
REPLACED = {"Recreate", "Recreated"}

Stamp = tuple[float | None, ...]
Services = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replicas:
    """The replicas that a service has: their numbers, and their containers' names."""

    numbers: frozenset[str]
    names: frozenset[str]


class ComposeProject:
    """Questions about projects. Changes nothing. Raises `Refused` and `Unreachable`."""

    def __init__(self, command: ComposeCommand) -> None:
        self._command = command
        self._answers: dict[tuple[str, ...], tuple[Stamp, float, Services]] = {}
        # Twenty services that vanish at once ask one question, not twenty.
        self._asking = asyncio.Lock()

    async def services(self, origin: ComposeOrigin, *, every_profile: bool, fresh: bool = False) -> Services:
        """All services by name; as they are at this moment with `fresh`."""
        check_files(origin)
        async with self._asking:
            key, stamp, now = _key(origin, every_profile), _stamp(origin), time.monotonic()
            known = self._answers.get(key)
            if not fresh and known is not None and known[0] == stamp and now - known[1] < CONFIG_AGE:
                return known[2]
            profile = ("--profile", "*") if every_profile else ()
            ended = await self._command.run(origin, profile, ("config", "--format", "json"))
            if ended.code != 0:
                raise Refused(f"compose cannot read the project {origin.project}: {last_words(ended)}")
            try:
                services: Services = json.loads(ended.output).get("services") or {}
            except ValueError as error:
                raise Refused(f"compose gave no JSON for the project {origin.project}") from error
            self._answers[key] = (stamp, now, services)
            return services

    def remembered(self, origin: ComposeOrigin) -> Mapping[str, Any] | None:
        """The service as it was read last, however long ago; None if it never was."""
        known = self._answers.get(_key(origin, every_profile=True))
        return None if known is None else known[2].get(origin.service)

    async def service(self, origin: ComposeOrigin) -> Mapping[str, Any]:
        """The service as the files have it at this moment, whatever its profile. Raises `Changed` without one."""
        service = (await self.services(origin, every_profile=True, fresh=True)).get(origin.service)
        if service is None:
            raise Changed(
                f"the project {origin.project} does not define {origin.service} any more", (origin.service,)
            )
        return dict(service)

    async def config_hash(self, origin: ComposeOrigin) -> str:
        """What Compose's own hash of the service is now, "" if it does not say."""
        ended = await self._command.run(origin, ("--profile", "*"), ("config", "--hash", origin.service))
        words = ended.output.decode(errors="replace").split()
        return words[-1] if ended.code == 0 and len(words) > 1 else ""

    async def replicas(self, origin: ComposeOrigin) -> Replicas:
        """The replicas there are: those beyond the files, an `up` would remove.

        A number counts once: a recreation that was cut short leaves two containers of the same number.
        """
        words = ("ps", "--all", "--format", "json"), (origin.service,)
        ended = await self._command.run(origin, *words)
        if ended.code != 0:
            raise Refused(f"compose cannot list {origin.service}: {last_words(ended)}")
        numbers, names = set[str](), set[str]()
        for line in ended.output.decode(errors="replace").splitlines():
            for row in _rows(line):
                labels = dict(pair.partition("=")[::2] for pair in str(row.get("Labels", "")).split(","))
                if labels.get("com.docker.compose.oneoff") == "False":
                    numbers.add(labels.get("com.docker.compose.container-number", "1"))
                    names.add(str(row.get("Name", "")))
        return Replicas(frozenset(numbers), frozenset(names))

    async def rehearse(self, origin: ComposeOrigin, up: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """What this `up` would do, as container and word, by a dry run; empty when it cannot be told."""
        ended = await self._command.run(origin, (*PLAIN, "--dry-run"), (*up, origin.service))
        told = STEP.findall(ended.complaint.decode(errors="replace"))
        return tuple((TEMPORARY.sub("", name), word) for name, word in told) if ended.code == 0 else ()


def check_files(origin: ComposeOrigin) -> None:
    """Raises `Changed` when what the containers came from is not all in sight."""
    if not origin.working_dir or not origin.config_files:
        raise Changed(f"the labels of {origin.service} do not say which Compose files it came from")
    for path in (origin.working_dir, *origin.config_files, *origin.environment_files):
        if not Path(path).exists():
            raise Changed(
                f"{path} of the project {origin.project} is not there: it was moved, or the project's folder is "
                "not mounted at the same path in this container",
                (path,),
            )


def image_name(origin: ComposeOrigin, service: Mapping[str, Any]) -> str:
    """The name of the image that the service runs."""
    return str(service.get("image") or f"{origin.project}-{origin.service}")


def container_name(origin: ComposeOrigin, service: Mapping[str, Any]) -> str:
    """The name of its first container."""
    return str(service.get("container_name") or f"{origin.project}-{origin.service}-1")


def count_replicas(service: Mapping[str, Any]) -> int:
    """How many containers the files ask for."""
    deploy = service.get("deploy") or {}
    wanted = service.get("scale", deploy.get("replicas", 1))
    return 1 if wanted is None else int(wanted)


def _key(origin: ComposeOrigin, every_profile: bool) -> tuple[str, ...]:
    profile = ("*",) if every_profile else ()
    return (origin.project, origin.working_dir, *origin.config_files, *origin.environment_files, *profile)


def _stamp(origin: ComposeOrigin) -> Stamp:
    paths = (*origin.config_files, *origin.environment_files, str(Path(origin.working_dir, ".env")))
    return tuple(_modified(path) for path in paths)


def _modified(path: str) -> float | None:
    try:
        return Path(path).stat().st_mtime
    except OSError:
        return None


def _rows(line: str) -> list[dict[str, Any]]:
    """What one line of `ps` lists: an object, or all of them in the form that older versions print."""
    try:
        answer = json.loads(line)
    except ValueError:
        return []
    return [answer] if isinstance(answer, dict) else list(answer)
