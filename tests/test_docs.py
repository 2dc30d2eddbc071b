"""The docs are true: pages are fresh, links lead somewhere, examples load and run, commands exist."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main

import watchdog.core
from tests.config.test_load import GIVEN
from tests.engine.world import make_engine, running
from watchdog import plugins
from watchdog.cli.exits import Exit
from watchdog.cli.main import app
from watchdog.config import load_config
from watchdog.registry import ACTION_KINDS, CHECK_KINDS, NOTIFIER_KINDS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
HOW_TO = ROOT / "docs" / "how-to"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def shown(path: Path) -> str:
    """How a page is called in a test's name."""
    return str(path.relative_to(ROOT))


def fences(path: Path, language: str) -> list[str]:
    """What stands in the fenced blocks of one language."""
    return [text for kind, text in FENCE.findall(path.read_text("utf-8")) if kind == language]


def anchors(path: Path) -> set[str]:
    """What a link to a heading of this page may end with."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_reference_pages_are_fresh() -> None:
    """What is made from the code says what the code says: `uv run python scripts/docs.py` changes nothing."""
    command = [sys.executable, "scripts/docs.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=25, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}run: uv run python scripts/docs.py"


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page names a file that exists, and a heading that is in it."""
    prose = FENCE.sub("", page.read_text("utf-8"))
    for link in LINK.findall(prose):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, heading = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), f"{shown(page)} links to {link}"
        assert not heading or heading in anchors(target), f"{shown(page)} links to {link}"


@pytest.mark.parametrize("page", [page for page in PAGES if fences(page, "yaml")], ids=shown)
def test_configuration_examples_load(page: Path, tmp_path: Path) -> None:
    """A configuration copied from a page is accepted as it stands there."""
    for example in fences(page, "yaml"):
        file = tmp_path / "watchdog.yml"
        file.write_text(example, encoding="utf-8")
        load_config(file, given=GIVEN)


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_commands_that_are_mentioned_exist(page: Path) -> None:
    """What a page tells to type can be typed: make targets, demo scripts and watchdog's own commands."""
    for command in commands(page):
        words = command.split()
        match words:
            case ["make", target, *_]:
                assert re.search(
                    rf"^{re.escape(target)}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE
                )
            case ["demo/break", kind, *_]:
                told = subprocess.run(
                    [ROOT / "demo/break", "--help"], capture_output=True, text=True, check=True
                )
                assert kind == "--help" or re.search(rf"^  {re.escape(kind)} ", told.stdout, re.MULTILINE), (
                    command
                )
            case [name, *rest] if name.endswith("watchdog"):
                assert is_command(rest), f"{shown(page)}: {command}"
            case _:
                continue


def commands(page: Path) -> Iterator[str]:
    """Everything on a page that looks like something to type."""
    text = page.read_text("utf-8")
    lines = [line for fence in fences(page, "console") for line in fence.splitlines()]
    spans = re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    for line in (*lines, *spans):
        typed = line.removeprefix("$ ").partition("#")[0].strip()
        if re.match(r"(make|demo/break|demo/watchdog|(\.venv/bin/)?watchdog) [\w-]", typed):
            yield typed


def is_command(words: list[str]) -> bool:
    """Whether watchdog has this command, with these options."""
    command: Any = typer.main.get_command(app)
    words = [word for word in words if not re.match(r"[\[<]|[A-Z]+$", word)]
    while words and hasattr(command, "commands"):
        if getattr(command, "begins_by_default", False) and words[0] not in command.commands:
            words = ["begin", *words]
        name, *words = words
        if name not in command.commands:
            return name in ("--version", "--help")
        command = command.commands[name]
    options = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    return all(word in {*options, "--help"} for word in words if re.match(r"-{1,2}[a-z]", word))


def test_exit_codes_of_the_readme_are_those_of_the_program() -> None:
    """The codes that the README promises are the ones that the program has."""
    text = (ROOT / "README.md").read_text("utf-8")
    line = re.search(r"^Exit codes: (.+?)\[More\]", text, re.MULTILINE | re.DOTALL)
    assert line
    assert {int(code) for code in re.findall(r"(?:^|· )(\d+) ", line[1])} == {code.value for code in Exit}


