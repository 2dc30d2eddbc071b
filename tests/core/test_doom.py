"""Causes that no restart can mend."""

from __future__ import annotations

import pytest

from tests.fakes import FakeClock
from watchdog.core.container import ContainerFacts, End
from watchdog.core.doom import KEPT_ENDS, Diagnosis, allows_restart, diagnose, noted_end
from watchdog.core.doom_table import Advice
from watchdog.core.observation import Finding
from watchdog.core.verdict import Allow, Refuse

SECOND = 1_000_000_000


def down(
    code: int = 1, *, error: str = "", lived: int = 2, oom: bool = False, start: int = 1
) -> ContainerFacts:
    """A container that has ended."""
    return ContainerFacts(
        id="c0ffee",
        name="shop-web-1",
        image_id="a",
        state="exited",
        exit_code=code,
        error=error,
        oom_killed=oom,
        started=start * SECOND,
        finished=(start + lived) * SECOND,
    )


EXITED = Finding("exited")
FAILED = Finding("start_failed")


@pytest.mark.parametrize(("code", "kind"), [(126, "command-not-executable"), (127, "command-not-found")])
def test_a_command_that_cannot_be_run(code: int, kind: str) -> None:
    """Exit codes 126 and 127, also of a script within the container: a line of its says what is missing."""
    found = diagnose(FAILED, down(code), log_tail=("sh: nosuchcmd: not found", "hello", ""))
    assert found == Diagnosis(kind=kind, advice=Advice.MEND_COMMAND, evidence="sh: nosuchcmd: not found")


def test_a_silent_command_is_told_by_its_last_line() -> None:
    """Whatever that says; and without any there is no evidence but the exit code."""
    found = diagnose(FAILED, down(127), log_tail=("starting", "hello"))
    assert found is not None
    assert found.evidence == "hello"
    assert diagnose(FAILED, down(127)) == Diagnosis(kind="command-not-found", advice=Advice.MEND_COMMAND)


def test_of_several_lines_the_newest_is_shown() -> None:
    """The log of a container goes back to before its latest start."""
    lines = tuple(
        f'2026/02/12 10:00:0{n} [emerg] 1#1: unknown directive "x" in /etc/nginx/a.conf:{n}' for n in range(3)
    )
    found = diagnose(EXITED, down(1), log_tail=lines)
    assert found is not None
    assert found.evidence == lines[-1]


def test_a_bad_mount_is_not_taken_for_a_missing_command() -> None:
    """Measured: a file mounted on a folder ends with 127 as well."""
    error = 'OCI runtime create failed: error mounting "/srv/f" to rootfs at "/etc": not a directory: unknown'
    found = diagnose(FAILED, down(127, error=error))
    assert found == Diagnosis(kind="bad-mount", advice=Advice.MEND_MOUNT, evidence=error)


def test_what_compose_cannot_create_is_read_from_the_step_that_failed() -> None:
    """A missing env file shows only when the container is to be made anew, also when there is none any more."""
    said = "env file /srv/shop/.env not found: stat /srv/shop/.env: no such file or directory"
    for finding, facts in ((EXITED, down()), (Finding("missing"), None)):
        found = diagnose(finding, facts, refusal=said)
        assert found is not None
        assert (found.kind, found.evidence) == ("env-file-missing", said)
    assert diagnose(Finding("missing"), None) is None


def test_a_network_owner_that_is_gone_is_not_mended_by_any_restart() -> None:
    """Measured: the restart of a container that still ran ended it. Only a new one helps."""
    error = f"No such container: {'5f8db0da' * 8}"
    found = diagnose(FAILED, down(137, error=error))
    assert found is not None
    assert found.replacing_helps
    assert allows_restart(0, found) == Refuse("only-replacing-helps")


@pytest.mark.parametrize(
    "refusal", [f"No such container: {'c0ffee00' * 8}", "/var/run/docker.sock: no such file or directory"]
)
def test_what_a_step_says_of_something_else_is_no_diagnosis(refusal: str) -> None:
    """A container that went away under its hands, or an engine that did."""
    assert diagnose(EXITED, down(137), refusal=refusal) is None


