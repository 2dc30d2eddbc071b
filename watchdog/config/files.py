"""Where configuration files are read from: the disk, or what was kept of them when they were last good."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class NotRegular(OSError):  # noqa: N818 - reads as what it says
    """It is there, and neither a file nor a folder."""


class Files(Protocol):
    """What the loader asks for."""

    def read(self, path: Path, most: int) -> bytes:
        """The first `most` bytes of a regular file. Raises OSError (`NotRegular`, FileNotFoundError ...)."""
        ...

    def is_folder(self, path: Path) -> bool:
        """Whether there is such a folder."""
        ...

    def in_folder(self, folder: Path) -> tuple[Path, ...]:
        """What is in a folder, by name. Raises OSError."""
        ...


class Disk:
    """The real files. `taken` holds what was read, by absolute path."""

    def __init__(self) -> None:
        self.taken: dict[str, bytes] = {}

    def read(self, path: Path, most: int) -> bytes:
        """As `Files` says."""
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(path)
        if not stat.S_ISREG(mode):
            raise NotRegular(path)
        with path.open("rb") as opened:
            data = opened.read(most)
        self.taken[os.path.abspath(path)] = data  # noqa: PTH100 - resolve() would follow links
        return data

    def is_folder(self, path: Path) -> bool:
        """As `Files` says."""
        return path.is_dir()

    def in_folder(self, folder: Path) -> tuple[Path, ...]:
        """As `Files` says."""
        return tuple(sorted(folder.iterdir()))


class Kept:
    """Files as they were, by absolute path; the disk is not looked at."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def read(self, path: Path, most: int) -> bytes:
        """As `Files` says."""
        try:
            return self._files[os.path.abspath(path)].encode()[:most]  # noqa: PTH100 - the same
        except KeyError:
            raise FileNotFoundError(path) from None

    def is_folder(self, path: Path) -> bool:
        """As `Files` says: those folders are there from which something was kept."""
        return bool(self.in_folder(path))

    def in_folder(self, folder: Path) -> tuple[Path, ...]:
        """As `Files` says."""
        within = Path(os.path.abspath(folder))  # noqa: PTH100 - the same
        return tuple(sorted(folder / Path(each).name for each in self._files if Path(each).parent == within))
