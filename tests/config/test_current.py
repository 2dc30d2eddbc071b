from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.world import LADDER, configure
from tests.fakes import FakeClock
from watchdog.config import CurrentConfig
from watchdog.core.guardrail import Limits
from watchdog.core.incident import Incident, Phase
from watchdog.core.notification import Severity
from watchdog.core.observation import Finding
from watchdog.core.playbook import Autonomy

OLD = configure()
OTHER_LADDER = replace(LADDER, steps=LADDER.steps[:2])
NEW = replace(OLD, limits=Limits(attempts=9), playbooks={"container-crash": OTHER_LADDER})


def incident(phase: Phase = Phase.VERIFYING, attempts: int = 1) -> Incident:
    return Incident(
        id="7",
        check="containers",
        target="app",
        playbook="container-crash",
        severity=Severity.HIGH,
        opened=FakeClock().now(),
        finding=Finding("exited"),
        phase=phase,
        attempts=attempts,
    )


@pytest.mark.parametrize(
    ("phase", "attempts"), [(Phase.ACTING, 1), (Phase.VERIFYING, 2), (Phase.OPEN, 1), (Phase.VERIFYING, 0)]
)
def test_a_run_in_flight_finishes_with_the_playbook_it_began_with(phase: Phase, attempts: int) -> None:
    """Its ladder stays; the limits are the new ones at once; the next incident takes the new ladder."""
    current = CurrentConfig(OLD)
    running = incident(phase, attempts)

    current.replace(NEW, [running])

    assert current.policy("containers", "app", running).playbook.steps == LADDER.steps
    assert current.policy("containers", "app", running).limits.attempts == 9
    assert current.policy("containers", "app").playbook.steps == OTHER_LADDER.steps
    current.forget(running.id)
    assert current.policy("containers", "app", running).playbook.steps == OTHER_LADDER.steps


@pytest.mark.parametrize(("phase", "attempts"), [(Phase.ESCALATED, 5), (Phase.OPEN, 0)])
def test_what_nobody_works_on_goes_by_the_new_playbook(phase: Phase, attempts: int) -> None:
    """One who mends a playbook and says retry gets the mended one."""
    current = CurrentConfig(OLD)
    resting = incident(phase, attempts)

    current.replace(NEW, [resting])

    assert current.policy("containers", "app", resting).playbook.steps == OTHER_LADDER.steps


def test_a_second_reload_does_not_change_it_either() -> None:
    """What it began with is what it began with."""
    current = CurrentConfig(OLD)

    current.replace(NEW, [incident()])
    current.replace(replace(NEW, playbooks={"container-crash": replace(LADDER, steps=())}), [incident()])

    assert current.policy("containers", "app", incident()).playbook.steps == LADDER.steps


def test_a_freedom_that_is_taken_back_is_taken_back_at_once() -> None:
    """Nobody waits for the end of a run to stop watchdog from acting; more freedom waits."""
    current = CurrentConfig(OLD)
    careful = replace(OLD, playbooks={"container-crash": replace(LADDER, autonomy=Autonomy.OBSERVE)})

    current.replace(careful, [incident()])
    assert current.policy("containers", "app", incident()).playbook.autonomy is Autonomy.OBSERVE

    other = CurrentConfig(careful)
    other.replace(OLD, [incident()])
    assert other.policy("containers", "app", incident()).playbook.autonomy is Autonomy.OBSERVE


def test_nothing_is_done_for_a_check_that_is_gone() -> None:
    """An incident of a check that is configured no more is kept, and not acted upon."""
    policy = CurrentConfig(OLD).policy("gone", "app", replace(incident(), check="gone"))

    assert policy.autonomy is Autonomy.OBSERVE
    assert policy.playbook.rungs == ()
