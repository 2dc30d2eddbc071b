"""What the engine stores, how large it is, and which of it nobody needs: images, containers' layers, volumes.

Belongs here: the calls and the shapes of their answers. Does not: what is done about it. `/system/df` makes the
engine add up every file that it has, so it has a lane of its own and a long deadline, and nothing waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from watchdog.core.disk import Weight
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

    def __init__(self, ask: Ask, circuit: Circuit, project: str) -> None:
        """`project`: "" where containers are watched by a label: then no image counts as ours."""
        self._ask = ask
        self._project = project
        self._lane = Lane("store", 1, circuit)

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

    async def weigh(self) -> tuple[Weight, ...]:
        """Everything that the engine stores, with its size."""
        return _weights(await self._ask(lambda client: client.df(), WEIGH_WITHIN, self._lane))

    async def unrotated(self) -> tuple[str, ...]:
        """The containers of the project whose log is kept whole for ever."""
        scope = {"label": [f"{PROJECT}={self._project}"]} if self._project else {}

        def ask(client: Any) -> list[str]:
            rows = client.containers(all=True, filters=scope) if scope else []
            return [
                name_target(each.get("Labels") or {}, _name(each)) for each in rows if _grows(client, each)
            ]

        return tuple(sorted(await self._ask(ask, WEIGH_WITHIN, self._lane)))

    def _filters(self) -> dict[str, Any]:
        if not self._project:
            raise Refused("no Compose project is watched: which images are its own is not known")
        return {"dangling": True, "label": [f"{PROJECT}={self._project}"]}


def _grows(client: Any, row: dict[str, Any]) -> bool:
    log = client.inspect_container(row["Id"])["HostConfig"].get("LogConfig") or {}
    return log.get("Type") == "json-file" and not (log.get("Config") or {}).get("max-size")


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
    return (*images, *layers, *volumes, Weight(what="build cache", name="of the engine", size=cache))


def _name(row: dict[str, Any]) -> str:
    return str((row.get("Names") or ["?"])[0]).lstrip("/")


def _short(image_id: object) -> str:
    return str(image_id or "?").removeprefix("sha256:")[:12]
