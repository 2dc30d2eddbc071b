"""Paths that begin with `./`: they lie in the folder where watchdog was started, as Compose's do beside its file.

A sidecar has the project's folder at the same path as the machine, so that one path is right for both.
"""

from __future__ import annotations

import os


def from_here(path: object) -> object:
    """The absolute path, if this is one that begins with `./`; everything else as it is."""
    if isinstance(path, str) and (path == "." or path.startswith("./")):
        return os.path.abspath(path)  # noqa: PTH100 - resolve() would follow links
    return path
