"""Maintenance that comes again and again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from watchdog.config import Config, compare, load_config, take_over
from watchdog.config.records import Recurring
from watchdog.gateways.cron import parse_cron

HEAD = "version: 1\nwatch: {project: shop}\n"


def load(folder: Path, text: str) -> Config:
    file = folder / "watchdog.yml"
    file.write_text(HEAD + text)
    return load_config(file)


@pytest.mark.parametrize("text", ["", "maintenance:\n", "maintenance: []\n"])
def test_without_any_nothing_recurs(tmp_path: Path, text: str) -> None:
    """No maintenance is the default, and an empty list is none either."""
    assert load(tmp_path, text).maintenance == {}


def test_each_has_its_times_its_length_and_its_targets(tmp_path: Path) -> None:
    """Targets may be services or replicas; without them it is for the whole stack."""
    text = (
        "maintenance:\n"
        '  - {name: backup, cron: "0 3 * * sun", for: 90m, targets: [db, api#2]}\n'
        '  - {name: updates, cron: "30 4 1 * *", for: 2h}\n'
    )
    assert load(tmp_path, text).maintenance == {
        "backup": Recurring(cron=parse_cron("0 3 * * sun"), lasts=5400.0, targets=("db", "api#2")),
        "updates": Recurring(cron=parse_cron("30 4 1 * *"), lasts=7200.0),
    }


def test_a_reload_puts_another_one_in_force(tmp_path: Path) -> None:
    """It needs no restart, and says key by key what is another now."""
    old = load(tmp_path, 'maintenance: [{name: backup, cron: "0 3 * * sun", for: 1h}]')
    backup = Recurring(cron=parse_cron("0 4 * * sun"), lasts=7200.0, targets=("db",))
    new = replace(old, maintenance={"backup": backup})
    changes = {
        change.key: (change.before, change.after, change.needs_restart) for change in compare(old, new)
    }
    assert changes == {
        "maintenance.backup.cron": ("0 3 * * sun", "0 4 * * sun", False),
        "maintenance.backup.for": ("1h", "2h", False),
        "maintenance.backup.targets": (None, "[db]", False),
    }
    assert take_over(old, new).maintenance == {"backup": backup}
