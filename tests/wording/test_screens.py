"""What the command line says around the words of the daemon."""

from __future__ import annotations

import ast
from pathlib import Path

import watchdog
from watchdog.wording.screens import COUNTS, HEADINGS, LABELS, SCREEN

CLI = Path(watchdog.__file__).parent / "cli"


def asked_for() -> set[str]:
    """Every string in the command line's code that stands alone."""
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in CLI.glob("*.py")]
    return {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_nothing_is_translated_that_nobody_says() -> None:
    """Every text of the command line is used somewhere in it."""
    kept = {*SCREEN, *LABELS, *HEADINGS, *COUNTS}
    fixes = {name for name in kept if name.endswith("_fix") and name.removesuffix("_fix") in kept}
    assert kept - fixes - asked_for() == set()


def test_counted_words_fit_their_number() -> None:
    """One is not many."""
    assert COUNTS["targets"](1) == "1 target"
    assert COUNTS["targets"](0) == "0 targets"
    assert COUNTS["not_well"](2, targets="3 targets") == "2 of 3 targets are not well."
