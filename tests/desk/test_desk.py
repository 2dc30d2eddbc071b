import json

import pytest

from tests.desk.people import Office
from watchdog.core.decision import Order
from watchdog.core.errors import JournalError, Refused
from watchdog.core.incident import Phase
from watchdog.core.observation import Status
from watchdog.core.story import Story
from watchdog.desk import UnknownName
from watchdog.engine.reloader import Broken, Reloaded


@pytest.fixture
def office() -> Office:
    """A desk with two targets that are well."""
    office = Office()
    office.watch("nginx")
    office.watch("api")
    return office


def test_the_status_names_every_target_and_says_whether_all_is_well(office: Office) -> None:
    """One question tells how the whole stack stands."""
    status = office.desk.status()
    assert status["well"] is True
    assert [target["target"] for target in status["targets"]] == ["api", "nginx"]
    assert status["engine"] == {"connected": True, "lost_because": ""}
    assert set(status["daemon"]) == {"version", "pid", "started", "seconds"}
    json.dumps(status)


def test_nothing_is_well_while_the_engine_is_lost(office: Office) -> None:
    """A status from before the engine was lost is not sold as health."""
    office.listener.connected = False
    office.listener.lost_because = "connection \x1b[2Jrefused"
    status = office.desk.status()
    assert status["well"] is False
    assert status["engine"] == {"connected": False, "lost_because": "connection refused"}


def test_watching_nothing_is_not_well() -> None:
    """An empty stack is a mistake in the configuration, and no health."""
    assert Office().desk.status()["well"] is False


def test_the_status_of_one_target(office: Office) -> None:
    """One target can be asked for; a typing mistake is answered with the right name."""
    assert [each["target"] for each in office.desk.status("api")["targets"]] == ["api"]
    with pytest.raises(UnknownName) as caught:
        office.desk.status("ngnix")
    assert caught.value.fix == "did you mean nginx? known: api, nginx"


async def test_a_probe_looks_now(office: Office) -> None:
    """A probe asks the check of one target or of all, and says what was seen."""
    office.see("api", Status.CRITICAL, "exited")
    probed = await office.desk.probe()
    assert probed["well"] is False
    assert {each["target"] for each in probed["observations"]} == {"api", "nginx"}
    assert (await office.desk.probe("nginx"))["well"] is True
    assert office.monitor.asked[-1] == "nginx"
    with pytest.raises(UnknownName):
        await office.desk.probe("nope")


async def test_incidents_are_listed_newest_first(office: Office) -> None:
    """The list can be cut and narrowed to one target."""
    office.incident("api", Phase.RESOLVED)
    office.incident("nginx", Phase.OPEN)
    listed = await office.desk.incidents()
    assert [each["id"] for each in listed["incidents"]] == ["8", "7"]
    assert [each["id"] for each in (await office.desk.incidents(1))["incidents"]] == ["8"]
    assert [each["id"] for each in (await office.desk.incidents(9, "api"))["incidents"]] == ["7"]


async def test_a_target_without_incidents_is_no_mistake_and_an_unknown_one_is(office: Office) -> None:
    """An empty list means that nothing happened, never that a name was mistyped."""
    assert (await office.desk.incidents(9, "api"))["incidents"] == []
    with pytest.raises(UnknownName):
        await office.desk.incidents(9, "nope")


async def test_the_story_of_an_incident(office: Office) -> None:
    """An incident can be read in full; an unknown number is answered with those there are."""
    incident = office.incident("api", Phase.RESOLVED)
    office.journal.stories["7"] = Story(incident=incident)
    assert (await office.desk.story("7"))["incident"]["id"] == "7"
    with pytest.raises(UnknownName) as caught:
        await office.desk.story("9")
    assert caught.value.fix == "known: 7"


async def test_a_plan_for_an_unknown_playbook_or_target(office: Office) -> None:
    """A mistyped name of a playbook is answered with the right one."""
    with pytest.raises(UnknownName, match="playbook") as caught:
        await office.desk.plan("container-crsh", "api")
    assert caught.value.fix == "did you mean container-crash? known: container-crash"
    with pytest.raises(UnknownName, match="target"):
        await office.desk.plan("container-crash", "apy")


