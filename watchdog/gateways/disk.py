"""Disks: how much room there is, and the ballast that is kept to be given back.

Belongs here: the calls, each in a thread with a deadline (a network share can hang for ever), and the translation
of every error. Does not: what the numbers mean (`core.disk`).
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from watchdog.core.disk import Room
from watchdog.core.errors import Misconfigured, Refused, Unreachable
from watchdog.gateways.lanes import Circuit, Lane

ASK_WITHIN = 4.0
# Setting space aside writes nothing on ext4 and xfs, and zeros where it has to.
MAKE_WITHIN = 60.0
BALLAST = "watchdog.ballast"
OWNER_ONLY = 0o600
LARGEST_TEXT = 32 * 1024 * 1024


class DiskGateway:
    """Every call ends within its deadline. Raises `Misconfigured`, `Refused` and `Unreachable` only."""

    def __init__(self) -> None:
        circuit = Circuit("the disk")
        self._asks = Lane("disk", 4, circuit)
        self._writes = Lane("ballast", 1, circuit)

    async def room(self, path: str) -> Room:
        """What is used and free on the filesystem that this path is on."""
        return await self._asks.call(_room, path, within=ASK_WITHIN)

    async def ballast(self, folder: str) -> int:
        """The size of the ballast in a folder, 0 when there is none."""
        return await self._asks.call(_ballast, folder, within=ASK_WITHIN)

    async def make_ballast(self, path: str, folder: str, size: int) -> None:
        """Set so many bytes aside, really; nothing is left when the disk does not give them.

        Raises `Misconfigured` when the folder is on another filesystem than the path, or may not be written.
        """
        await self._writes.call(_make, path, folder, size, within=MAKE_WITHIN)

    async def release_ballast(self, folder: str) -> int:
        """Give the ballast back to the disk; its size, 0 when there was none."""
        return await self._writes.call(_release, folder, within=MAKE_WITHIN)

    async def keep(self, folder: str, name: str, text: str) -> str:
        """Write a text into a file that only we may read, to the disk; its path. Raises `Refused`."""
        return await self._writes.call(_keep, Path(folder) / name, text, within=MAKE_WITHIN)

    async def kept(self, folder: str, pattern: str) -> dict[str, str]:
        """The texts that were kept in a folder under such names, by path; those of a reasonable size only."""
        return await self._writes.call(_kept, Path(folder), pattern, within=MAKE_WITHIN)

    async def drop(self, path: str) -> None:
        """Remove such a file; no error when it is gone."""
        await self._writes.call(lambda: _drop(Path(path)), within=MAKE_WITHIN)


def _room(path: str) -> Room:
    try:
        seen, device = os.statvfs(path), os.stat(path).st_dev  # noqa: PTH116 - beside its sister
    except FileNotFoundError:
        raise Misconfigured(
            f"{path} is not there, as watchdog sees it: mount it into its container"
        ) from None
    except OSError as error:
        raise Unreachable(f"{path} cannot be looked at: {error.strerror}") from None
    return Room(
        used=(seen.f_blocks - seen.f_bfree) * seen.f_frsize,
        free=seen.f_bavail * seen.f_frsize,
        inodes_used=seen.f_files - seen.f_ffree,
        inodes_free=seen.f_favail,
        device=device,
        filesystem=seen.f_fsid,
    )


def _ballast(folder: str) -> int:
    try:
        return (Path(folder) / BALLAST).stat().st_size
    except OSError:
        return 0


def _make(path: str, folder: str, size: int) -> None:
    file = Path(folder) / BALLAST
    try:
        if Path(folder).stat().st_dev != Path(path).stat().st_dev:
            raise Misconfigured(f"{folder} is not on the disk of {path}: a ballast there would free nothing")
        opened = os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, OWNER_ONLY)
    except OSError as error:
        raise Misconfigured(f"no ballast can be kept in {folder}: {error.strerror}") from None
    try:
        os.posix_fallocate(opened, 0, size)
        os.fsync(opened)
    except OSError as error:
        with suppress(OSError):
            file.unlink()
        raise Refused(f"the disk of {folder} does not give the ballast its space: {error.strerror}") from None
    finally:
        os.close(opened)


def _release(folder: str) -> int:
    size = _ballast(folder)
    try:
        (Path(folder) / BALLAST).unlink()
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise Refused(f"the ballast in {folder} cannot be removed: {error.strerror}") from None
    return size


def _keep(file: Path, text: str) -> str:
    try:
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, OWNER_ONLY)
        with os.fdopen(opened, "w", encoding="utf-8") as written:
            written.write(text)
            written.flush()
            os.fsync(written.fileno())
    except OSError as error:
        with suppress(OSError):
            file.unlink()
        raise Refused(f"{file} cannot be written: {error.strerror}") from None
    return str(file)


def _kept(folder: Path, pattern: str) -> dict[str, str]:
    found = {}
    with suppress(OSError):
        for file in sorted(folder.glob(pattern)):
            if not file.is_symlink() and file.stat().st_size <= LARGEST_TEXT:
                found[str(file)] = file.read_text(encoding="utf-8", errors="replace")
    return found


def _drop(file: Path) -> None:
    with suppress(OSError):
        file.unlink()
