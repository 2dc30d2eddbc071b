"""Finding out comes before anything is done, and decides whether it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.tale import LOGS, RECREATE, RESTART, Tale, remedy
from watchdog.core.decision import Approved, Order, Policy, StepEnded
from watchdog.core.incident import Ending, Phase
from watchdog.core.notification import Telling
from watchdog.core.playbook import Autonomy, Step
from watchdog.core.run import Outcome, Result, Then, Way

FIND_OUT = Step(action="diagnose_feeder", changes=False, decides=True)
ON = Then(way=Way.ON, cause="hung")
WAIT = Then(way=Way.WAIT, cause="rate_limited", seconds=90.0)
STAND_BY = Then(way=Way.STAND_BY, cause="influxdb_down", seconds=60.0, target="influxdb")
HUMAN = Then(way=Way.HAND_OVER, cause="key_refused")
ONCE = Then(way=Way.ON, cause="unknown", attempts=1)


def silent(*steps: Step, policy: Policy | None = None) -> Tale:
    """A target that was seen sick, at the point where it is being found out why."""
    ladder = remedy(*(steps or (FIND_OUT, LOGS, replace(RESTART, on="feeder"))))
    tale = Tale(replace(policy, playbook=ladder) if policy else Policy(playbook=ladder))
    tale.unhealthy()
    assert tale.actions == ["diagnose_feeder"]
    return tale


def found(tale: Tale, then: Then | None, result: Result = Result.DONE, reason: str = "") -> None:
    """The step that finds out ends with this, and the target is looked at again."""
    outcome = Outcome(result=result, then=then, reason=reason)
    tale.happens(StepEnded(tale.incident.id, outcome))
    assert tale.looks == [0.0]
    tale.passes(0.1)
    tale.unhealthy()


def test_it_comes_first_and_is_no_attempt() -> None:
    """Why it is silent is asked alone, on what the step acts on, and counts against nothing and nobody."""
    tale = silent()

    order = tale.performed[0]
    assert (order.decides, order.counts, order.rung.companions, order.rung.step.on) == (
        True,
        False,
        (),
        "feeder",
    )
    assert tale.stands(Phase.ACTING)
    assert (tale.incident.attempts, tale.case.ledger.attempts) == (0, ())
    assert tale.told == [Telling.OPENED]


def test_a_cause_that_a_restart_mends_lets_the_step_begin() -> None:
    """With nothing against it the step is done, with its log kept, as the first attempt."""
    tale = silent()
    found(tale, ON)

    assert tale.actions == ["diagnose_feeder", "restart_container"]
    order = tale.performed[-1]
    assert (order.attempt, [each.action for each in order.rung.companions]) == (1, ["collect_logs"])


def test_each_attempt_is_found_out_anew() -> None:
    """What was true before the first restart need not be true before the second."""
    tale = silent()
    found(tale, ON)
    tale.step_ends()
    tale.passes(75)
    tale.unhealthy()

    assert tale.actions == ["diagnose_feeder", "restart_container", "diagnose_feeder"]
    found(tale, WAIT)
    assert len(tale.performed) == 3
    assert len(tale.case.ledger.attempts) == 1


def test_what_ends_by_itself_is_waited_for() -> None:
    """Nothing is done for as long as was told, however often it is looked at; then it is found out anew."""
    tale = silent()
    found(tale, WAIT)
    assert tale.looks == [pytest.approx(89.9)]
    for _ in range(2):
        tale.passes(30)
        tale.unhealthy()
    assert tale.actions == ["diagnose_feeder"]
    assert tale.stands(Phase.OPEN)
    assert tale.told == [Telling.OPENED, Telling.WAITING], "people know for how long, and why; once"

    tale.passes(30)
    tale.unhealthy()

    assert tale.actions == ["diagnose_feeder", "diagnose_feeder"]
    assert tale.incident.attempts == 0


def test_a_cause_is_told_however_short_its_wait_is() -> None:
    """A minute for a lost network has begun to pass when it is told: nobody is to wonder why nothing is done."""
    tale = silent()
    found(tale, replace(WAIT, cause="no_network", seconds=60.0))
    assert tale.told == [Telling.OPENED, Telling.WAITING]
    assert tale.tells[-1].notification.facts["reason"] == "no_network"
    later = silent()
    found(later, None, result=Result.SKIPPED)
    assert later.told == [Telling.OPENED], "what could not be looked into is looked into again at once"


def test_what_came_back_while_it_was_waited_for_was_not_healed_by_us() -> None:
    """Points that flow again after a rate limit are nobody's success."""
    tale = silent()
    found(tale, WAIT)
    tale.passes(60)
    tale.well()
    tale.passes(10)
    tale.well()

    assert tale.stands(Phase.RESOLVED)
    assert tale.incident.ending is Ending.RECOVERED
    assert tale.told == [Telling.OPENED, Telling.WAITING, Telling.RECOVERED]