@pytest.mark.parametrize("order", list(Order))
async def test_every_order_is_noted_with_who_gave_it(office: Office, order: Order) -> None:
    """The journal knows who ordered what, and the answer says what follows."""
    give = {
        Order.HEAL: office.desk.heal,
        Order.HOLD: office.desk.hold,
        Order.RELEASE: office.desk.release,
        Order.RETRY: office.desk.retry,
    }[order]
    answer = await give("api", "ada\x1b[2J")
    assert office.journal.notes == [("order", f"{order.value} ordered by ada", "api")]
    assert office.responder.orders == [("api", order, "ada")]
    assert (answer["order"], answer["by"], answer["answer"]) == (order.value, "ada", f"{order.value} by ada")
    assert answer["status"]["target"] == "api"
    # Whoever takes a target over wants nothing done; all others want to know how it stands now.
    assert office.monitor.asked == ([] if order is Order.HOLD else ["api"])


async def test_an_order_is_answered_after_a_look_was_decided_upon(office: Office) -> None:
    """When another look overtook the desk's own, the answer waits for one more: it never says what was before."""
    office.watch("stopped", Status.CRITICAL, "exited")
    office.responder.reasons["stopped"] = "release by ada"

    def decide() -> None:
        if len(office.monitor.asked) > 1:
            office.incident("stopped", Phase.ACTING)
            office.responder.reasons["stopped"] = "restart_container: attempt 1"

    office.monitor.follows = decide
    answer = await office.desk.release("stopped", "ada")
    assert answer["status"]["state"] == "acting"
    assert office.monitor.asked == ["stopped", "stopped"]


async def test_an_order_for_an_unknown_target_changes_nothing(office: Office) -> None:
    """A mistyped name is neither noted nor passed on."""
    with pytest.raises(UnknownName):
        await office.desk.hold("apy", "ada")
    assert office.journal.notes == []
    assert office.responder.orders == []


async def test_a_refused_order_is_an_error(office: Office) -> None:
    """A no is passed on as it was given."""
    office.responder.fail_next(Refused("not now"))
    with pytest.raises(Refused, match="not now"):
        await office.desk.retry("api", "ada")


async def test_a_dry_run_changes_nothing(office: Office) -> None:
    """A dry run shows the plan of the target's own playbook, and leaves no trace."""
    answer = await office.desk.heal("api", "ada", dry_run=True)
    assert answer["dry_run"] is True
    assert answer["plan"]["playbook"] == "container-crash"
    assert office.journal.notes == []
    assert office.responder.orders == []
    assert office.monitor.asked == []


async def test_an_order_that_cannot_be_noted_is_not_given(office: Office) -> None:
    """Nothing is done that the journal cannot keep."""
    office.journal.fail_next(JournalError("the disk is full"))
    with pytest.raises(JournalError):
        await office.desk.hold("api", "ada")
    assert office.responder.orders == []


async def test_a_reload_is_signed_and_answered_in_one_shape(office: Office) -> None:
    """Good or broken: what has changed, what waits for a restart, what is wrong."""
    good = await office.desk.reload("anna \x1b[2J")
    office.reloader.next = Reloaded(at=office.clock.now(), by="", ok=False, problems=("sweep: \x1b[2Jbad",))
    bad = await office.desk.reload("anna")
    assert good["by"] == "anna"
    assert (good["ok"], bad["ok"]) == (True, False)
    assert bad["problems"] == ["sweep: bad"]
    assert set(good) == set(bad)
    assert office.desk.status()["config"]["problems"] == ["sweep: bad"]


def test_a_last_good_configuration_is_not_well(office: Office) -> None:
    """While it stands in for broken files, the status is not well, whatever the targets are."""
    office.reloader.broken = Broken(problems=("sweep: bad",), kept_at=office.clock.now())
    status = office.desk.status()
    assert status["well"] is False
    assert status["config"]["broken"]
    assert status["config"]["last_good"] == status["at"]


async def test_health_is_passed_on(office: Office) -> None:
    """The desk adds nothing to it."""
    office.health = {"status": "failing", "reasons": ["journal-not-writable"]}
    assert await office.desk.health() == office.health
