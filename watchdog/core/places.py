"""Where files of other programs are, as a configuration may say it: on the host, or in a volume."""

from __future__ import annotations

import re

_PLACE = re.compile(r"/[^:\x00]*|[A-Za-z0-9][A-Za-z0-9_.-]*")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def check_place(text: str) -> str:
    """An absolute path of the host, or the name of a volume. Raises ValueError for anything else."""
    if not _PLACE.fullmatch(text) or ".." in text.split("/"):
        raise ValueError(
            "is neither an absolute path of the host (or ./ for where watchdog starts) nor the name of a volume"
        )
    return text


def check_file(text: str) -> str:
    """The plain name of a file, or nothing. Raises ValueError for anything else."""
    if text and not _FILE.fullmatch(text):
        raise ValueError("is no plain name of a file")
    return text
