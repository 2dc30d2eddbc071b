from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes import FakeClock
from watchdog.config import compare, identify, load_from_disk, load_kept
from watchdog.core.errors import ConfigError
from watchdog.core.kept import KeptConfig

FILE = "version: 1\nwatch: {project: shop}\nchecks:\n  all: {kind: container, playbook: mine}\n"
PLAYBOOK = "playbook: mine\nkind: remedy\ntitle: {en: Mine}\nfor: {kind: container}\nsteps: [restart_container: {}]\n"


def write(folder: Path) -> Path:
    (folder / "playbooks").mkdir()
    (folder / "playbooks" / "mine.yml").write_text(PLAYBOOK)
    (folder / "watchdog.yml").write_text(FILE)
    return folder / "watchdog.yml"


def keep(path: Path) -> KeptConfig:
    loaded = load_from_disk(path)
    return KeptConfig(path=loaded.path, files=loaded.files, at=FakeClock().now())


def test_a_configuration_comes_with_the_text_of_its_files(tmp_path: Path) -> None:
    """What is needed to load it once more: the main file and every playbook."""
    loaded = load_from_disk(write(tmp_path))

    assert loaded.files == {f"{tmp_path}/watchdog.yml": FILE, f"{tmp_path}/playbooks/mine.yml": PLAYBOOK}
    assert loaded.path == identify(tmp_path / "." / "watchdog.yml")


def test_a_kept_configuration_is_the_same_whatever_became_of_its_files(tmp_path: Path) -> None:
    """Files that are broken, changed or gone do not change what was kept."""
    path = write(tmp_path)
    good, kept = load_from_disk(path).config, keep(path)
    path.write_text("version: [")
    (tmp_path / "playbooks" / "mine.yml").unlink()

    assert compare(good, load_kept(kept)) == ()


def test_playbooks_that_are_shipped_come_from_this_version(tmp_path: Path) -> None:
    """A configuration without playbooks of its own is loaded with those that are installed now."""
    path = tmp_path / "watchdog.yml"
    path.write_text("version: 1\nwatch: {project: shop}\n")
    kept = keep(path)
    only_ours = KeptConfig(path=kept.path, files={kept.path: kept.files[kept.path]}, at=kept.at)

    assert "container-crash" in load_kept(only_ours).playbooks


def test_what_is_not_understood_any_more_is_an_error(tmp_path: Path) -> None:
    """A kept configuration that this version does not take is no good one."""
    kept = KeptConfig(
        path=f"{tmp_path}/w.yml", files={f"{tmp_path}/w.yml": "version: 99"}, at=FakeClock().now()
    )

    with pytest.raises(ConfigError):
        load_kept(kept)
