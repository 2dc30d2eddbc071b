"""What the engine stores, how large it is, and which of it nobody needs: images, containers' layers, volumes.

Belongs here: the calls and the shapes of their answers. Does not: what is done about it. `/system/df` makes the
engine add up every file that it has, so it has a lane of its own and a long deadline, and nothing waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, Protocol, TypeVar

from watchdog.core.disk import BUILD_CACHE, Weight, WholeLog
from watchdog.core.errors import Refused
from watchdog.core.target import PROJECT, name_target
from watchdog.gateways.lanes import Circuit, Lane

R = TypeVar("R")

PRUNE_WITHIN = 120.0
WEIGH_WITHIN = 60.0


class Ask(Protocol):
    """A call of the engine's client, sent once."""

    async def __call__(self, ask: Callable[[Any], R], within: float, lane: Lane | None = None, /) -> R:
        """What `ask(client)` returns."""
        ...


class Stores:
    """Of one Compose project. Raises `Unreachable` and `Refused`."""

    def __init__(self, ask: Ask, project: str) -> None:
        """`project`: "" where containers are watched by a label: then no image counts as ours."""
        self._ask = ask
        self._project = project
        circuit = Circuit("what the engine stores")
        self._lane = Lane("store", 2, circuit)
        # What takes minutes must neither hold up the rest of a remedy nor count against the looks at containers.
        self._sums = Lane("sum", 1, Circuit("the engine's sum of what it stores"))

    async def dangling(self) -> tuple[Weight, ...]:
        """The project's images without a name. Those kept for a way back have one, and are none of them."""
        filters = self._filters()
        answers = await self._ask(lambda client: client.images(filters=filters), WEIGH_WITHIN, self._lane)
        return tuple(
            Weight(what="image", name=_short(each.get("Id")), size=int(each.get("Size") or 0))
            for each in answers or ()
        )

    async def prune(self) -> int:
        """Remove the project's images that have neither a name nor a container; how many images went."""
        filters, before = self._filters(), {image.name for image in await self.dangling()}
        answer = await self._ask(
            lambda client: client.prune_images(filters=filters), PRUNE_WITHIN, self._lane
        )
        deleted = {_short(each.get("Deleted")) for each in (answer or {}).get("ImagesDeleted") or ()}
        return len(deleted & before)  # the layers of an image are told of, too

    async def prune_cache(self) -> None:
        """Remove what builds have kept and nothing uses now, of all projects: the engine cannot tell them apart."""
        await self._ask(lambda client: client.prune_builds(), PRUNE_WITHIN, self._lane)

    async def weigh(self) -> tuple[Weight, ...]:
        """Everything that the engine stores, with its size."""
        return _weights(await self._ask(lambda client: client.df(), WEIGH_WITHIN, self._sums))

    async def unrotated(self) -> tuple[str, ...]:
        """The containers of the project whose log is kept whole for ever."""
        return tuple(sorted(log.target for log in await self._growing()))

    async def whole_logs(self) -> tuple[WholeLog, ...]:
        """Those logs, where they lie as the engine keeps them: in a folder of that container, under its id."""
        return tuple(log for log in await self._growing() if _is_ordinary(log))

    async def _growing(self) -> list[WholeLog]:
        scope = {"label": [f"{PROJECT}={self._project}"]} if self._project else {}

        def ask(client: Any) -> list[WholeLog]:
            rows = client.containers(all=True, filters=scope) if scope else []
            return [log for each in rows if (log := _whole_log(client, each)) is not None]

        return await self._ask(ask, WEIGH_WITHIN, self._lane)

    def _filters(self) -> dict[str, Any]:
        if not self._project:
            raise Refused("no Compose project is watched: which images are its own is not known")
        return {"dangling": True, "label": [f"{PROJECT}={self._project}"]}


def _whole_log(client: Any, row: dict[str, Any]) -> WholeLog | None:
    seen = client.inspect_container(row["Id"])
    log = seen["HostConfig"].get("LogConfig") or {}
    if log.get("Type") != "json-file" or (log.get("Config") or {}).get("max-size"):
        return None
    name = name_target(row.get("Labels") or {}, _name(row))
    return WholeLog(target=name, container_id=str(row["Id"]), path=str(seen.get("LogPath") or ""))


def _is_ordinary(log: WholeLog) -> bool:
    path = PurePosixPath(log.path)
    ours = path.is_absolute() and ".." not in path.parts and path.parent.name == log.container_id
    return ours and path.name == f"{log.container_id}-json.log"


def _weights(answer: dict[str, Any]) -> tuple[Weight, ...]:
    images = [
        Weight(
            what="image",
            name=(each.get("RepoTags") or [_short(each.get("Id"))])[0],
            size=each.get("Size") or 0,
        )
        for each in answer.get("Images") or ()
    ]
    layers = [
        Weight(what="container", name=_name(each), size=each.get("SizeRw") or 0)
        for each in answer.get("Containers") or ()
    ]
    volumes = [
        Weight(what="volume", name=str(each.get("Name")), size=(each.get("UsageData") or {}).get("Size") or 0)
        for each in answer.get("Volumes") or ()
    ]
    cache = sum(each.get("Size") or 0 for each in answer.get("BuildCache") or () if not each.get("Shared"))
    return (*images, *layers, *volumes, Weight(what=BUILD_CACHE, name="of the engine", size=cache))


def _name(row: dict[str, Any]) -> str:
    return str((row.get("Names") or ["?"])[0]).lstrip("/")


def _short(image_id: object) -> str:
    return str(image_id or "?").removeprefix("sha256:")[:12]