def test_twice_out_of_memory_in_a_row() -> None:
    """Within an hour, and with no other end in between."""
    clock = FakeClock()
    ends: tuple[End, ...] = noted_end((), down(137, oom=True, start=1), clock.now())
    assert diagnose(Finding("out_of_memory"), down(137, oom=True), ends=ends) is None
    twice = noted_end(ends, down(137, oom=True, start=9), clock.advance(60))
    found = diagnose(Finding("out_of_memory"), down(137, oom=True), ends=twice)
    assert found == Diagnosis(kind="out-of-memory-again", advice=Advice.MORE_MEMORY)
    between = noted_end(ends, down(1, start=9), clock.now())
    between = noted_end(between, down(137, oom=True, start=20), clock.now())
    assert diagnose(Finding("out_of_memory"), down(137, oom=True), ends=between) is None
    unheard = noted_end(ends, down(137, start=9), clock.now())
    assert unheard == ends, (
        "the engine was not told that it was the kernel: neither counted nor an interruption"
    )
    assert diagnose(Finding("exited"), down(137), ends=unheard) is None
    unheard = noted_end(unheard, down(137, oom=True, start=20), clock.now())
    assert diagnose(Finding("out_of_memory"), down(137, oom=True), ends=unheard) == found
    far = noted_end(ends, down(137, oom=True, start=9), clock.advance(3600))
    assert diagnose(Finding("out_of_memory"), down(137, oom=True), ends=far) is None


def test_an_end_is_noted_once() -> None:
    """However often it is looked at; a container that runs has not ended, and old ends are forgotten."""
    now = FakeClock().now()
    once = noted_end((), down(), now)
    assert noted_end(once, down(), now) == once
    assert noted_end(once, ContainerFacts(id="c0ffee", name="web", image_id="a", started=5), now) == once
    ends: tuple[End, ...] = ()
    for start in range(20):
        ends = noted_end(ends, down(start=start), now)
    assert len(ends) == KEPT_ENDS
    assert ends[-1].incarnation == f"c0ffee@{19 * SECOND}"


NGINX = 'nginx: [emerg] unknown directive "servr" in /etc/nginx/nginx.conf:3'


def test_an_error_of_configuration_in_the_last_lines() -> None:
    """Its line is the evidence."""
    found = diagnose(EXITED, down(), log_tail=("Configuration complete", NGINX, "bye"))
    assert found == Diagnosis(kind="configuration-error", advice=Advice.MEND_CONFIGURATION, evidence=NGINX)


@pytest.mark.parametrize(
    ("finding", "facts"),
    [
        (Finding("unhealthy"), down()),
        (EXITED, down(137)),
        (EXITED, down(lived=3600)),
    ],
)
def test_an_old_error_is_no_cause(finding: Finding, facts: ContainerFacts) -> None:
    """Who runs, was killed, or ended an hour after its start did not end for an error of its configuration."""
    assert diagnose(finding, facts, log_tail=(NGINX,)) is None


def test_a_crash_loop_between_two_starts_is_read_too() -> None:
    """It runs for the moment, so when it ended says nothing of this start."""
    facts = ContainerFacts(id="c0ffee", name="web", image_id="a", started=9 * SECOND, finished=8 * SECOND)
    found = diagnose(Finding("crash_loop"), facts, log_tail=(NGINX,))
    assert found is not None
    assert found.kind == "configuration-error"


def test_nobody_can_have_watchdog_believe_in_a_doom_by_asking_for_a_page() -> None:
    """What a stranger had logged does not stand at the beginning of a line."""
    line = f'10.0.0.1 - - [12/Feb/2026:10:00:00] "GET /{NGINX} HTTP/1.1" 404 in /x:1'
    assert diagnose(EXITED, down(), log_tail=(line,)) is None


@pytest.mark.parametrize(
    "line",
    [
        '2026/02/12 10:00:00 [emerg] 1#1: host not found in upstream "grafana" in /etc/nginx/nginx.conf:9',
        "2026-02-12 10:00:00.000 UTC [1] FATAL:  the database system is starting up",
        '2026-02-12 10:00:00.000 UTC [1] FATAL:  could not write to file "pg_wal/xlogtemp": No space left on device',
        "KeyError: 'BTCUSDT'",
    ],
)
def test_a_trouble_that_may_pass_is_not_doomed(line: str) -> None:
    """A dependency that is down, a full disk, a bug with a certain price."""
    assert diagnose(EXITED, down(), log_tail=('  File "/app/feed.py", line 3, in read', line)) is None


def test_only_the_last_lines_are_read() -> None:
    """What was said long before the end is not why."""
    assert diagnose(EXITED, down(), log_tail=(NGINX, *["working"] * 40)) is None


@pytest.mark.parametrize("attempts", range(6))
def test_no_third_restart_of_what_is_doomed(attempts: int) -> None:
    """Two, because a mount may come late; without a diagnosis the ledger alone decides."""
    doomed = Diagnosis(kind="bad-mount", advice=Advice.MEND_MOUNT)
    assert allows_restart(attempts, doomed) == (Allow() if attempts < 2 else Refuse("doomed"))
    assert allows_restart(attempts, None) == Allow()