def test_another_target_that_is_the_cause_comes_first() -> None:
    """It waits for that one, people are told once, and after the time it is found out anew."""
    tale = silent()
    found(tale, STAND_BY)
    assert tale.stands(Phase.SUPPRESSED)
    assert tale.incident.cause == "influxdb"
    for _ in range(3):
        tale.passes(61)
        tale.unhealthy()
        found(tale, STAND_BY)

    assert tale.actions == ["diagnose_feeder"] * 4
    assert tale.told == [Telling.OPENED, Telling.SUPPRESSED]

    tale.passes(61)
    tale.unhealthy()
    found(tale, ON)
    assert tale.actions[-1] == "restart_container"
    assert tale.incident.cause == ""


def test_what_only_a_human_can_mend_is_handed_over_at_once() -> None:
    """A refused key is told with its cause, nothing was touched, and nothing is until a human says so."""
    tale = silent()
    found(tale, HUMAN)

    assert tale.stands(Phase.ESCALATED)
    assert tale.tells[-1].notification.facts["reason"] == "key_refused"
    for _ in range(5):
        tale.passes(120)
        tale.unhealthy()
    assert tale.actions == ["diagnose_feeder"]
    assert tale.told.count(Telling.ESCALATED) == 1

    tale.order(Order.RETRY)
    tale.unhealthy()
    assert tale.actions == ["diagnose_feeder"] * 2


def test_one_try_is_enough_where_the_cause_is_not_known() -> None:
    """The step may be done twice, and an unknown cause allows one."""
    tale = silent()
    found(tale, ONCE)
    assert tale.actions[-1] == "restart_container"
    tale.step_ends()
    tale.passes(75)
    tale.unhealthy()
    found(tale, ONCE)

    assert tale.stands(Phase.ESCALATED)
    assert tale.incident.reason == "unknown"
    assert tale.actions.count("restart_container") == 1


@pytest.mark.parametrize(
    ("result", "phase", "steps"),
    [
        (Result.DONE, Phase.ACTING, 2),  # it had nothing to say against it
        (Result.FAILED, Phase.ESCALATED, 1),
        (Result.SKIPPED, Phase.OPEN, 1),
        (Result.ABORTED, Phase.OPEN, 1),
    ],
)
def test_without_an_answer_nothing_is_guessed(result: Result, phase: Phase, steps: int) -> None:
    """What could not find out calls a human; what was not done is tried again soon."""
    tale = silent()
    found(tale, None, result, "it broke")

    assert (tale.phase, len(tale.performed)) == (phase, steps)
    if result is Result.FAILED:
        assert tale.tells[-1].notification.facts["hindrance"] == "it broke"
    if phase is Phase.OPEN:
        tale.passes(2)
        tale.unhealthy()
        assert tale.actions == ["diagnose_feeder"] * 2


def test_what_was_found_out_long_ago_is_asked_again() -> None:
    """Who could not look for minutes does not act on what was so before."""
    tale = silent()
    tale.happens(StepEnded("1", Outcome(result=Result.DONE, then=ON)))
    tale.passes(61)
    tale.unhealthy()

    assert tale.actions == ["diagnose_feeder"] * 2


def test_a_death_while_finding_out_repeats_nothing_but_that() -> None:
    """The rung that was not begun is not taken for one that was interrupted."""
    tale = silent()
    tale.daemon_returns()
    tale.passes(1)
    tale.unhealthy()

    assert tale.actions == ["diagnose_feeder"] * 2
    assert tale.case.ledger.attempts == ()


def test_it_stands_before_every_rung_below_it() -> None:
    """The second rung is found out, too."""
    tale = silent(FIND_OUT, replace(RESTART, attempts=1), RECREATE)
    found(tale, ON)
    tale.step_ends()
    tale.passes(75)
    tale.unhealthy()
    found(tale, ON)

    assert tale.actions[1::2] == ["restart_container", "recreate_service"]


def test_people_are_asked_only_for_what_would_be_done() -> None:
    """A step that needs a yes is found out before it is proposed, and again before it is done."""
    tale = silent(policy=Policy(playbook=remedy(), autonomy=Autonomy.PROPOSE))
    found(tale, WAIT)
    assert Telling.PROPOSED not in tale.told
    tale.passes(90)
    tale.unhealthy()
    found(tale, ON)
    assert tale.told[-1] is Telling.PROPOSED
    tale.passes(600)
    tale.unhealthy()
    assert tale.actions == ["diagnose_feeder"] * 2

    tale.happens(Approved("1-1", "anna"))
    tale.unhealthy()
    assert tale.actions == ["diagnose_feeder"] * 3
    found(tale, ON)
    assert tale.actions[-1] == "restart_container"


def test_a_person_who_wants_it_does_not_have_to_wait_for_another_target() -> None:
    """An order to heal stands above standing by, and not above a ban."""
    tale = silent()
    found(tale, STAND_BY)
    tale.order(Order.HEAL)
    tale.unhealthy()
    found(tale, STAND_BY)
    assert tale.actions[-1] == "restart_container"

    banned = silent()
    found(banned, WAIT)
    banned.order(Order.HEAL)
    banned.unhealthy()
    found(banned, WAIT)
    assert banned.actions == ["diagnose_feeder"] * 2
