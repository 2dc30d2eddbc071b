"""Kinds that installed packages bring, in a configuration."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from watchdog.config import Config, load_config
from watchdog.config.fingerprint import fingerprint_of
from watchdog.core.errors import ConfigError

PLAYBOOK = """playbook: mend
kind: remedy
title: {en: Mend, fr: Réparer}
for: {kind: evil}
steps:
  - %s
"""
FILE = """version: 1
watch: {project: demo}
checks:
  mine: {%s, playbook: mend}
notifiers:
  news: {%s}
"""


def load(
    folder: Path, check: str, step: str = "do_evil: {does: well}", news: str = "kind: evil_news"
) -> Config:
    """A configuration with one of each."""
    (folder / "playbooks").mkdir(exist_ok=True)
    (folder / "playbooks" / "mend.yml").write_text(PLAYBOOK % step, "utf-8")
    (folder / "watchdog.yml").write_text(FILE % (check, news), "utf-8")
    return load_config(folder / "watchdog.yml")


def test_a_kind_of_a_package_is_configured_like_any_other(evil: ModuleType, tmp_path: Path) -> None:
    """Its parameters are read, and it is made."""
    config = load(tmp_path, "kind: evil, does: raise")
    (check,) = config.checks
    assert isinstance(check.check, evil.Evil)
    assert check.check.parameters == evil.EvilParameters(does="raise")
    assert isinstance(config.notifiers[0], evil.EvilNews)
    assert [step.action for step in config.playbooks["mend"].steps] == ["do_evil"]


def test_what_a_check_looks_at_is_asked_once(evil: ModuleType, tmp_path: Path) -> None:
    """Afterwards the daemon knows it, and the code of the check is not run for it again."""
    (check,) = load(tmp_path, "kind: evil, does: look_at_the_shop").checks
    assert check.check.targets() == ("shop",)
    assert "targets" in vars(check.check)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (
            {"check": "kind: no_module"},
            (
                "watchdog.yml:4:16 checks.mine.kind: no_module of evil-plugins 1.0 (evil_nowhere:Evil) cannot be used: "
                "ModuleNotFoundError: No module named 'evil_nowhere'. Fix: mend or remove that package, or this"
            ),
        ),
        (
            {"check": "kind: ends_all"},
            (
                "watchdog.yml:4:16 checks.mine.kind: ends_all of evil-plugins 1.0 (evil_exits:Evil) cannot be used: "
                "SystemExit: 3. Fix: mend or remove that package, or this"
            ),
        ),
        (
            {"check": "kind: evil, does: is_not_made"},
            (
                "watchdog.yml:4:16 checks.mine.kind: evil of evil-plugins 1.0 (evil_plugins:Evil) cannot be used: "
                "KeyboardInterrupt. Fix: mend or remove that package, or this"
            ),
        ),
        (
            {"check": "kind: evil, does: say_wrong_targets"},
            (
                "watchdog.yml:4:16 checks.mine.kind: evil of evil-plugins 1.0 (evil_plugins:Evil) cannot be used: "
                "its targets are a str, not a tuple of names. Fix: mend or remove that package, or this"
            ),
        ),
        (
            {"check": "kind: evil, does: say_no_targets"},
            (
                "watchdog.yml:4:16 checks.mine.kind: evil of evil-plugins 1.0 (evil_plugins:Evil) cannot be used: "
                "ValueError: no idea. Fix: mend or remove that package, or this"
            ),
        ),
        (
            {"check": "kind: evli"},
            'watchdog.yml:4:16 checks.mine.kind: "evli" is no kind of check. Fix: did you mean "evil"?',
        ),
        (
            {"check": "kind: evil, dose: 5"},
            'watchdog.yml:4:22 checks.mine.dose: unknown key. Fix: did you mean "does"?',
        ),
        (
            {"news": "kind: evil_news, does: [x]"},
            (
                "watchdog.yml:6:27 notifiers.news.does: must be text (got a list). "
                "Fix: write text; quote what looks like a number"
            ),
        ),
        (
            {"step": "do_evli: {}"},
            'mend.yml:6:5 steps[0].do_evli: no such action. Fix: did you mean "do_evil"?',
        ),
    ],
)
def test_what_is_wrong_with_a_plug_in_is_a_problem_with_its_place(
    evil: ModuleType, tmp_path: Path, changed: dict[str, str], line: str
) -> None:
    """Whether it cannot be imported, is not made or is used wrongly: a line, and never a crash."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, **{"check": "kind: evil", **changed})
    problems = [problem.rpartition("/")[2] for problem in caught.value.problems]
    assert line in problems


def test_another_version_of_a_package_is_another_configuration(
    evil: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is held against a check is not held against its next version."""
    config = load(tmp_path, "kind: evil")
    before = fingerprint_of(config)
    assert fingerprint_of(config) == before
    newer = tmp_path / "site"
    (newer / "evil_plugins-2.0.dist-info").mkdir(parents=True)
    for name, text in (
        ("METADATA", "Metadata-Version: 2.1\nName: evil-plugins\nVersion: 2.0\n"),
        ("entry_points.txt", "[watchdog.checks]\nevil = evil_plugins:Evil\n"),
    ):
        (newer / "evil_plugins-2.0.dist-info" / name).write_text(text, "utf-8")
    monkeypatch.syspath_prepend(newer)
    assert fingerprint_of(config) != before
