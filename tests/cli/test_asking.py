from __future__ import annotations

import json

import pytest
import typer

from watchdog.cli.asking import ended_well, show_answer
from watchdog.cli.exits import CommandError, Exit


def test_an_error_becomes_its_words_and_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs as JSON on stdout, for people on stderr."""
    with pytest.raises(typer.Exit) as ended, ended_well(as_json=True):
        raise CommandError("no such thing", "look again", Exit.UNKNOWN_NAME)
    assert ended.value.exit_code == Exit.UNKNOWN_NAME
    assert json.loads(capsys.readouterr().out) == {"error": "no such thing", "fix": "look again"}


def test_a_full_disk_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The answer could not be written: that is no success."""
    with pytest.raises(typer.Exit) as ended, ended_well(as_json=False):
        raise OSError(28, "No space left on device")
    assert ended.value.exit_code == Exit.SICK
    assert "No space left" in capsys.readouterr().err


def test_a_reader_that_has_read_enough_is_no_error() -> None:
    """`watchdog proposals | head -1` ends quietly."""
    with pytest.raises(BrokenPipeError), ended_well(as_json=False):
        raise BrokenPipeError


def test_an_answer_in_json_needs_no_report(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs pay for no table."""
    show_answer({"a": 1}, lambda _: pytest.fail("asked for a report"), as_json=True)
    assert json.loads(capsys.readouterr().out) == {"a": 1}
