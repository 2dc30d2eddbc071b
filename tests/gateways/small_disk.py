"""A disk of our own, small enough to be filled."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

MIB = 1 << 20


class SmallDisk:
    """A mounted disk; `folder` is where it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, leave: int = 0) -> None:
        """Leave no more than so many bytes free."""
        with (self.folder / "another program's").open("ab", buffering=0) as file, suppress(OSError):
            while True:
                free = os.statvfs(self.folder)
                left = free.f_bavail * free.f_frsize - leave
                if left <= 0:
                    return
                file.write(b"x" * min(left, MIB))

    def free(self) -> None:
        """Somebody made room."""
        (self.folder / "another program's").unlink()


@contextmanager
def small_disk(folder: Path, kind: str, size: int = 4 * MIB) -> Iterator[SmallDisk]:
    """A disk of this kind (tmpfs, ext4) and size; without root the test is skipped."""
    if os.getuid() != 0:
        pytest.skip("only root can mount a disk")
    mounted, image = folder / "disk", folder / "disk.img"
    mounted.mkdir()
    if kind == "tmpfs":
        options = ["-t", "tmpfs", "-o", f"size={size}", "tmpfs"]
    else:
        with image.open("wb") as file:
            file.truncate(size)
        run("mkfs.ext4", "-q", "-m0", "-O", "^has_journal", str(image))
        options = ["-o", "loop", str(image)]
    run("mount", *options, str(mounted))
    try:
        yield SmallDisk(mounted)
    finally:
        # Lazy: a daemon of this very process may hold a mapping a little longer.
        subprocess.run(["umount", "-l", str(mounted)], check=True, capture_output=True)


def run(*command: str) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        pytest.skip(f"{' '.join(command)}: {ended.stderr.strip()}")