def test_classes_of_the_glossary_exist() -> None:
    """Each word of the glossary that names a class or a file names one that exists."""
    known = {
        name
        for module in (*core_modules(), plugins)
        for name, _ in inspect.getmembers(module, inspect.isclass)
    }
    table = (ROOT / "docs/glossary.md").read_text("utf-8").partition("| --- |")[2]
    for row in table.splitlines():
        for word in re.findall(r"`([^`]+)`", row.strip("| ").split(" | ")[-1]):
            if "/" in word:
                assert (ROOT / word).exists(), word
            else:
                assert word in known, word


def core_modules() -> Iterator[ModuleType]:
    """Every module of core."""
    for info in pkgutil.iter_modules(watchdog.core.__path__, "watchdog.core."):
        yield importlib.import_module(info.name)


async def test_the_example_of_a_new_check_and_action_runs(tmp_path: Path) -> None:
    """The how-to's check, action and test are whole: copied out, they run."""
    module = ModuleType("how_to")
    sys.modules[module.__name__] = module
    try:
        for block in fences(HOW_TO / "add-a-check-or-action.md", "python"):
            exec(compile(block, "add-a-check-or-action.md", "exec", dont_inherit=True), vars(module))
        await module.test_a_word_in_the_log_is_found_and_a_dead_container_started(tmp_path)
    finally:
        del sys.modules[module.__name__]


async def test_the_example_of_a_plug_in_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The how-to's package, installed as it stands there, is found, looks, heals and tells."""
    page = HOW_TO / "write-a-plug-in.md"
    (project,) = (tomllib.loads(text) for text in fences(page, "toml"))
    named = project["project"]
    site, info = tmp_path / "site", tmp_path / "site" / f"shop_checks-{named['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {named['name']}\nVersion: {named['version']}\n", "utf-8"
    )
    points = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in each.items())
        for group, each in named["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("".join(points), "utf-8")
    code, test = fences(page, "python")
    (site / "shop_checks.py").write_text(code, "utf-8")
    monkeypatch.syspath_prepend(site)
    for kinds in (CHECK_KINDS, ACTION_KINDS, NOTIFIER_KINDS):
        monkeypatch.setattr(kinds, "_loaded", {})
    try:
        module = importlib.import_module("shop_checks")
        exec(compile(test, page.name, "exec", dont_inherit=True), vars(module))
        await module.test_a_package_looks_heals_and_tells(tmp_path)
        files = [text for text in fences(page, "text") if "checks:" in text or "playbook:" in text]
        (tmp_path / "playbooks").mkdir()
        (tmp_path / "watchdog.yml").write_text(f"version: 1\nwatch: {{project: shop}}\n{files[0]}", "utf-8")
        (tmp_path / "playbooks" / "shop-down.yml").write_text(files[1], "utf-8")
        shutil.copy(ROOT / "config/playbooks/container-crash.yml", tmp_path / "playbooks")
        config = load_config(tmp_path / "watchdog.yml", given=GIVEN)
        assert [check.check.kind for check in config.checks] == ["container", "port"]
    finally:
        sys.modules.pop("shop_checks", None)


async def test_queries_of_the_how_to_answer(tmp_path: Path) -> None:
    """Every query of the how-to works on a journal in which something was healed and something is held."""
    engine = make_engine()
    engine.add("app", log=("serving", "boom"))
    engine.add("web")
    async with running(engine, tmp_path) as world:
        await world.looked("app", "web")
        engine.crash("app")
        await world.newest("resolved")
        await world.app.desk.hold("web", "anna")

    queries = fences(HOW_TO / "read-the-journal.md", "sql")
    assert len(queries) >= 8
    with closing(sqlite3.connect(f"file:{tmp_path}/journal.db?mode=ro", uri=True)) as journal:
        for query in queries:
            assert journal.execute(query).fetchall(), query
