"""The rules of the house that a linter does not know: where things are, how they are named, what goes with what."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from watchdog.registry import ACTIONS, CHECKS, NOTIFIERS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "watchdog"
TESTS = ROOT / "tests"
LONGEST_FILE = 350

# Modules without a test file of their own, and the file that covers them.
COVERED_ELSEWHERE = {
    "core/container.py": "core/test_judgement.py",  # records, tested by what they are judged to mean
    "app/build.py": "test_app.py",  # joined parts are tested joined
    "app/foreign.py": "engine/outsiders/test_check.py",  # told apart and put behind threads: seen in a whole daemon
    "engine/outsiders/room.py": "engine/outsiders/test_check.py",
    "engine/outsiders/outsiders.py": "engine/outsiders/test_action.py",
    "app/outside.py": "scenarios/daemon.py",  # the real outside: every scenario starts it
    "app/parts.py": "test_app.py",  # a record
    "app/past.py": "engine/test_killed_anywhere.py",  # whose doing it was, after a death at every write
    "app/people.py": "test_app.py",  # joined: every order of those tests goes through it
    "app/shown.py": "test_app.py",
    "app/steps.py": "test_app.py",
    "app/run.py": "test_app.py",  # starting and stopping
    "__main__.py": "cli/test_main.py",  # three lines around the command line
    "plugins.py": "test_docs.py",  # bases and protocols: the example of docs/how-to is built on them and run
    "cli/exits.py": "test_docs.py",  # numbers
    "config/checks.py": "app/test_judging.py",  # what is asked every so often, and how often it is believed
    "config/records.py": "config/test_load.py",  # what load returns
    "config/sections.py": "config/test_bad_configs.py",  # types and bounds: a bad file for each
    "config/waits.py": "config/test_bad_configs.py",  # a bad file for each of them
    "config/playbooks.py": "config/test_bad_configs.py",  # the files that begin with playbook-file-
    "core/happening.py": "wording/test_happenings.py",  # one record
    "core/incident.py": "core/test_lifecycle.py",  # records that the lifecycle makes
    "core/decision.py": "core/test_lifecycle.py",
    "core/people.py": "core/test_lifecycle.py",
    "core/tellings.py": "core/test_lifecycle.py",
    "core/escalation.py": "core/test_reminders.py",
    "core/disk_room.py": "engine/test_disks.py",  # a protocol
    "core/notification.py": "wording/test_notifications.py",  # one record
    "core/run.py": "core/test_lifecycle.py",  # one record
    "desk/wants.py": "desk/test_desk.py",  # protocols
    "gateways/engine_options.py": "gateways/test_docker.py",  # one record
    "telemetry/view.py": "telemetry/test_metrics.py",  # one record
    "wording/english.py": "wording/test_catalogue.py",  # the catalogue itself
}

# Longer than the rest, and how long they may get: they are tables of cases that are read from top to bottom.
VAGUE = {"util", "utils", "helper", "helpers", "manager", "managers", "handler", "handlers"}
# logging's own word for what takes a record, and for the method that it calls.
NOT_VAGUE = {("telemetry/logs.py", "_Handler")}

KINDS = [
    *(("checks", name) for name in CHECKS),
    *(("actions", name) for name in ACTIONS),
    *(("notifiers", name) for name in NOTIFIERS),
]


def modules() -> Iterator[str]:
    """Every module of the package, as a path within it."""
    return (str(path.relative_to(PACKAGE)) for path in sorted(PACKAGE.rglob("*.py")))


def its_test(module: str) -> Path:
    """Where the test of a module belongs."""
    path = TESTS / module
    return path.with_name(f"test_{path.name}")


def named(path: Path) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Everything in a file that has a name of its own."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("module", [module for module in modules() if not module.endswith("__init__.py")])
def test_every_module_has_its_test(module: str) -> None:
    """A module is tested by the file of the same name in tests/, or another file is named that covers it."""
    there = its_test(module).exists()
    elsewhere = COVERED_ELSEWHERE.get(module)
    assert there or elsewhere, f"{module} has no {its_test(module).relative_to(ROOT)}"
    assert elsewhere is None or (TESTS / elsewhere).exists(), f"{elsewhere} does not exist"


def test_the_lists_name_modules_that_exist() -> None:
    """No list of exceptions keeps a name that is gone."""
    known = set(modules())
    listed = {*COVERED_ELSEWHERE, *(module for module, _ in NOT_VAGUE)}
    assert sorted(listed - known) == []


@pytest.mark.parametrize(("room", "kind"), KINDS)
def test_every_kind_has_what_belongs_to_it(room: str, kind: str) -> None:
    """A check, action or notifier has a file of its name, a test, words in the reference, and an example."""
    module = f"{room}/{kind}.py"
    assert (PACKAGE / module).exists()
    assert its_test(module).exists()
    reference = (ROOT / "docs/reference/configuration.md").read_text("utf-8")
    assert f"`{kind}`" in reference or f"`kind: {kind}`" in reference
    examples = "\n".join(path.read_text("utf-8") for path in (ROOT / "config").rglob("*.yml"))
    assert re.search(rf"(kind: {kind}\b)|(^ *- {kind}:)", examples, re.MULTILINE)


@pytest.mark.parametrize("package", [module for module in modules() if module.endswith("__init__.py")])
def test_every_package_says_what_belongs_there(package: str) -> None:
    """A package has a docstring from which a newcomer learns what to put there."""
    told = ast.get_docstring(ast.parse((PACKAGE / package).read_text("utf-8"))) or ""
    assert len(told) >= 60, f"watchdog/{package} says too little: {told!r}"


@pytest.mark.parametrize(
    "path", sorted(TESTS.rglob("test_*.py")), ids=lambda path: str(path.relative_to(TESTS))
)
def test_every_test_says_what_it_shows(path: Path) -> None:
    """Each test has a docstring of one sentence that a user would understand."""
    for node in named(path):
        if isinstance(node, ast.ClassDef) or not node.name.startswith("test_"):
            continue
        told = ast.get_docstring(node) or ""
        assert told.strip().endswith("."), f"{path.name}: {node.name} has no sentence"


@pytest.mark.parametrize("module", list(modules()))
def test_no_file_is_too_long_to_read(module: str) -> None:
    """Nobody has to read more than a few screens to understand one file."""
    lines = len((PACKAGE / module).read_text("utf-8").splitlines())
    assert lines <= LONGEST_FILE, f"{module} has {lines} lines"


@pytest.mark.parametrize("module", list(modules()))
def test_names_say_what_things_are(module: str) -> None:
    """Nothing is called a utility, helper, manager or handler: such names take in everything."""
    path = PACKAGE / module
    names = [path.stem, *(node.name for node in named(path))]
    for name in names:
        words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}
        assert not words & VAGUE or (module, name) in NOT_VAGUE, f"{module}: {name}"


def test_arrows_point_down_only() -> None:
    """No room imports one above it, and each SDK is imported by one file: `lint-imports` is green."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, timeout=25, check=False)
    assert done.returncode == 0, done.stdout
