"""docs/faults.md: every fault that it lists has the scenario and the test that it names."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| (?P<fault>[^|]+) \| [^|]+ \| (?P<scenario>`[\w-]+`|-) \| `(?P<test>tests/[^`]+)` \|$")
HEADS = ("| fault |", "| what happened |", "| ---")


def rows() -> list[re.Match[str]]:
    """The rows of both tables; each line that begins like one has to be one."""
    lines = (ROOT / "docs/faults.md").read_text("utf-8").splitlines()
    found = [(line, ROW.match(line)) for line in lines if line.startswith("|") and not line.startswith(HEADS)]
    unread = [line for line, match in found if match is None]
    assert not unread, f"no row: {unread}"
    return [match for _, match in found if match is not None]


def functions(path: Path) -> set[str]:
    """The tests of a file, as pytest names them."""
    found = set[str]()
    for node in ast.parse(path.read_text("utf-8")).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {
            f"{prefix}{each.name}"
            for each in inside
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        }
    return found


@pytest.mark.parametrize("row", rows(), ids=lambda row: str(row["fault"])[:50])
def test_each_fault_has_its_test_and_its_scenario(row: re.Match[str]) -> None:
    """What the page says to be tested is: a test that was renamed or dropped takes its fault with it."""
    file, _, name = row["test"].partition("::")
    assert name in functions(ROOT / file)
    scenario = row["scenario"].strip("`")
    assert scenario == "-" or (ROOT / "tests/scenarios" / scenario / "scenario.py").is_file()
