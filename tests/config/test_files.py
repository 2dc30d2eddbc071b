from __future__ import annotations

import os
from pathlib import Path

import pytest

from watchdog.config.files import Disk, Kept, NotRegular


def test_what_is_read_from_the_disk_is_taken_note_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exact bytes that were read can be kept, by absolute path, and not what is there a moment later."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.yml").write_bytes(b"version: 1")
    disk = Disk()

    assert disk.read(Path("w.yml"), 100) == b"version: 1"
    (tmp_path / "w.yml").write_bytes(b"changed")

    assert disk.taken == {str(tmp_path / "w.yml"): b"version: 1"}


def test_what_is_no_file_is_told_apart(tmp_path: Path) -> None:
    """A folder, a pipe and nothing at all are three different mistakes."""
    os.mkfifo(tmp_path / "pipe")
    for path, error in (
        (tmp_path, IsADirectoryError),
        (tmp_path / "pipe", NotRegular),
        (tmp_path / "no", FileNotFoundError),
    ):
        with pytest.raises(error):
            Disk().read(path, 10)


def test_kept_files_stand_in_for_the_disk(tmp_path: Path) -> None:
    """What was kept is read as if it were there; the disk itself is not looked at."""
    (tmp_path / "new.yml").touch()
    kept = Kept({f"{tmp_path}/w.yml": "version: é", f"{tmp_path}/playbooks/b.yml": "b"})

    assert kept.read(tmp_path / "playbooks" / ".." / "w.yml", 100) == "version: é".encode()
    assert kept.in_folder(tmp_path / "playbooks") == (tmp_path / "playbooks" / "b.yml",)
    assert kept.is_folder(tmp_path / "playbooks")
    assert not kept.is_folder(tmp_path / "other")
    with pytest.raises(FileNotFoundError):
        kept.read(tmp_path / "new.yml", 100)
