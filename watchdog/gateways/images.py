"""The names of images: what they name, giving and taking them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from watchdog.core.errors import NotThere, Refused

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One tag of a repository: the image that it names, and when that was built (seconds since 1970)."""

    tag: str
    image_id: str
    created: int = 0


class Ask(Protocol):
    """A question to the engine's client, in its own thread and within its deadline."""

    def __call__(self, ask: Callable[[Any], R], /) -> Awaitable[R]:
        """What `ask(client)` returns."""
        ...


class Images:
    """Names of images in the engine. Raises `Unreachable`, `Refused` and `NotThere`."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def image_id(self, reference: str) -> str | None:
        """The id of the image that a reference names now, None if it names none."""
        try:
            return await self._ask(lambda client: str(client.inspect_image(reference)["Id"]))
        except NotThere:
            return None

    async def tag(self, image_id: str, repository: str, tag: str = "") -> None:
        """Give an image a name, which names no other one from then on. `repository` may hold the tag itself."""
        await self._ask(lambda client: client.tag(image_id, repository, tag or None, force=True))

    async def tags(self, repository: str) -> tuple[Named, ...]:
        """All tags of a repository, those of the image that was built last first."""
        answers = await self._ask(lambda client: client.images(name=repository))
        found = [
            Named(tag=name.rpartition(":")[2], image_id=answer["Id"], created=answer.get("Created", 0))
            for answer in answers
            for name in answer.get("RepoTags") or ()
            if name.rpartition(":")[0] == repository
        ]
        return tuple(sorted(found, key=lambda named: (-named.created, named.tag)))

    async def untag(self, repository: str, tag: str) -> None:
        """Take a name away; an image without any goes with its last one, unless a container needs it."""
        with suppress(Refused):
            await self._ask(lambda client: client.remove_image(f"{repository}:{tag}", noprune=False))
