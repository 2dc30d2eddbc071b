from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from typer.testing import Result

from tests.cli.conftest import Daemon
from watchdog.config import Change
from watchdog.engine.reloader import Broken

Watchdog = Callable[..., Result]
PROBLEMS = ("w.yml:3:8 sweep: 2 has no unit. Fix: write 2s", "w.yml:4:1 targts: unknown key")
CHANGES = (
    Change(key="guardrails.attempts", before="5", after="7"),
    Change(key="targets.app.hold", before=None, after="true"),
    Change(key="web.listen", before="off", after="127.0.0.1:9120", needs_restart=True),
)


def test_what_has_changed_is_told_line_by_line(daemon: Daemon, watchdog: Watchdog) -> None:
    """By the keys of the file, and what waits for a restart."""
    daemon.office.reloader.next = replace(daemon.office.reloader.next, changes=CHANGES, unasked=("7",))

    ran = watchdog("reload")

    assert ran.exit_code == 0
    assert ran.stdout.splitlines() == [
        "+ Loaded again, 3 changes:",
        "  guardrails.attempts: 5 -> 7",
        "  targets.app.hold: not set -> true",
        "  web.listen: off -> 127.0.0.1:9120  (needs a restart)",
        "~ Not in force until the daemon is restarted: web.listen",
        "~ The check of incident 7 is configured no more: nobody looks after it.",
    ]


def test_a_file_that_was_only_touched_changes_nothing(daemon: Daemon, watchdog: Watchdog) -> None:
    """That is said in a line."""
    assert watchdog("reload").stdout == "+ Loaded again: nothing has changed.\n"


def test_a_broken_file_is_78_with_every_problem(daemon: Daemon, watchdog: Watchdog) -> None:
    """And the old configuration stays."""
    daemon.office.reloader.next = replace(daemon.office.reloader.next, ok=False, problems=PROBLEMS)

    ran = watchdog("reload")

    assert ran.exit_code == 78
    assert ran.stdout.splitlines() == [*PROBLEMS, "! 2 problems: the old configuration stays"]


def test_programs_get_it_in_json(daemon: Daemon, watchdog: Watchdog) -> None:
    """Good or not, in one shape, signed by who asked."""
    reloader = daemon.office.reloader
    reloader.next = replace(reloader.next, changes=CHANGES)
    good = json.loads(watchdog("reload", "--json").stdout)
    reloader.next = replace(reloader.next, ok=False, changes=(), problems=PROBLEMS)
    ran = watchdog("reload", "--json")
    bad = json.loads(ran.stdout)

    assert ran.exit_code == 78
    assert set(good) == set(bad) == {"ok", "at", "by", "changes", "needs_restart", "problems", "unasked"}
    assert (good["ok"], good["needs_restart"], bad["ok"]) == (True, ["web.listen"], False)
    assert good["changes"][1] == {
        "key": "targets.app.hold",
        "before": None,
        "after": "true",
        "needs_restart": False,
    }
    assert bad["problems"] == list(PROBLEMS)
    assert good["by"]


def test_the_status_says_loudly_that_the_files_are_broken(daemon: Daemon, watchdog: Watchdog) -> None:
    """Nobody who asks how things stand overlooks that an old configuration is in force."""
    daemon.office.watch("api")
    kept_at = daemon.office.clock.now()
    daemon.office.reloader.broken = Broken(problems=PROBLEMS, kept_at=kept_at)

    ran = watchdog("status")

    assert ran.exit_code == 1
    first, *rest = ran.stdout.splitlines()
    assert first.startswith("! the configuration is broken: what was last good is in force")
    assert rest[:3] == [f"    {PROBLEMS[0]}", f"    {PROBLEMS[1]}", "  Mend it, then: watchdog reload"]


def test_the_status_names_what_else_is_not_as_it_should_be(daemon: Daemon, watchdog: Watchdog) -> None:
    """A failed reload, keys that wait for a restart, a part of watchdog that does not work."""
    daemon.office.watch("api")
    reloader = daemon.office.reloader
    reloader.latest = replace(reloader.next, ok=False, problems=PROBLEMS[:1])
    reloader.waiting = ("web.listen",)
    daemon.office.degraded = ("the heartbeat is not heard outside",)

    ran = watchdog("status")

    assert ran.exit_code == 0
    assert ran.stdout.splitlines()[:5] == [
        "~ the configuration files are broken: the old configuration stays",
        f"    {PROBLEMS[0]}",
        "  Mend it, then: watchdog reload",
        "~ changed, and waiting for a restart of the daemon: web.listen",
        "~ the heartbeat is not heard outside",
    ]
