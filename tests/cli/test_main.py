import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
from typer.testing import Result

from tests.cli.conftest import Daemon
from watchdog import __version__
from watchdog.core.decision import Order
from watchdog.core.errors import Refused
from watchdog.core.incident import Act, Ending, Phase
from watchdog.core.observation import Status
from watchdog.core.story import Entry, Story

Watchdog = Callable[..., Result]
SECONDS = re.compile(r"[\d.]+ s ago")


def program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "watchdog", *arguments],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment},
        check=False,
        timeout=20,
    )


def test_the_version_is_answered_before_anything_heavy_is_imported() -> None:
    """`--version` costs little more than the start of Python."""
    assert program("--version").stdout == f"watchdog {__version__}\n"
    code = "import sys; sys.argv[1:] = ['--version']; from watchdog.__main__ import main; main(); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"typer", "rich", "pydantic", "asyncio"} & set(ran.stdout.split())


def test_the_version_is_answered_in_a_blink() -> None:
    """Median of five is within 150 ms on an idle machine; a busy one is compared with bare Python."""

    def seconds(*command: str) -> float:
        began = time.monotonic()
        subprocess.run([sys.executable, *command], capture_output=True, check=True)
        return time.monotonic() - began

    bare = median(seconds("-c", "import sys") for _ in range(5))
    ours = median(seconds("-m", "watchdog", "--version") for _ in range(5))
    assert ours < max(0.150, 6 * bare)


