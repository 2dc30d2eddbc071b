"""Docker Compose through its own command line: recreating by the SDK makes Compose want to recreate again.

Belongs here: what is asked of Compose, and what it must not be asked. Does not: how it is called
(`compose_command`), what it says of a project (`compose_project`), whether a container still is what its
files say (`compose_preflight`), the way back from a rebuild (`rollback`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchdog.core.errors import Changed, GatewayError, Refused
from watchdog.core.preflight import FirstSight, digest, flatten
from watchdog.core.roster import ComposeOrigin
from watchdog.core.target import PROJECT, SERVICE
from watchdog.gateways.build_context import ListFiles, digest_context
from watchdog.gateways.compose_command import ComposeCommand, Say, last_words
from watchdog.gateways.compose_preflight import Preflight
from watchdog.gateways.compose_project import (
    PLAIN,
    TEMPORARY,
    UNTOUCHED,
    ComposeProject,
    container_name,
    count_replicas,
    image_name,
)
from watchdog.gateways.rollback import Rollback, Shelf, short

# Recreations at once: each is a process of some 60 MB.
AT_ONCE = 2


async def _nothing() -> Mapping[str, str]:
    return {}


def _unlisted(folder: str, ignored: list[str], dockerfile: str) -> tuple[str, ...]:  # noqa: ARG001 - the same for all
    raise Refused(f"the files of {folder} cannot be listed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeOptions:
    """How Compose is reached, and how long it may take.

    Attributes:
        socket: the engine's.
        program: the Compose to use, "" for the one that is found here.
        recreate_within: seconds after which a recreation is killed, process group and all.
        build_within: the same for a build.
    """

    socket: str = "/var/run/docker.sock"
    program: str = ""
    recreate_within: float = 120.0
    build_within: float = 600.0


class ComposeCli:
    """`plugins.Compose` by the command line.

    Only ever one named service, never its dependencies, never our own, from the files that its containers
    came from.
    """

    def __init__(
        self,
        images: Shelf,
        options: ComposeOptions = ComposeOptions(),
        *,
        own_labels: Callable[[], Awaitable[Mapping[str, str]]] = _nothing,
        list_files: ListFiles = _unlisted,
    ) -> None:
        """Asks nothing yet.

        Args:
            images: The engine's.
            options: Where and how long.
            own_labels: The labels of the container that we run in.
            list_files: The files of a folder that a build can see.
        """
        self._images = images
        self._options = options
        self._own_labels = own_labels
        self._list_files = list_files
        self._command = ComposeCommand(options.socket, options.program)
        self._project = ComposeProject(self._command)
        self._preflight = Preflight(self._command, self._project)
        self._rollback = Rollback(images)
        self._unsettled: set[tuple[str, str]] = set()
        self._recreating = asyncio.Semaphore(AT_ONCE)

    # --- acts ---

    async def recreate(self, origin: ComposeOrigin, say: Say | None = None) -> None:
        """Replace the containers of one service by new ones of the same image; its neighbours stay.

        Raises `Changed` when that would ship anything but what ran, `Refused` when Compose fails.
        """
        async with self._recreating:
            service = await self._checked(origin)
            await self._require_same_image(origin, service)
            await self._up(origin, service, say)

    async def build(self, origin: ComposeOrigin, say: Say | None = None) -> None:
        """Build the service's image anew; the one that runs is kept for `give_back` before that.

        Raises `Changed` and `Refused` like `recreate`.
        """
        async with self._recreating:
            service = await self._checked(origin)
            if not service.get("build"):
                raise Refused(f"{origin.service} has no `build:` in its files")
            await self._rollback.keep(origin, origin.image_id)
            self._unsettled.add(_name(origin))
            words = ("--profile", "*"), PLAIN, ("build", origin.service)
            ended = await self._command.run(origin, *words, within=self._options.build_within, say=say)
            if ended.code != 0:
                raise Refused(f"compose could not build {origin.service}: {last_words(ended)}")

    async def replace(self, origin: ComposeOrigin, say: Say | None = None) -> None:
        """Replace the service's containers by new ones of the image that its name has now.

        After `build` or `give_back` only.
        """
        async with self._recreating:
            await self._up(origin, await self._checked(origin), say)

    async def give_back(self, origin: ComposeOrigin) -> bool | None:
        """Give the image that ran before a `build` its name back, wherever build and `replace` were cut short.

        True: the containers have to be replaced, too. False: they are as before. None: there is nothing to undo.
        """
        before = await self._rollback.pending(origin)
        if before is None:
            return None
        name = image_name(origin, await self._checked(origin))
        if await self._images.image_id(name) != before:
            await self._images.tag(before, name)
        return origin.image_id != before or await self._is_cut_short(origin)

    async def settled(self, origin: ComposeOrigin) -> None:
        """A rebuild has proved itself, or was undone: nothing is to be put back any more."""
        if _name(origin) in self._unsettled or await self._rollback.pending(origin) is not None:
            await self._rollback.settle(origin)
            self._unsettled.discard(_name(origin))

    # --- questions ---

    async def defines(self, origin: ComposeOrigin) -> bool | None:
        """Whether the project still asks for this service (profile active, scale above 0); None: cannot tell."""
        try:
            service = (await self._project.services(origin, every_profile=False)).get(origin.service)
        except GatewayError:
            return None
        return service is not None and count_replicas(service) > 0

    def builds(self, origin: ComposeOrigin) -> bool | None:
        """Whether the service has a `build:`, as its files were read last; None: they were not read yet."""
        service = self._project.remembered(origin)
        return None if service is None else bool(service.get("build"))

    async def pin(self, origin: ComposeOrigin, *, build: bool = False) -> Mapping[str, str]:
        """What exactly an act on the service would be made of, by name; whatever is another makes another plan.

        Raises `Changed` and `Refused` when the act would be refused.
        """
        service = await self._checked(origin)
        pinned = {"runs": short(origin.image_id), "config": digest(flatten(service))[:16]}
        if not build:
            await self._require_same_image(origin, service)
            return pinned
        section = service.get("build")
        if not section:
            raise Refused(f"{origin.service} has no `build:` in its files")
        named = await self._images.image_id(image_name(origin, service))
        context = await asyncio.to_thread(digest_context, section, self._list_files)
        return {
            **pinned,
            "image": f"{image_name(origin, service)} {short(named or '')}",
            "build": digest(section)[:16],
            "context": f"{section.get('context')} {context[:16]}",
        }

    async def first_sight(self, origin: ComposeOrigin) -> FirstSight:
        """What the files say at the first sight of a container. Raises `Refused` and `Unreachable`."""
        return await self._preflight.see(origin)

    def remember(self, sights: Iterable[FirstSight]) -> None:
        """What the files said when these containers were first seen, and of no others."""
        self._preflight.remember(sights)

    # --- parts ---

    async def _checked(self, origin: ComposeOrigin) -> Mapping[str, Any]:
        """The service, if it is not our own and its container still is what the files say."""
        own = await self._own_labels()
        if (own.get(PROJECT), own.get(SERVICE)) == (origin.project, origin.service):
            raise Refused(f"{origin.service} is watchdog itself")
        service = await self._project.service(origin)
        await self._preflight.check(origin, service)
        return service

    async def _require_same_image(self, origin: ComposeOrigin, service: Mapping[str, Any]) -> None:
        image = image_name(origin, service)
        current = await self._images.image_id(image)
        if current is None:
            raise Changed(f"the image {image} is not here any more, and nothing is pulled", ("image",))
        if current != origin.image_id:
            raise Changed(
                f"{image} is another image now ({short(current)}) than the one that ran "
                f"({short(origin.image_id)}): recreating would ship it; run `docker compose up -d {origin.service}` "
                "yourself if that is wanted",
                ("image",),
            )

    async def _up(self, origin: ComposeOrigin, service: Mapping[str, Any], say: Say | None) -> None:
        replicas = await self._project.replicas(origin)
        up = ["up", "-d", "--force-recreate", "--no-build", "--pull", "never"]
        if len(replicas.numbers) > count_replicas(service):
            up += ["--scale", f"{origin.service}={len(replicas.numbers)}"]
        own = replicas.names | {container_name(origin, service)}
        if not service.get("depends_on") or not await self._neighbours_stay(origin, up, own):
            up.append("--no-deps")
        words = PLAIN, (*up, origin.service)
        ended = await self._command.run(origin, *words, within=self._options.recreate_within, say=say)
        if ended.code != 0:
            raise Refused(f"compose could not recreate {origin.service}: {last_words(ended)}")

    async def _neighbours_stay(self, origin: ComposeOrigin, up: Sequence[str], own: frozenset[str]) -> bool:
        """Whether this `up` would leave all dependencies as they are, by a dry run.

        Then it can go without `--no-deps`, with which Compose 2.26 makes a container that has lost its
        `depends_on` label, and that the next `up` of a person makes once more.
        """
        told = await self._project.rehearse(origin, up)
        return bool(told) and {word for name, word in told if name not in own} <= UNTOUCHED

    async def _is_cut_short(self, origin: ComposeOrigin) -> bool:
        """Whether an `up` left a replacement behind that is not in its place."""
        replicas = await self._project.replicas(origin)
        return len(replicas.names) != len(replicas.numbers) or any(map(TEMPORARY.match, replicas.names))


def _name(origin: ComposeOrigin) -> tuple[str, str]:
    return origin.project, origin.service
