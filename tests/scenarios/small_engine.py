"""A disk that can be filled: a loop-mounted ext4, and an engine of its own that keeps its images and volumes there."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.scenarios.failed import Failed
from tests.scenarios.stage import Stage

MIB = 1 << 20
BUSYBOX = "watchdog-test/busybox:local"


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


@contextmanager
def an_engine(stage: Stage, disk: Path) -> Iterator[str]:
    """An engine whose data lies on that disk; its socket. `docker` means it meanwhile, and busybox is there.

    Whoever speaks with it has ended before it does.
    """
    folder = stage.work
    socket, pidfile = folder / "docker.sock", folder / "docker.pid"
    # In a network of its own: an engine that is to have no bridge removes the `docker0` of the one that is there.
    command = [
        "unshare",
        "--net",
        "dockerd",
        "--data-root",
        str(disk / "docker"),
        "--exec-root",
        str(folder / "exec"),
    ]
    command += ["--pidfile", str(pidfile), "-H", f"unix://{socket}"]
    command += ["--bridge=none", "--iptables=false", "--ip6tables=false"]
    busybox = subprocess.run(["docker", "save", BUSYBOX], check=True, capture_output=True).stdout
    before = os.environ.get("DOCKER_HOST")
    with (folder / "engine.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        os.environ["DOCKER_HOST"] = f"unix://{socket}"
        try:
            _wait_for(process, folder / "engine.log")
            subprocess.run(["docker", "load", "-q"], input=busybox, check=True, capture_output=True)
            yield str(socket)
        finally:
            stage.daemon.kill()
            stage.engine.close()
            found = subprocess.run(["docker", "ps", "-aq"], capture_output=True, text=True, check=False)
            if found.stdout.split():
                subprocess.run(
                    ["docker", "rm", "-f", *found.stdout.split()], capture_output=True, check=False
                )
            os.environ.pop("DOCKER_HOST")
            if before is not None:
                os.environ["DOCKER_HOST"] = before
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


def _wait_for(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while subprocess.run(["docker", "version"], capture_output=True, check=False).returncode:
        if process.poll() is not None or time.monotonic() > deadline:
            raise Failed(f"no engine on the small disk:\n{log.read_text(encoding='utf-8')[-1500:]}")
        time.sleep(0.2)


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