def test_the_clients_import_nothing_of_the_daemon() -> None:
    """A client command does not pay for aiohttp, docker or pydantic."""
    code = (
        "import sys, watchdog.cli.main, watchdog.cli.reports, watchdog.cli.progress;"
        "print([m for m in ('aiohttp', 'docker', 'pydantic', 'structlog', 'asyncio', 'sqlite3', 'yaml') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_without_a_daemon_the_socket_and_the_way_to_start_it_are_named(tmp_path: Path) -> None:
    """Exit code 3 says that nobody answers, where, and what to do."""
    ran = program("status", WATCHDOG_STATE_DIR=str(tmp_path))
    assert ran.returncode == 3
    assert ran.stdout == ""
    assert f"no daemon answers at {tmp_path}/control.sock" in ran.stderr
    assert "watchdog run" in ran.stderr
    ran = program("status", "--json", "--socket", str(tmp_path / "other.sock"))
    assert ran.returncode == 3
    assert set(json.loads(ran.stdout)) == {"error", "fix"}


@pytest.mark.parametrize(
    "arguments", [["frob"], ["heal"], ["status", "--frob"], ["incidents", "--limit", "x"]]
)
def test_wrong_usage_has_its_own_exit_code(arguments: list[str]) -> None:
    """Exit code 2 says that the command was not understood, without a traceback."""
    ran = program(*arguments)
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr


def test_a_configuration_that_cannot_be_used_ends_the_daemon_with_78(tmp_path: Path) -> None:
    """The daemon does not start on a bad configuration, and says all that is wrong with it."""
    file = tmp_path / "watchdog.yml"
    file.write_text("version: 1\nwotch: {}\n")
    ran = program("run", "--config", str(file), WATCHDOG_STATE_DIR=str(tmp_path / "state"))
    assert ran.returncode == 78
    assert "wotch" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (tmp_path / "state").exists()


def test_an_unknown_variable_ends_the_daemon_with_78(tmp_path: Path) -> None:
    """A mistyped WATCHDOG_* variable is not passed over."""
    ran = program("config", "check", WATCHDOG_STATE_DRI=str(tmp_path))
    assert ran.returncode == 78
    assert "WATCHDOG_STATE_DIR" in ran.stderr


def test_the_help_names_every_command_and_exit_code(watchdog: Watchdog) -> None:
    """The exit codes are documented where one looks."""
    text = watchdog("--help").output
    for word in ("run", "probe", "status", "incidents", "plan", "heal", "hold", "release", "retry", "config"):
        assert f" {word} " in text
    assert "78 configuration" in " ".join(text.split())


def test_when_all_is_well_one_line_says_so(daemon: Daemon, watchdog: Watchdog) -> None:
    """The first line answers the question; the exit code too."""
    daemon.office.watch("api")
    daemon.office.watch("db")
    ran = watchdog("status")
    assert ran.exit_code == 0
    assert ran.output.splitlines()[0] == "+ All is well: 2 targets."
    assert "api     well" in ran.output


def test_what_is_not_well_comes_first_with_all_that_one_asks_at_night(
    daemon: Daemon, watchdog: Watchdog
) -> None:
    """What is wrong, since when, what was done, why no more, what is next, and what can I do."""
    office = daemon.office
    office.watch("api", Status.CRITICAL, "exited")
    office.see("api", Status.CRITICAL, "exited", evidence="panic: \x1b[31mout of cheese[bold]")
    office.watch("db")
    office.incident("api", Phase.ESCALATED, attempts=2, reason="attempts-spent")
    office.clock.advance(252.0)
    ran = watchdog("status")
    assert ran.exit_code == 1
    lines = [line.rstrip() for line in ran.output.splitlines()]
    assert lines[0] == "! 1 of 2 targets is not well."
    assert lines[2] == "! api has ended (exit code 137, killed by signal KILL)"
    assert lines[3] == "    state    needs a human"
    assert re.fullmatch(r"    since    [\d-]+ [\d:]+, 4 min 12 s ago \(incident 7\)", lines[4])
    assert lines[5:] == [
        "    done     1. restart it, 4 min 12 s ago",
        "             2. restart it, 4 min 12 s ago",
        "    why      all attempts that the rules allow are spent",
        "    said     panic: out of cheese[bold]",
        "    next     nothing, until a human mends it or asks for another try",
        "    you can  watchdog incidents 7",
        "             watchdog retry api",
        "             watchdog hold api",
        "",
        "target  is    seen",
        "db      well  4 min 12 s ago  runs and is healthy",
    ]


def test_a_lost_engine_is_told_before_all_else(daemon: Daemon, watchdog: Watchdog) -> None:
    """Without the engine nothing is called well."""
    daemon.office.watch("api")
    daemon.office.listener.connected = False
    daemon.office.listener.lost_because = "connection refused"
    ran = watchdog("status")
    assert ran.exit_code == 1
    assert ran.output.splitlines()[0] == "? the Docker engine cannot be asked: connection refused"
    assert "All is well" not in ran.output


def test_watching_nothing_is_told(daemon: Daemon, watchdog: Watchdog) -> None:
    """An empty stack is pointed out, with the command that helps."""
    ran = watchdog("status")
    assert ran.exit_code == 1
    assert "nothing is watched" in ran.output


def test_a_held_target_is_no_trouble(daemon: Daemon, watchdog: Watchdog) -> None:
    """What a person wants down does not make the status bad, and how to give it back is named."""
    daemon.office.watch("api", Status.CRITICAL, "stopped")
    daemon.office.held("api", Act.STOPPED)
    ran = watchdog("status")
    assert ran.exit_code == 0
    assert "1 target (1 held)" in ran.output
    assert "watchdog release api" in ran.output


def test_a_probe_tells_what_is_seen(daemon: Daemon, watchdog: Watchdog) -> None:
    """A probe of a sick target exits with 1, of a well one with 0, of an unknown one with 4."""
    daemon.office.watch("api", Status.CRITICAL, "exited")
    daemon.office.see("api", Status.CRITICAL, "exited", evidence="last words")
    daemon.office.watch("nginx")
    sick = watchdog("probe", "api")
    assert sick.exit_code == 1
    assert sick.output.splitlines() == [
        "! api has ended (exit code 137, killed by signal KILL)",
        "    | last words",
    ]
    assert watchdog("probe", "nginx").exit_code == 0
    assert watchdog("probe").exit_code == 1
    unknown = watchdog("probe", "ngnix")
    assert unknown.exit_code == 4
    assert "did you mean nginx? known: api, nginx" in unknown.output


def test_incidents_are_listed_in_lines(daemon: Daemon, watchdog: Watchdog) -> None:
    """One line an incident, in columns that can be cut."""
    daemon.office.watch("api")
    assert watchdog("incidents").output == "No incidents.\n"
    incident = daemon.office.incident("api", Phase.RESOLVED, ending=Ending.HEALED, attempts=1)
    daemon.office.journal.past = [replace(incident, resolved=daemon.office.clock.advance(12.0))]
    ran = watchdog("incidents", "--target", "api", "-n", "5")
    assert ran.exit_code == 0
    heading, line = ran.output.splitlines()
    assert heading.split() == ["id", "opened", "target", "ended", "lasted", "attempts", "what", "it", "was"]
    assert re.fullmatch(
        r"7   [\d-]+ [\d:]+  api     healed  12 s    1         has ended \(exit code 137, .*\)", line
    )


def test_the_story_of_an_incident_is_a_timeline(daemon: Daemon, watchdog: Watchdog) -> None:
    """What happened is read from top to bottom; an unknown number exits with 4."""
    office = daemon.office
    office.watch("api")
    incident = office.incident("api", Phase.ESCALATED, reason="ladder-exhausted")
    entry = Entry(id=1, at=office.clock.now(), kind="decision", text="restart_container: attempt 1")
    office.journal.stories["7"] = Story(incident=incident, entries=(entry,))
    ran = watchdog("incidents", "7")
    assert ran.exit_code == 0
    assert ran.output.startswith("! Incident 7: api has ended")
    assert "no step of the playbook is left to try" in ran.output
    assert re.search(r"\d\d:\d\d:00\.000  restart_container: attempt 1", ran.output)
    assert watchdog("incidents", "99").exit_code == 4


def test_a_plan_is_shown_step_by_step(daemon: Daemon, watchdog: Watchdog) -> None:
    """A plan names each step, its waits, its proof and its hash; an unknown playbook exits with 4."""
    daemon.office.watch("api")
    ran = watchdog("plan", "container-crash", "api")
    assert ran.exit_code == 0
    assert "1. restart_container: restart_container of api" in ran.output
    assert "   attempts: 2 (at once, after 10 s)" in ran.output
    assert "   counts when: well within 1 min 0 s, and for 10 s without a break" in ran.output
    assert "3. a human is told" in ran.output
    assert re.search(r"^plan [0-9a-f]{64}$", ran.output, re.MULTILINE)
    assert watchdog("plan", "container-carsh", "api").exit_code == 4


@pytest.mark.parametrize("order", ["hold", "release", "retry"])
def test_an_order_says_what_follows_from_it(daemon: Daemon, watchdog: Watchdog, order: str) -> None:
    """An order is passed on, and how the target stands now is shown."""
    daemon.office.watch("api")
    ran = watchdog(order, "api")
    assert ran.exit_code == 0
    assert ran.output.splitlines()[0].startswith(f"{order} api: {order} by ")
    assert [each[1] for each in daemon.office.responder.orders] == [Order(order)]


def test_a_refused_order_exits_with_1(daemon: Daemon, watchdog: Watchdog) -> None:
    """A no is told with its reason."""
    daemon.office.watch("api")
    daemon.office.responder.fail_next(Refused("not while it is updated"))
    ran = watchdog("hold", "api")
    assert ran.exit_code == 1
    assert "error: not while it is updated" in ran.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["probe"],
        ["incidents"],
        ["incidents", "7"],
        ["plan", "container-crash", "api"],
        ["heal", "api"],
        ["heal", "api", "--dry-run"],
        ["hold", "api"],
        ["release", "api"],
        ["retry", "api"],
        ["status", "--socket", "SOCKET"],
    ],
)
def test_every_command_answers_in_json(daemon: Daemon, watchdog: Watchdog, arguments: list[str]) -> None:
    """With --json a program reads one object and nothing else."""
    daemon.office.watch("api")
    incident = daemon.office.incident("api", Phase.RESOLVED)
    daemon.office.journal.stories["7"] = Story(incident=incident)
    named = [str(daemon.folder / "control.sock") if each == "SOCKET" else each for each in arguments]
    ran = watchdog(*named, "--json")
    assert ran.exit_code == 0
    assert isinstance(json.loads(ran.stdout), dict)


