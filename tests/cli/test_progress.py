import json
from collections.abc import Callable
from dataclasses import replace

from typer.testing import Result

from tests.cli.conftest import Daemon
from watchdog.core.incident import Phase
from watchdog.core.observation import Status

Watchdog = Callable[..., Result]


def heals(daemon: Daemon, *, well: bool) -> None:
    """Let an order to heal be followed by a step and its end, seen by who follows."""
    office = daemon.office
    office.watch("api", Status.CRITICAL, "exited")
    responder = office.responder

    def step() -> None:
        daemon.happens("step.begun", action="restart_container", attempt=1)
        daemon.happens("step.ended", action="restart_container", result="done" if well else "failed")
        if well:
            office.see("api", Status.OK, "healthy")
            responder.known["api"] = replace(responder.known["api"], incident=None)
            daemon.happens("incident.resolved", ending="healed")
        else:
            case = responder.known["api"]
            assert case.incident is not None
            given_up = replace(case.incident, phase=Phase.ESCALATED, reason="ladder-exhausted")
            responder.known["api"] = replace(case, incident=given_up)
            daemon.happens("incident.escalated")

    def follows() -> None:
        office.incident("api", Phase.ACTING, attempts=1)
        daemon.then(lambda: daemon.then(step))

    responder.follows = follows


def test_a_heal_is_followed_until_the_target_is_well(daemon: Daemon, watchdog: Watchdog) -> None:
    """Each step is a line, and the exit code says that it was healed."""
    heals(daemon, well=True)
    ran = watchdog("heal", "api")
    assert ran.exit_code == 0, ran.output
    told = [line.split("  ", 1)[-1] for line in ran.output.splitlines()]
    assert "attempt 1: restart it" in told
    assert "restart it: done" in told
    assert "healed" in told
    assert "+ api runs and is healthy" in ran.output


def test_a_heal_that_fails_exits_with_1_and_says_what_to_do(daemon: Daemon, watchdog: Watchdog) -> None:
    """When the ladder is exhausted, the human at the keyboard is told so."""
    heals(daemon, well=False)
    ran = watchdog("heal", "api")
    assert ran.exit_code == 1
    assert "handed to a human" in ran.output
    assert "no step of the playbook is left to try" in ran.output
    assert "watchdog retry api" in ran.output


def test_a_heal_in_json_answers_once_at_its_end(daemon: Daemon, watchdog: Watchdog) -> None:
    """A program gets one object that says whether it was healed."""
    heals(daemon, well=True)
    ran = watchdog("heal", "api", "--json")
    assert ran.exit_code == 0
    told = json.loads(ran.stdout)
    assert (told["healed"], told["in_time"], told["status"]["state"]) == (True, True, "well")


def test_a_target_that_is_well_needs_no_heal(daemon: Daemon, watchdog: Watchdog) -> None:
    """A heal of what is well ends at once, with 0."""
    daemon.office.watch("api")
    ran = watchdog("heal", "api")
    assert ran.exit_code == 0
    assert "+ api runs and is healthy" in ran.output


def test_who_does_not_want_to_wait_need_not(daemon: Daemon, watchdog: Watchdog) -> None:
    """After the time given, the command ends and the heal goes on."""
    daemon.office.watch("api", Status.CRITICAL, "exited")
    daemon.office.incident("api", Phase.ACTING, attempts=1)
    ran = watchdog("heal", "api", "--wait", "0")
    assert ran.exit_code == 1
    assert "It goes on without you" in ran.output


def test_an_end_that_was_not_heard_is_found_by_looking(daemon: Daemon, watchdog: Watchdog) -> None:
    """A heal whose end is never announced is noticed at the next sign of life."""
    office = daemon.office
    office.watch("api", Status.CRITICAL, "exited")
    office.incident("api", Phase.ACTING, attempts=1)

    def end() -> None:
        office.see("api", Status.OK, "healthy")
        office.responder.known["api"] = replace(office.responder.known["api"], incident=None)

    office.responder.follows = lambda: daemon.then(lambda: daemon.then(end))
    assert watchdog("heal", "api").exit_code == 0


def test_an_unknown_target_is_not_healed(daemon: Daemon, watchdog: Watchdog) -> None:
    """A mistyped name exits with 4."""
    daemon.office.watch("api")
    assert watchdog("heal", "apy").exit_code == 4
