from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from tests.gateways.journal_samples import a_proposal, at
from watchdog.cli import consent
from watchdog.cli.show import make_console
from watchdog.desk.shapes import shape_proposal


@pytest.fixture
def console() -> Console:
    return make_console()


def shown(**more: Any) -> dict[str, Any]:
    return {**shape_proposal(a_proposal(), at(10)), **more}


def test_a_proposal_is_shown_with_all_that_a_yes_is_for(
    console: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it does, what of, how long it waits, and how to answer."""
    consent.report_proposals(console, {"at": shown()["made"], "proposals": [shown(), shown(id="1-2")]})
    text = capsys.readouterr().out
    for words in (
        "Proposal 1-1: rebuild_service for api",
        "docker compose build api",
        "context",
        "within 59 min 55 s; no answer is a no",
        "watchdog approve 1-1",
        "watchdog decline 1-1",
        "Proposal 1-2",
    ):
        assert words in text


def test_nothing_waiting_is_said(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    """Silence would leave people in doubt."""
    consent.report_proposals(console, {"at": shown()["made"], "proposals": []})
    assert capsys.readouterr().out == "Nothing waits for a yes.\n"


def test_a_dry_run_shows_what_is_different(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    """Before a person says yes to something else."""
    consent.report_answer(console, {"dry_run": True, "proposal": shown(), "differs": "context changed"})
    assert "It is not as it was shown: context changed" in capsys.readouterr().out


def test_an_answer_says_what_follows(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    """And where to look on, and how to stop it."""
    answered = {
        "answer": "approve",
        "proposal": shown(state="approved", by="ada", reason="why"),
        "follows": "approved by ada",
        "status": {"target": "api"},
    }
    consent.report_answer(console, answered)
    text = capsys.readouterr().out
    assert "approve 1-1: approved by ada" in text
    assert "watchdog incidents 1" in text
    consent.report_proposal(console, answered["proposal"])  # type: ignore[arg-type] # as the daemon gives it
    assert "waits for a yes, by ada" in capsys.readouterr().out
