"""What tells one configuration, run by one version, from another."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from watchdog import __version__
from watchdog.config.records import Config


def fingerprint_of(config: Config) -> str:
    """Changes with every byte of the files and with the version of watchdog; nothing can be read from it."""
    digest = hashlib.sha256(__version__.encode())
    for source in sorted(config.sources):
        digest.update(b"\0" + str(source).encode() + b"\0")
        with suppress(OSError):
            digest.update(source.read_bytes())
    return digest.hexdigest()
