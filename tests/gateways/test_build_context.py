from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from watchdog.core.errors import Refused
from watchdog.gateways import build_context
from watchdog.gateways.build_context import digest_context
from watchdog.gateways.docker import list_build_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("print(1)\n")
    (tmp_path / ".dockerignore").write_text("# not these\n*.log\ndata\n")
    return tmp_path


def digest(folder: Path, **more: Any) -> str:
    return digest_context({"context": str(folder), **more}, list_build_files)


def edit(folder: Path) -> None:
    (folder / "src" / "app.py").write_text("print(2)\n")


def add(folder: Path) -> None:
    (folder / "new").touch()


def make_executable(folder: Path) -> None:
    (folder / "src" / "app.py").chmod(0o755)


def link_elsewhere(folder: Path) -> None:
    (folder / "link").symlink_to("/nowhere")


def edit_dockerfile(folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM scratch\nENV A=1\n")


@pytest.mark.parametrize("change", [edit, add, make_executable, link_elsewhere, edit_dockerfile])
def test_whatever_the_build_can_see_makes_another_digest(
    folder: Path, change: Callable[[Path], None]
) -> None:
    """A yes to one working tree is none to another."""
    before = digest(folder)
    change(folder)
    assert digest(folder) != before


def test_what_the_build_cannot_see_does_not_matter(folder: Path) -> None:
    """Logs and data that `.dockerignore` leaves out may change, and so may the time of a file."""
    before = digest(folder)
    (folder / "today.log").write_text("busy")
    (folder / "data").mkdir()
    (folder / "data" / "rows").write_text("1")
    os.utime(folder / "src" / "app.py", (1, 1))
    assert digest(folder) == before


def test_a_dockerfile_elsewhere_and_its_own_ignore_file_count(folder: Path, tmp_path: Path) -> None:
    """The build heeds them, so does the digest."""
    (folder / "Other").write_text("FROM scratch\n")
    (folder / "Other.dockerignore").write_text("src\n")
    before = digest(folder, dockerfile="Other")
    edit(folder)
    assert digest(folder, dockerfile="Other") == before
    (folder / "Other").write_text("FROM scratch\nENV A=1\n")
    assert digest(folder, dockerfile="Other") != before


def test_additional_folders_count(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Other images do not: they have ids of their own."""
    other = tmp_path_factory.mktemp("other")
    contexts = {"lib": str(other), "base": "docker-image://scratch"}
    before = digest(folder, additional_contexts=contexts)
    (other / "new").touch()
    assert digest(folder, additional_contexts=contexts) != before


def test_a_large_file_goes_by_its_size_and_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading gigabytes to ask a question would be dearer than the build."""
    monkeypatch.setattr(build_context, "READ_WHOLE", 4)
    before = digest(folder)
    os.utime(folder / "src" / "app.py", (1, 1))
    assert digest(folder) != before


@pytest.mark.parametrize("context", ["https://example.org/app.git", "/nowhere"])
def test_what_cannot_be_seen_is_refused(context: str) -> None:
    """An address may give something else tomorrow."""
    with pytest.raises(Refused, match="no folder that can be seen here"):
        digest_context({"context": context}, list_build_files)


def test_a_context_without_end_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fix is told: a `.dockerignore`."""
    monkeypatch.setattr(build_context, "MOST_FILES", 2)
    with pytest.raises(Refused, match="dockerignore"):
        digest(folder)


def test_a_file_that_may_not_be_read_is_refused(folder: Path) -> None:
    """What cannot be read cannot be shown."""
    with pytest.raises(Refused, match="cannot be read"):
        digest_context({"context": str(folder)}, lambda *_: ["gone"])
