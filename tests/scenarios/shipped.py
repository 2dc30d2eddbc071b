"""The files that are shipped, with the names and the waits of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.scenarios.failed import Failed


def write(source: Path, to: Path, changes: Mapping[str, str]) -> None:
    """A shipped file with what is otherwise here."""
    text = source.read_text(encoding="utf-8")
    for old, new in changes.items():
        if old not in text:
            raise Failed(f"{source.name} holds no {old!r} any more")
        text = text.replace(old, new)
    to.write_text(text, encoding="utf-8")
