"""What people see of maintenance and silences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from watchdog.cli.window_reports import report_maintenance, report_silences, report_window_answer

NOW = "2026-11-23T12:00:00.000+00:00"
Json = dict[str, Any]


def window(**more: object) -> Json:
    made: Json = {
        "id": "m1",
        "purpose": "maintenance",
        "targets": ["api", "db"],
        "by": "ada",
        "why": "",
        "begun": "2026-11-23T11:00:00.000+00:00",
        "until": "2026-11-23T13:00:00.000+00:00",
        "left": 3600.0,
        "over": False,
        "commands": ["watchdog maintenance end m1"],
    }
    return made | more


def shown(report: Callable[[Console, Json], None], content: Json) -> list[str]:
    """The lines of a report, on no terminal."""
    console = Console(width=500, markup=False, highlight=False, record=True, file=None, quiet=False)
    with console.capture() as kept:
        report(console, content)
    return kept.get().splitlines()


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHDOG_LANGUAGE", raising=False)


def test_what_recurs_is_listed_with_its_next_time_and_its_zone() -> None:
    """Nobody has to guess whose three o'clock it is."""
    recurring = {
        "name": "backup",
        "cron": "0 3 * * sun",
        "zone": "Europe/Paris",
        "seconds": 5400.0,
        "targets": None,
        "next": "2026-11-29T02:00:00.000+00:00",
    }
    lines = shown(report_maintenance, {"at": NOW, "windows": [], "recurring": [recurring]})
    assert lines[0] == "No maintenance: everything that is watched is looked after."
    assert lines[1].startswith(
        "backup: the whole stack, 0 3 * * sun (time of Europe/Paris) for 1 h 30 min, next 2026-11-29 "
    )
    never = shown(report_maintenance, {"at": NOW, "windows": [], "recurring": [recurring | {"next": None}]})
    assert never[1].endswith("for 1 h 30 min")


def test_a_window_is_shown_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """By whom, since when and why; in the language of whoever asks."""
    listed = {"at": NOW, "windows": [window(why="new disks")], "recurring": []}
    lines = shown(report_maintenance, listed)
    assert lines[0].endswith("(1 h 0 min left)")
    assert "api, db is watched and not touched" in lines[0]
    assert [line.split() for line in lines[2:]] == [
        ["asked", "by", "ada"],
        ["why", "new", "disks"],
        ["you", "can", "watchdog", "maintenance", "end", "m1"],
    ]
    monkeypatch.setenv("WATCHDOG_LANGUAGE", "fr")
    french = shown(report_maintenance, {**listed, "windows": [window(by="the configuration", targets=None)]})
    assert "toute la stack" in french[0]
    assert "la configuration" in french[2]


def test_a_silence_that_is_over_has_nothing_to_type() -> None:
    """It is named, and that is all."""
    over = window(purpose="silence", id="s1", over=True, until=None, left=0.0, commands=[])
    lines = shown(report_silences, {"at": NOW, "windows": [over]})
    assert lines[0] == "Silence s1 of api, db is over"
    assert not any("you can" in line for line in lines)
    assert shown(report_silences, {"at": NOW, "windows": []}) == [
        "No silence: people are told of everything."
    ]


def test_a_dry_run_says_so() -> None:
    """Nobody believes that it has begun."""
    answer = {"at": NOW, "dry_run": True, "window": window(), "covers": ["api", "api#2", "db"]}
    lines = shown(report_window_answer, answer)
    assert lines[0] == "~ So it would be; nothing has changed:"
    assert lines[-3:] == ["    - api", "    - api#2", "    - db"]
