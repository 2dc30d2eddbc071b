"""What makes a configuration another one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.world import configure
from watchdog.config import fingerprint


def test_every_byte_and_the_version_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment is enough, another version too; a file that is gone is a change, no error."""
    file = tmp_path / "watchdog.yml"
    file.write_text("version: 1\n")
    config = replace(configure(), sources=(file,))
    seen = [fingerprint.fingerprint_of(config)]
    assert seen[0] == fingerprint.fingerprint_of(config)

    file.write_text("version: 1\n# mended\n")
    seen.append(fingerprint.fingerprint_of(config))
    file.unlink()
    seen.append(fingerprint.fingerprint_of(config))
    monkeypatch.setattr(fingerprint, "__version__", "9.9.9")
    seen.append(fingerprint.fingerprint_of(config))
    assert len(set(seen)) == len(seen)
