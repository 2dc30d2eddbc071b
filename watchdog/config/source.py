"""Where a whole configuration comes from: the disk, or what was kept when it was last good."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from watchdog.config.channels import Given
from watchdog.config.files import Disk, Kept
from watchdog.config.load import load_config
from watchdog.config.records import Config
from watchdog.core.kept import KeptConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A configuration with the text of the files that it was read from, by absolute path. `path`: the main one."""

    config: Config
    path: str
    files: Mapping[str, str]


def load_from_disk(path: Path, given: Given | None = None) -> Loaded:
    """The configuration in these files now. Raises `ConfigError` with all problems."""
    disk = Disk()
    config = load_config(path, disk, given)
    files = {name: data.decode() for name, data in disk.taken.items()}
    return Loaded(config=config, path=identify(path), files=files)


def load_kept(kept: KeptConfig, given: Given | None = None) -> Config:
    """The configuration as it was kept. Raises `ConfigError` when this watchdog does not understand it any more."""
    return load_config(Path(kept.path), Kept(kept.files), given)


def identify(path: Path) -> str:
    """The name by which the configuration in this file is remembered."""
    return os.path.abspath(path)  # noqa: PTH100 - resolve() would follow links
