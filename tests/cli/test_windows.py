"""`watchdog maintenance` and `watchdog silence`."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from typer.testing import Result

from tests.cli.conftest import Daemon
from watchdog.cli.exits import Exit

Watchdog = Callable[..., Result]


@pytest.fixture
def daemon(daemon: Daemon) -> Daemon:
    """A daemon that watches two targets."""
    daemon.office.watch("api")
    daemon.office.watch("db")
    return daemon


@pytest.mark.usefixtures("daemon")
def test_a_maintenance_is_shown_with_its_end_its_author_and_how_to_end_it(watchdog: Watchdog) -> None:
    """What is not touched, until when, by whom: when it begins, in the list and in the status."""
    begun = watchdog("maintenance", "begin", "api", "--for", "2h", "--why", "new disks")
    assert begun.exit_code == Exit.FINE
    for shown in (begun, watchdog("maintenance", "list"), watchdog("status")):
        assert "Maintenance m1: api is watched and not touched, until 2026-11-23 1" in shown.output
        assert "(2 h 0 min left)" in shown.output
        assert "new disks" in shown.output
        assert "watchdog maintenance end m1" in shown.output
    assert "- api\n" in begun.output
    ended = watchdog("maintenance", "end")
    assert "Maintenance m1 of api is over" in ended.output
    assert (
        "No maintenance: everything that is watched is looked after."
        in watchdog("maintenance", "list").output
    )
    assert "Maintenance m1 of api is over" in watchdog("maintenance", "list", "--all").output


@pytest.mark.usefixtures("daemon")
def test_without_targets_and_length_it_is_the_whole_stack_until_ended(watchdog: Watchdog) -> None:
    """Who says nothing more is told what that means."""
    shown = watchdog("maintenance", "begin").output
    assert "the whole stack is watched and not touched, until somebody ends it" in shown
    status = json.loads(watchdog("status", "--json").output)
    assert [(each["id"], each["targets"], each["until"]) for each in status["maintenance"]] == [
        ("m1", None, None)
    ]
    assert [each["maintenance"] for each in status["targets"]] == ["m1", "m1"]


@pytest.mark.usefixtures("daemon")
def test_a_silence_begins_without_saying_so(watchdog: Watchdog) -> None:
    """`watchdog silence api --for 1h` and `watchdog silence --all` are enough; so is `begin`."""
    assert "Silence s1: nothing is told of api" in watchdog("silence", "api", "--for", "1h").output
    assert "Silence s2: nothing is told of the whole stack" in watchdog("silence", "--all").output
    assert "Silence s3: nothing is told of api, db" in watchdog("silence", "begin", "db", "api").output
    assert watchdog("status").output.count("nothing is told of") == 3
    assert "Silence s1 of api is over" in watchdog("silence", "end", "s1").output
    listed = json.loads(watchdog("silence", "list", "--json").output)
    assert [each["id"] for each in listed["windows"]] == ["s2", "s3"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("silence", "begin"), Exit.USAGE, "name the targets, or say --all"),
        (("silence", "api", "--all"), Exit.USAGE, "name the targets, or say --all"),
        (("silence", "api", "--for", "2"), Exit.USAGE, "has no unit"),
        (("maintenance", "begin", "--for", "0s"), Exit.USAGE, "must be longer than nothing"),
        (("maintenance", "begin", "apy"), Exit.UNKNOWN_NAME, "did you mean api?"),
        (("maintenance", "end"), Exit.UNKNOWN_NAME, "there is no maintenance to end"),
        (("silence", "end", "s7"), Exit.UNKNOWN_NAME, "there is no silence 's7'"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    daemon: Daemon, watchdog: Watchdog, words: tuple[str, ...], *, code: Exit, said: str
) -> None:
    """Nothing begins, and the answer says what to write."""
    result = watchdog(*words)
    assert result.exit_code == code
    assert said in result.output
    assert daemon.office.book.windows == []


@pytest.mark.usefixtures("daemon")
def test_a_dry_run_shows_what_it_would_be_for(watchdog: Watchdog) -> None:
    """And leaves all as it is."""
    shown = watchdog("maintenance", "begin", "db", "--dry-run").output
    assert "nothing has changed" in shown
    assert "- db\n" in shown
    assert "No maintenance" in watchdog("maintenance", "list").output


@pytest.mark.usefixtures("daemon")
def test_of_several_one_has_to_be_named(watchdog: Watchdog) -> None:
    """None is ended by guessing."""
    watchdog("maintenance", "begin", "api")
    watchdog("maintenance", "begin", "db")
    result = watchdog("maintenance", "end")
    assert result.exit_code == Exit.SICK
    assert "m1, m2" in result.output
