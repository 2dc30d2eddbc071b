"""A disk that can be filled: a loop-mounted ext4, and images that take room on it."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MIB = 1 << 20


@contextmanager
def a_disk(folder: Path, mib: int) -> Iterator[Path]:
    """A folder that is a filesystem of its own, with so many MiB."""
    image, mounted = folder / "disk.img", folder / "disk"
    mounted.mkdir()
    with image.open("wb") as file:
        file.truncate(mib * MIB)
    subprocess.run(["mkfs.ext4", "-q", "-m0", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(mounted)], check=True)
    try:
        yield mounted
    finally:
        subprocess.run(["umount", "-l", str(mounted)], check=True)


def make_image(mib: int, *names: str, **labels: str) -> str:
    """An image of so many MiB that nothing can compress, with these names (none: dangling); its id."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("weight")
        entry.size = mib * MIB
        archive.addfile(entry, io.BytesIO(os.urandom(entry.size)))
    changes = [
        word
        for name, value in labels.items()
        for word in ("--change", f"LABEL {name.replace('_', '.')}={value}")
    ]
    made = subprocess.run(
        ["docker", "import", *changes, "-", *names[:1]],
        input=packed.getvalue(),
        check=True,
        capture_output=True,
    )
    return made.stdout.decode().strip()


def fill(disk: Path, share: float, name: str = "another program's") -> None:
    """Another program takes what is missing until so much of the disk is in use."""
    seen = os.statvfs(disk)
    used = (seen.f_blocks - seen.f_bfree) * seen.f_frsize
    free = seen.f_bavail * seen.f_frsize
    missing = int(share * (used + free) - used)
    file = os.open(disk / name, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    try:
        with suppress(OSError):  # not a block is free any more
            os.posix_fallocate(file, os.fstat(file).st_size, max(4096, missing))
    finally:
        os.close(file)
