"""What programs are answered."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest

from watchdog.cli.as_json import show_json


def test_an_answer_is_one_object_that_reads_back(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a container is called, a program reads what was written, and nothing else is on stdout."""
    answer = {"target": 'é "quoted"\n', "attempts": 2, "incident": None}
    show_json(answer)
    out = capsys.readouterr().out
    assert json.loads(out) == answer
    assert out.endswith("}\n")
    assert "é" in out


def test_it_is_written_before_the_command_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk or a closed pipe is met while the command can still say so."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(_Kept(raw)), encoding="utf-8"))
    show_json({"a": 1})
    assert json.loads(raw.getvalue()) == {"a": 1}


def test_programs_pay_for_no_table() -> None:
    """The library that draws tables is not imported for an answer in JSON."""
    program = "import sys; from watchdog.cli.as_json import show_json; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=20).returncode == 0


class _Kept(io.RawIOBase):
    """A stream whose bytes outlive it."""

    def __init__(self, kept: io.BytesIO) -> None:
        self._kept = kept

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        return self._kept.write(bytes(data))  # type: ignore[call-overload]
