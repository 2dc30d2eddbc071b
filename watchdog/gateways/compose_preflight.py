"""Before anything is replaced: is the container still what its files say? Says what changed if it is not.

Measured on Compose 2.26: `config --hash` of a service with an `env_file`, with `network_mode: service:x` or
with `volumes_from` never is the hash in the labels of its container, and does not see an edited env file; a
dry run does. A container that was made with `--no-deps` has the hash of a service without `depends_on`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from watchdog.core.errors import Changed, Refused
from watchdog.core.preflight import Asked, Differs, FirstSight, Made, Unknown, compare, flatten
from watchdog.core.roster import ComposeOrigin
from watchdog.gateways.compose_command import ComposeCommand
from watchdog.gateways.compose_project import REPLACED, ComposeProject, container_name

# A line for people; who wants all of them has `docker compose config`.
MOST_NAMES = 8


class Preflight:
    """Compares a container with its files. Changes nothing."""

    def __init__(self, command: ComposeCommand, project: ComposeProject) -> None:
        self._command = command
        self._project = project
        self._sights: dict[str, FirstSight] = {}

    def remember(self, sights: Iterable[FirstSight]) -> None:
        """What the files said when these containers were first seen, by an earlier daemon; of no others."""
        self._sights = {sight.container_id: sight for sight in sights}

    async def check(self, origin: ComposeOrigin, service: Mapping[str, Any]) -> None:
        """Raises `Changed` with the names of what changed, `Refused` when it cannot be told yet."""
        first = self._sights.get(origin.container_id)
        verdict = compare(_made(origin), await self._ask(origin, service), first)
        if isinstance(verdict, Unknown):
            other = f", and another Compose ({verdict.made_by}) made it" if verdict.made_by else ""
            raise Refused(
                f"whether {origin.service} is still what its files say cannot be told yet: it was not compared "
                f"with them before it fell{other}"
            )
        if isinstance(verdict, Differs):
            raise Changed(_words(origin, verdict.names), verdict.names)

    async def see(self, origin: ComposeOrigin) -> FirstSight:
        """What the files say at the first sight of a container; kept for `check`."""
        service = await self._project.service(origin)
        asked = await self._ask(origin, service)
        made = _made(origin)
        faithful = None
        if made.version == asked.version:
            faithful = made.config_hash == asked.config_hash or bool(asked.keeps)
        sight = FirstSight(
            container_id=origin.container_id, version=asked.version, keys=asked.keys, faithful=faithful
        )
        self._sights[sight.container_id] = sight
        return sight

    async def _ask(self, origin: ComposeOrigin, service: Mapping[str, Any]) -> Asked:
        version, config_hash = await self._command.version(), await self._project.config_hash(origin)
        made, keeps = _made(origin), None
        if made.version == version and made.config_hash != config_hash:
            keeps = await self._keeps(origin, service)
        return Asked(version=version, config_hash=config_hash, keys=flatten(service), keeps=keeps)

    async def _keeps(self, origin: ComposeOrigin, service: Mapping[str, Any]) -> bool | None:
        """Whether this Compose would keep the container, by its own word; None if there is none to keep."""
        replicas = await self._project.replicas(origin)
        if not replicas.numbers:
            return None
        names = replicas.names | {container_name(origin, service)}
        up = (
            "up",
            "-d",
            "--no-build",
            "--pull",
            "never",
            "--scale",
            f"{origin.service}={len(replicas.numbers)}",
        )
        told = False
        for alone in ((), ("--no-deps",)):
            words = {
                word for name, word in await self._project.rehearse(origin, (*up, *alone)) if name in names
            }
            told = told or bool(words)
            if words and not words & REPLACED:
                return True
        return False if told else None


def _made(origin: ComposeOrigin) -> Made:
    # As in `ComposeCommand`: what a distribution adds to a version is not in the labels.
    return Made(version=origin.version.removeprefix("v").partition("-")[0], config_hash=origin.config_hash)


def _words(origin: ComposeOrigin, names: tuple[str, ...]) -> str:
    files = [Path(path).name for path in (*origin.config_files, *origin.environment_files)]
    if not origin.environment_files and Path(origin.working_dir, ".env").exists():
        files.append(".env")
    if names:
        what = f"{_listed(names)} changed since the container of {origin.service} was created"
    else:
        what = f"the configuration of {origin.service} is not the one that its container was created with"
    return (
        f"{what} ({', '.join(files)}): run `docker compose up -d {origin.service}` yourself if that is wanted"
    )


def _listed(names: tuple[str, ...]) -> str:
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[:MOST_NAMES])} and {len(names) - MOST_NAMES} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
