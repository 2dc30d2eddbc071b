"""Paths beside the place where watchdog was started."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchdog.gateways.here import from_here


def test_what_begins_with_a_dot_lies_beside_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path of the project's folder is written as Compose has it."""
    monkeypatch.chdir(tmp_path)
    assert from_here("./nginx/ssl") == str(tmp_path / "nginx" / "ssl")
    assert from_here(".") == str(tmp_path)


@pytest.mark.parametrize("path", ["/opt/ssl", "a-volume", "../ssl", ".ssl", "", None, 5])
def test_everything_else_stays_as_it_is(path: object) -> None:
    """Absolute paths, volumes and what is none of both are for others to judge."""
    assert from_here(path) == path
