"""Every mistake that people make, one a file in tests/bad_configs, with the words that they get for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchdog.config import load_config
from watchdog.core.errors import ConfigError

BAD = Path(__file__).parents[1] / "bad_configs"
FILES = sorted(BAD.glob("*.yml"))
PREFIX = "# expect: "
CANARY = "hunter2"


def problems_of(file: Path, tmp_path: Path) -> tuple[str, ...]:
    """What people are told; FILE stands for the file in question."""
    shown = config = file
    if file.stem.startswith("playbook-file-"):
        config = tmp_path / "watchdog.yml"
        config.write_text(
            "version: 1\nwatch: {project: shop}\nchecks:\n  all: {kind: container, playbook: remedy}\n"
        )
        shown = tmp_path / "playbooks" / "remedy.yml"
        shown.parent.mkdir()
        shown.write_bytes(file.read_bytes())
    with pytest.raises(ConfigError) as caught:
        load_config(config)
    return tuple(
        problem.replace(str(shown), "FILE").replace(f"{tmp_path}/", "").replace(f"{BAD.parents[1]}/", "")
        for problem in caught.value.problems
    )


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_mistake_is_told_with_its_place_and_a_fix(file: Path, tmp_path: Path) -> None:
    """Each bad file gets exactly the messages written at its top, and none of them shows a secret."""
    expected = tuple(
        line.removeprefix(PREFIX) for line in file.read_text("utf-8").splitlines() if line.startswith(PREFIX)
    )
    actual = problems_of(file, tmp_path)
    assert expected == actual
    assert not any(CANARY in problem for problem in actual)


def test_there_is_a_bad_file_for_each_row_of_the_list_of_mistakes() -> None:
    """The collection is not lost by a wrong path: an empty one would pass silently."""
    assert len(FILES) > 100
