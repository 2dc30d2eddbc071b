"""What tells one configuration, run by one version, from another."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from watchdog import __version__
from watchdog.config.records import Config
from watchdog.registry import CHECK_KINDS, OURS


def fingerprint_of(config: Config) -> str:
    """Changes with every byte of the files, the version of watchdog and those of plug-ins; nothing can be read from it."""
    digest = hashlib.sha256(__version__.encode())
    for source in sorted(config.sources):
        digest.update(b"\0" + str(source).encode() + b"\0")
        with suppress(OSError):
            digest.update(source.read_bytes())
    for check in config.checks:
        origin = CHECK_KINDS.origin(check.check.kind)
        if origin != OURS:
            digest.update(b"\0" + origin.encode())
    return digest.hexdigest()
