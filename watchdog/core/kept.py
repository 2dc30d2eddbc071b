"""A configuration as its files were when it was last found good: what a daemon with broken files runs with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from watchdog.core.moment import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptConfig:
    """The text of every file, by absolute path. `path`: the main one; `at`: when they were found good."""

    path: str
    files: Mapping[str, str]
    at: Moment
