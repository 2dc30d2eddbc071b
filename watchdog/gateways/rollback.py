"""The images that ran before a rebuild, kept under names of ours so that they can be put back.

`watchdog-rollback/<project>/<service>:pending` names the image to put back as long as a rebuild is not
settled: it is given before anything is built, and is there whatever became of the daemon. Once a rebuild is
settled, the image is kept by its short id, beside one older one.
"""

from __future__ import annotations

import re
from typing import Protocol

from watchdog.core.roster import ComposeOrigin
from watchdog.gateways.images import Named

REPOSITORY = "watchdog-rollback"
PENDING = "pending"
KEPT = 2
# Small letters and digits, with single `.` and `_` or any number of `-` between them: what stays as it is.
_PLAIN = re.compile(r"[a-z0-9]+(?:(?:[._]|-+)[a-z0-9]+)*")


class Shelf(Protocol):
    """The engine's images."""

    async def image_id(self, reference: str) -> str | None:
        """The id of the image that a reference names now, None if it names none."""
        ...

    async def tag(self, image_id: str, repository: str, tag: str = "") -> None:
        """Give an image a name."""
        ...

    async def tags(self, repository: str) -> tuple[Named, ...]:
        """All tags of a repository, those of the image that was built last first."""
        ...

    async def untag(self, repository: str, tag: str) -> None:
        """Take a name away."""
        ...


class Rollback:
    """Keeps images for a service's way back."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def keep(self, origin: ComposeOrigin, image_id: str) -> None:
        """Keep this image as the one to be put back."""
        await self.settle(origin)
        await self._shelf.tag(image_id, _repository(origin), PENDING)

    async def pending(self, origin: ComposeOrigin) -> str | None:
        """The image to be put back, None when no rebuild is unsettled."""
        return await self._shelf.image_id(f"{_repository(origin)}:{PENDING}")

    async def settle(self, origin: ComposeOrigin) -> None:
        """Nothing is to be put back any more; the image stays for a person, and old ones go."""
        repository, image_id = _repository(origin), await self.pending(origin)
        if image_id is None:
            return
        await self._shelf.tag(image_id, repository, short(image_id))
        await self._shelf.untag(repository, PENDING)
        others = [n for n in await self._shelf.tags(repository) if n.image_id != image_id]
        for old in others[KEPT - 1 :]:
            await self._shelf.untag(repository, old.tag)


def short(image_id: str) -> str:
    """An image id as people see it."""
    return image_id.removeprefix("sha256:")[:12] or "unknown"


def _repository(origin: ComposeOrigin) -> str:
    return f"{REPOSITORY}/{_component(origin.project)}/{_component(origin.service)}"


def _component(name: str) -> str:
    """The name as one component of a repository's path; no two names have the same.

    What a path may not hold (capitals, a mark at an end, two in a row) is written as `x` and each byte that is
    no small letter or digit as `__` and two hexadecimal digits. A plain name never has `__`.
    """
    if _PLAIN.fullmatch(name):
        return name
    return "x" + re.sub(rb"[^a-z0-9]", lambda found: b"__%02x" % ord(found[0]), name.encode()).decode()