def test_an_error_is_json_too(daemon: Daemon, watchdog: Watchdog) -> None:
    """With --json an error is an object with its fix, under the same exit code."""
    daemon.office.watch("api")
    ran = watchdog("hold", "apy", "--json")
    assert ran.exit_code == 4
    assert json.loads(ran.stdout)["fix"].startswith("did you mean api?")


def test_a_dry_run_shows_the_plan(daemon: Daemon, watchdog: Watchdog) -> None:
    """A dry run changes nothing and exits with 0."""
    daemon.office.watch("api", Status.CRITICAL, "exited")
    ran = watchdog("heal", "api", "--dry-run")
    assert ran.exit_code == 0
    assert "1. restart_container" in ran.output
    assert daemon.office.responder.orders == []


def test_a_daemon_that_is_not_understood_is_told(tmp_path: Path, watchdog: Watchdog) -> None:
    """What listens there but is no watchdog makes no traceback."""
    (tmp_path / "control.sock").touch()
    ran = watchdog("status", "--socket", str(tmp_path))
    assert ran.exit_code == 3


def test_an_answer_that_cannot_be_written_makes_no_traceback(daemon: Daemon) -> None:
    """A full disk behind stdout is told in a line."""
    daemon.office.watch("api")
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "watchdog", "status", "--socket", str(daemon.folder)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ran.returncode == 1
    assert "cannot write the answer: No space left on device" in ran.stderr
    assert "Traceback" not in ran.stderr
