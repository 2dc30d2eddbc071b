"""What an image would be built from, as one digest: so that a yes ships exactly what was shown.

Belongs here: the files of a build context that the build can see, and their digest. Does not: building.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from watchdog.core.errors import Refused

# The files of a folder that a `.dockerignore` with these lines lets a build see.
ListFiles = Callable[[str, list[str], str], Iterable[str]]

# Of a larger file size and time of change must do: reading gigabytes is dearer than building.
READ_WHOLE = 4 * 1024 * 1024
MOST_FILES = 20_000
DOCKERFILE = "Dockerfile"


def digest_context(build: Mapping[str, Any], list_files: ListFiles) -> str:
    """The digest of all files that this `build` section of a service lets a build see. Blocks.

    Raises `Refused` when that cannot be known: the context is an address, not there, or too large.
    """
    tree = hashlib.sha256()
    contexts = {"": build.get("context", "."), **(build.get("additional_contexts") or {})}
    for name, context in sorted(contexts.items()):
        if name and not _is_folder(str(context)):
            continue  # another image or service: it has its own id
        _add_folder(tree, Path(str(context)), str(build.get("dockerfile") or DOCKERFILE), list_files)
    return tree.hexdigest()


def _add_folder(tree: hashlib._Hash, folder: Path, dockerfile: str, list_files: ListFiles) -> None:
    if not _is_folder(str(folder)):
        raise Refused(f"the build context {folder} is no folder that can be seen here")
    try:
        names = sorted(list_files(str(folder), _ignored(folder, dockerfile), dockerfile))
    except (OSError, ValueError) as error:
        raise Refused(f"the build context {folder} cannot be read: {error}") from error
    if len(names) > MOST_FILES:
        raise Refused(
            f"the build context {folder} has more than {MOST_FILES} files: leave out what the build does not "
            "need with a .dockerignore"
        )
    for name in names:
        _add_file(tree, folder / name, name)
    outside = folder / dockerfile  # an absolute one stays what it is
    if outside.is_file():
        _add_file(tree, outside, dockerfile)


def _add_file(tree: hashlib._Hash, path: Path, name: str) -> None:
    try:
        facts = path.lstat()
        tree.update(f"{name}\0{facts.st_mode:o}\0".encode(errors="surrogateescape"))
        if stat.S_ISLNK(facts.st_mode):
            tree.update(os.fsencode(os.readlink(path)))  # noqa: PTH115 - as bytes
        elif stat.S_ISREG(facts.st_mode) and facts.st_size <= READ_WHOLE:
            tree.update(hashlib.sha256(path.read_bytes()).digest())
        elif stat.S_ISREG(facts.st_mode):
            tree.update(f"{facts.st_size} {facts.st_mtime_ns}".encode())
    except OSError as error:
        raise Refused(f"{path} of the build context cannot be read: {error.strerror}") from error
    tree.update(b"\n")


def _ignored(folder: Path, dockerfile: str) -> list[str]:
    """The lines of the ignore file that the build would heed: its Dockerfile's own, else that of the folder."""
    for name in (f"{dockerfile}.dockerignore", ".dockerignore"):
        try:
            lines = (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return []


def _is_folder(context: str) -> bool:
    return "://" not in context and Path(context).is_dir()
