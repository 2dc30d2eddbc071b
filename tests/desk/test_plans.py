from dataclasses import replace

from tests.desk.people import PLAYBOOK, Office
from watchdog.core.errors import Unreachable
from watchdog.core.guardrail import Limits
from watchdog.core.playbook import Autonomy, Step
from watchdog.desk.plans import make_plan


async def test_a_plan_shows_each_rung_with_its_waits_and_verification() -> None:
    """A person reads exactly what would be done, when, and what counts as success."""
    office = Office()
    office.watch("api")
    plan = await office.desk.plan("container-crash", "api")
    first, second = plan["rungs"]
    assert first == {
        "action": "restart_container",
        "params": {},
        "does": "restart_container of api",
        "pins": {},
        "when": [],
        "asks": False,
        "attempts": 2,
        "waits": [0.0, 10.0],
        "verify": {"within": 60.0, "stable": 10.0},
        "beside": [
            {"action": "collect_logs", "params": {"tail": 50}, "does": "collect_logs of api", "pins": {}}
        ],
    }
    assert second["waits"] == [20.0]
    assert second["verify"] == {"within": 120.0, "stable": 10.0}
    assert (plan["playbook"], plan["target"], plan["otherwise"]) == ("container-crash", "api", "escalate")


async def test_a_plan_says_for_what_a_rung_is() -> None:
    """A step that is for some findings only is not taken for one that is always done."""
    office = Office()
    book = replace(PLAYBOOK, steps=(replace(PLAYBOOK.steps[1], when=frozenset({"unhealthy", "exited"})),))
    build, tools = office.desk._build_action, office.desk._tools
    plan = await make_plan(book, "api", Limits(), build, tools)
    assert plan["rungs"][0]["when"] == ["exited", "unhealthy"]


async def test_the_hash_names_exactly_one_plan() -> None:
    """The same plan has the same hash, any other one another."""
    office = Office()
    for target in ("api", "db"):
        office.watch(target)
    plan = await office.desk.plan("container-crash", "api")
    again = await office.desk.plan("container-crash", "api")
    other = await office.desk.plan("container-crash", "db")
    assert plan["hash"] == again["hash"]
    assert len(plan["hash"]) == 64
    assert plan["hash"] != other["hash"]


async def test_a_plan_is_shown_while_the_engine_is_away() -> None:
    """A plan is asked for most when things are broken, so it needs nothing that works."""
    office = Office()
    office.watch("api")
    office.failing = Unreachable("the engine does not answer")
    plan = await office.desk.plan("container-crash", "api")
    assert plan["rungs"][0]["does"] == "cannot be told now: the engine does not answer"


async def test_a_rung_beyond_the_limits_is_never_reached() -> None:
    """Attempts that the limits do not allow are not promised."""
    office = Office()
    book = replace(PLAYBOOK, steps=PLAYBOOK.steps[1:])
    build = office.desk._build_action
    plan = await make_plan(book, "api", Limits(attempts=2), build, office.desk._tools)
    assert [rung["attempts"] for rung in plan["rungs"]] == [2, 0]
    assert plan["rungs"][1]["waits"] == []


async def test_a_rung_that_asks_first_stands_above_the_count_of_attempts() -> None:
    """A step that waits for a human yes is reached when the attempts before it are all that are allowed."""
    office = Office()
    asking = Step(action="rebuild_service", autonomy=Autonomy.PROPOSE)
    book = replace(PLAYBOOK, steps=(*PLAYBOOK.steps, asking))
    build, tools = office.desk._build_action, office.desk._tools
    plan = await make_plan(book, "api", Limits(attempts=3), build, tools)
    assert [(rung["asks"], rung["attempts"]) for rung in plan["rungs"]] == [(False, 2), (False, 1), (True, 1)]
    assert plan["rungs"][2]["waits"] == [0.0]
    roomy = await make_plan(book, "api", Limits(attempts=5), build, tools)
    assert roomy["rungs"][2]["waits"] == [40.0]


async def test_nobody_is_asked_beyond_a_rung_that_the_limits_cut_short() -> None:
    """Who asks is reached by the ladder only: where attempts are spent before it, it is never reached."""
    office = Office()
    asking = Step(action="rebuild_service", autonomy=Autonomy.PROPOSE)
    book = replace(PLAYBOOK, steps=(*PLAYBOOK.steps, asking))
    plan = await make_plan(book, "api", Limits(attempts=2), office.desk._build_action, office.desk._tools)
    assert [rung["attempts"] for rung in plan["rungs"]] == [2, 0, 0]


async def test_a_plan_names_what_each_step_acts_on() -> None:
    """A rung for another target says so, and what decides about it stands before what goes beside it."""
    office = Office()
    office.watch("api")
    decider = Step(action="diagnose_feeder", changes=False, decides=True)
    logs, restart = PLAYBOOK.steps[0], replace(PLAYBOOK.steps[1], on="feeder")
    playbook = replace(PLAYBOOK, steps=(decider, logs, restart))
    build, tools = office.desk._build_action, office.desk._tools

    plan = await make_plan(playbook, "prices", Limits(), build, tools)

    (rung,) = plan["rungs"]
    assert rung["does"] == "restart_container of feeder"
    assert [each["does"] for each in rung["beside"]] == [
        "diagnose_feeder of feeder",
        "collect_logs of feeder",
    ]
