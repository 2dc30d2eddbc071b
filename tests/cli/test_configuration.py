import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import Result

Watchdog = Callable[..., Result]
SHIPPED = Path(__file__).parents[2] / "config" / "watchdog.yml"


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WATCHDOG_STATE_DIR", str(tmp_path))


def test_a_good_configuration_says_what_would_be_watched(watchdog: Watchdog) -> None:
    """The shipped configuration is good, and the check says what it means."""
    ran = watchdog("config", "check", str(SHIPPED))
    assert ran.exit_code == 0
    assert "The configuration is good." in ran.output
    assert "container-crash" in ran.output
    told = json.loads(watchdog("config", "check", str(SHIPPED), "--json").stdout)
    assert told["ok"] is True
    assert told["checks"][0]["playbook"] in told["playbooks"]


def test_a_bad_configuration_says_everything_that_is_wrong(watchdog: Watchdog, tmp_path: Path) -> None:
    """All problems at once, exit code 78, no traceback."""
    file = tmp_path / "w.yml"
    file.write_text("version: 1\nwatch: {project: a, labl: b}\nautonomy: maybe\n")
    ran = watchdog("config", "check", str(file))
    assert ran.exit_code == 78
    assert "labl" in ran.output
    assert "autonomy" in ran.output
    assert "2 problems: the configuration cannot be used" in ran.output
    told = json.loads(watchdog("config", "check", str(file), "--json").stdout)
    assert told["ok"] is False
    assert len(told["problems"]) == 2


def test_a_watched_label_and_wishes_are_shown(watchdog: Watchdog, tmp_path: Path) -> None:
    """What is watched by label is told so, with the targets that have wishes of their own."""
    file = tmp_path / "w.yml"
    books = SHIPPED.parent / "playbooks"
    file.write_text(
        f"version: 1\nwatch: {{label: heal=yes}}\nplaybooks: {books}\ntargets: {{api: {{hold: true}}}}\n"
    )
    ran = watchdog("config", "check", str(file))
    assert ran.exit_code == 0, ran.output
    assert "every container with the label heal=yes" in ran.output
    assert "wishes of their own: api" in ran.output


def test_what_a_package_brings_is_said_to(watchdog: Watchdog, tmp_path: Path, evil: ModuleType) -> None:
    """Where each kind comes from that did not come with watchdog, and which are refused for their names."""
    books = tmp_path / "playbooks"
    books.mkdir()
    (books / "mend.yml").write_text(
        "playbook: mend\nkind: remedy\ntitle: {en: Mend}\nfor: {kind: evil}\nsteps:\n  - do_evil: {}\n"
    )
    file = tmp_path / "w.yml"
    file.write_text("version: 1\nwatch: {project: a}\nchecks:\n  mine: {kind: evil, playbook: mend}\n")
    ran = watchdog("config", "check", str(file))
    assert ran.exit_code == 0, ran.output
    lines = ran.output.splitlines()
    assert "evil comes from evil-plugins 1.0 (evil_plugins:Evil)" in lines
    assert "do_evil comes from evil-plugins 1.0 (evil_plugins:DoEvil)" in lines
    refused = "of evil-plugins 1.0 (evil_plugins:Evil) is not used: its name is taken"
    assert f"container {refused}" in lines
    told = json.loads(watchdog("config", "check", str(file), "--json").stdout)
    assert told["checks"][0]["origin"] == "evil-plugins 1.0 (evil_plugins:Evil)"
    assert told["notifiers"][0]["origin"] == "watchdog"
    assert sorted(told["plugins"]) == ["do_evil", "evil"]
    assert [each["kind"] for each in told["plugins_refused"]] == ["container", "restart_container"]
