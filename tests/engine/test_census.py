"""Which containers there are, and whose hand took them down."""

from __future__ import annotations

import asyncio

import pytest

from tests.engine.parts import Stand, until
from tests.fakes import FakeEngine
from watchdog.core.container import ContainerFacts
from watchdog.core.errors import JournalError, NotThere, Unreachable
from watchdog.core.event import Announcement
from watchdog.core.observation import Hand
from watchdog.core.roster import Known
from watchdog.core.target import Wishes
from watchdog.engine.census import JUST


@pytest.fixture
def stand() -> Stand:
    """An engine with one container that has been watched from its start."""
    stand = Stand()
    stand.engine.create("app")
    stand.engine.person_starts("app")
    return stand


async def test_it_lists_what_there_is(stand: Stand) -> None:
    """Every container of the project is a target; a second list finds nothing new."""
    stand.engine.add("db")
    stand.engine.add("foreign", labels={"com.docker.compose.project": "other"})

    assert await stand.census.take() == {"app", "db"}
    assert set(stand.census.targets()) == {"app", "db"}
    assert await stand.census.take() == frozenset()


async def test_nothing_is_known_before_the_first_list(stand: Stand) -> None:
    """A daemon that has not reached the engine yet cannot say that anything is down."""
    stand.census.remember((Known(target="app", container_id="gone"),))

    with pytest.raises(Unreachable):
        await stand.census.look("app")


async def test_absence_is_only_believed_when_it_is_seen_now(stand: Stand) -> None:
    """A target noted as absent is listed again before anybody says so."""
    await stand.arrive()
    app = stand.engine.container("app")
    del stand.engine.containers[app.id]
    await stand.census.take()
    assert stand.census.container_of("app") is None
    stand.engine.containers[app.id] = app

    seen = await stand.census.look("app")

    assert seen.facts is not None
    assert seen.facts.state == "running"


async def test_a_list_that_fails_is_no_absence(stand: Stand) -> None:
    """When the engine cannot be asked whether a target is still absent, nothing is said of it."""
    await stand.arrive()
    stand.engine.person_removes("app")
    await stand.census.take()
    stand.engine.hang()

    with pytest.raises(Unreachable):
        await stand.census.look("app")


async def test_a_container_that_vanished_between_list_and_look(stand: Stand) -> None:
    """What is gone when it is inspected is listed again, and is absent."""
    stand.engine.add("db")
    await stand.arrive()
    stand.engine.person_removes("app")
    await stand.catch_up()

    seen = await stand.census.look("app")

    assert seen.facts is None
    assert seen.life.removed_by is Hand.PERSON


async def test_a_container_replaced_between_list_and_look(stand: Stand) -> None:
    """What was replaced when it is inspected is looked at in its new body."""
    await stand.arrive()
    origin = stand.census.origin_of("app")
    assert origin is not None
    await stand.compose.recreate(origin)

    seen = await stand.census.look("app")

    assert seen.facts is not None
    assert seen.facts.id == stand.engine.container("app").id


async def test_an_empty_list_removes_no_target(stand: Stand) -> None:
    """An engine that lists nothing makes targets absent; none is forgotten, none is said to be wanted."""
    stand.engine.add("db")
    await stand.arrive()
    stand.engine.containers.clear()
    stand.compose.undefined.add("app")

    assert await stand.census.take() == {"app", "db"}
    for target in ("app", "db"):
        seen = await stand.census.look(target)
        assert seen.facts is None
        assert seen.defined is None
    assert set(stand.census.targets()) == {"app", "db"}
    assert stand.memory.forgotten == []


async def test_what_the_project_no_longer_asks_for_is_forgotten(stand: Stand) -> None:
    """A removed container whose service is not defined any more is watched no longer."""
    stand.engine.add("db")
    await stand.arrive()
    del stand.engine.containers[stand.engine.container("app").id]
    stand.compose.undefined.add("app")

    seen = await stand.census.look("app")

    assert seen.defined is False
    assert stand.census.targets() == ("db",)
    assert stand.memory.forgotten == ["app"]


@pytest.mark.parametrize(("unclear", "defined"), [(False, True), (True, None)])
async def test_what_the_project_still_asks_for_is_missing(
    stand: Stand, unclear: bool, defined: bool | None
) -> None:
    """A target whose container is gone stays watched while its service is defined, or while nobody can tell."""
    stand.engine.add("db")
    await stand.arrive()
    del stand.engine.containers[stand.engine.container("app").id]
    if unclear:
        stand.compose.unclear.add("app")

    seen = await stand.census.look("app")

    assert seen.defined is defined
    assert set(stand.census.targets()) == {"app", "db"}


async def test_compose_is_not_asked_about_what_a_person_removed(stand: Stand) -> None:
    """Who removed it is known, so its definition does not matter."""
    stand.engine.add("db")
    await stand.arrive()
    stand.compose.fail_next(Unreachable("compose hangs"))
    stand.engine.person_removes("app")
    await stand.catch_up()

    seen = await stand.census.look("app")

    assert seen.life.removed_by is Hand.PERSON
    assert seen.defined is None


async def test_a_target_that_left_our_sight_is_not_judged(stand: Stand) -> None:
    """A target that a label took out of sight while it was asked for is not there any more."""
    stand.engine.add("db")
    await stand.arrive()
    app = stand.engine.container("app")
    del stand.engine.containers[app.id]
    stand.engine.add("app", labels={"watchdog.enable": "false"})

    with pytest.raises(NotThere):
        await stand.census.look("app")
    with pytest.raises(NotThere):
        await stand.census.look("app")
    assert stand.census.targets() == ("db",)


async def test_targets_taken_out_by_config_are_not_listed(stand: Stand) -> None:
    """A target that the configuration disables is neither a target nor news."""
    stand.wishes["app"] = Wishes(enabled=False)

    assert await stand.census.take() == frozenset()
    assert stand.census.targets() == ()


async def test_it_saves_targets_only_when_their_identity_changed(stand: Stand) -> None:
    """Ten crashes cost no line of the journal; a new container does."""
    await stand.arrive()
    assert stand.memory.saved == [("app",)]
    for _ in range(10):
        stand.engine.crash("app")
        await stand.census.take()
        stand.engine.person_starts("app")
        await stand.census.take()
    assert stand.memory.saved == [("app",)]

    origin = stand.census.origin_of("app")
    assert origin is not None
    await stand.compose.recreate(origin)
    await stand.census.take()

    assert stand.memory.saved == [("app",), ("app",)]
    assert stand.memory.known["app"].container_id == stand.engine.container("app").id


async def test_a_journal_that_cannot_remember_does_not_make_us_blind(stand: Stand) -> None:
    """A list counts although it could not be written down; writing it down is tried at the next one."""
    stand.memory.fail_next(JournalError("disk full"))

    assert await stand.census.take() == {"app"}
    assert stand.memory.saved == []
    await stand.census.take()

    assert stand.memory.saved == [("app",)]


async def test_what_cannot_be_forgotten_now_is_forgotten_at_the_next_start(stand: Stand) -> None:
    """A failing journal does not keep an undefined target in sight."""
    stand.engine.add("db")
    await stand.arrive()
    del stand.engine.containers[stand.engine.container("app").id]
    stand.compose.undefined.add("app")
    stand.memory.fail_next()

    with pytest.raises(JournalError):
        await stand.census.look("app")

    assert stand.census.targets() == ("db",)


async def test_a_persons_stop_and_a_crash_are_told_apart(stand: Stand) -> None:
    """The first signal decides: stopped by a person, or ended by itself."""
    await stand.arrive()
    stand.engine.person_stops("app")
    await stand.catch_up()
    assert (await stand.census.look("app")).life.ended_by is Hand.PERSON

    stand.engine.person_starts("app")
    stand.engine.crash("app", 3)
    await stand.catch_up()
    seen = await stand.census.look("app")

    assert seen.life.ended_by is Hand.ITSELF
    assert stand.census.known_down("app")


async def test_whom_the_engine_ended_on_its_way_out_was_ended_by_nobody_we_know(stand: Stand) -> None:
    """A shutdown of the engine tells of its containers as of a person's stops, and answers nobody any more."""
    await stand.arrive()
    stand.engine.clock.advance(1)
    stand.engine.person_stops("app")
    await stand.catch_up()
    stand.census.lost()
    assert (await stand.census.look("app")).life.ended_by is Hand.UNKNOWN


async def test_a_persons_stop_that_was_looked_at_stays_one_when_the_engine_ends(stand: Stand) -> None:
    """Stopped, and then the whole engine restarted: it is held all the same."""
    await stand.arrive()
    stand.engine.clock.advance(1)
    stand.engine.person_stops("app")
    await stand.catch_up()
    stand.engine.clock.advance(0.01)
    await stand.census.look("app")
    stand.census.lost()
    assert (await stand.census.look("app")).life.ended_by is Hand.PERSON


async def test_our_own_stop_is_ours_and_a_second_one_a_persons(stand: Stand) -> None:
    """What was announced is counted off: the stop after it was somebody else's."""
    await stand.arrive()
    app = stand.engine.container("app")
    stand.census.announce(Announcement.of_stop(app.id), "app")
    await stand.engine.stop(app.id, 1.0)
    await stand.catch_up()
    assert (await stand.census.look("app")).life.ended_by is Hand.WATCHDOG

    await stand.engine.start(app.id)
    stand.engine.person_stops("app")
    await stand.catch_up()

    assert (await stand.census.look("app")).life.ended_by is Hand.PERSON


async def test_an_event_heard_twice_counts_once(stand: Stand) -> None:
    """The stream and the engine's memory tell the same events: an announcement is not used up by that."""
    await stand.arrive()
    app = stand.engine.container("app")
    stand.census.announce(Announcement.of_stop(app.id), "app")
    await stand.engine.stop(app.id, 1.0)
    await stand.catch_up()
    await stand.arrive()

    assert (await stand.census.look("app")).life.ended_by is Hand.WATCHDOG


async def test_hearing_names_the_target_once(stand: Stand) -> None:
    """An event names its target; the same one again, and one of a container not listed, name none."""
    await stand.arrive()
    stand.engine.crash("app")
    events, _ = await stand.engine.recent_events()
    assert stand.census.hear(events[-1]) == "app"
    assert stand.census.hear(events[-1]) is None

    stand.engine.create("new")
    events, _ = await stand.engine.recent_events()
    assert stand.census.hear(events[-1]) is None


async def test_the_engines_whole_memory_tells_who_stopped_it(stand: Stand) -> None:
    """After a restart of the daemon the engine's memory, reaching back to the start, tells a crash."""
    stand.engine.crash("app")
    stand.another()
    await stand.arrive()

    assert (await stand.census.look("app")).life.ended_by is Hand.ITSELF


async def test_with_a_gap_in_the_engines_memory_a_death_is_nobodys(stand: Stand) -> None:
    """Where older events were pushed out, a death just after that point may have been asked for."""
    await stand.arrive()
    stand.engine.crash("app")
    stand.engine.flood()
    await stand.arrive()

    seen = await stand.census.look("app")

    assert seen.facts is not None
    assert seen.life.who_ended(seen.facts.finished, 12.0) is Hand.UNKNOWN


async def test_an_engine_without_memory_tells_nothing() -> None:
    """An engine that restarted remembers no event: who ended what is down is not known."""
    stand = Stand()
    stand.engine.add("app", state="exited", exit_code=1)
    stand.clock.advance(60)

    await stand.arrive()

    seen = await stand.census.look("app")
    assert seen.facts is not None
    assert seen.life.who_ended(seen.facts.finished, 12.0) is Hand.UNKNOWN


async def test_an_interrupted_step_of_an_earlier_daemon_is_ours(stand: Stand) -> None:
    """The stop of a daemon that died in the middle of its step is not taken for a person's."""
    app = stand.engine.container("app")
    since = stand.engine.time()
    stand.engine.person_stops("app")  # the engine tells no difference
    stand.another()
    stand.census.own_up(Announcement.of_stop(app.id), "app", since)

    await stand.arrive()

    assert (await stand.census.look("app")).life.ended_by is Hand.WATCHDOG


async def test_a_stop_before_an_interrupted_step_is_a_persons(stand: Stand) -> None:
    """Only what happened since the step was written down can be its doing."""
    app = stand.engine.container("app")
    stand.engine.person_stops("app")
    stand.another()
    stand.census.own_up(Announcement.of_stop(app.id), "app", stand.engine.time())

    await stand.arrive()

    assert (await stand.census.look("app")).life.ended_by is Hand.PERSON


async def test_an_interrupted_step_that_the_engine_forgot_is_ours(stand: Stand) -> None:
    """Where nobody else is known to have done it, a down container with an interrupted step is our doing."""
    app = stand.engine.container("app")
    since = stand.engine.time()
    stand.engine.person_stops("app")
    stand.engine.flood()
    stand.another()
    stand.census.own_up(Announcement.of_stop(app.id), "app", since)

    await stand.arrive()

    seen = await stand.census.look("app")
    assert seen.facts is not None
    assert seen.life.who_ended(seen.facts.finished, 12.0) is Hand.WATCHDOG


async def test_an_interrupted_step_on_a_target_that_is_gone(stand: Stand) -> None:
    """An interrupted step on a container that is no more changes nothing."""
    stand.census.own_up(Announcement.of_stop("gone"), "old", 0)

    await stand.arrive()

    assert (await stand.census.look("app")).life.ended_by is None


async def test_a_recreation_by_somebody_else_is_followed(stand: Stand) -> None:
    """While a person's Compose replaces it, the target is the new container, which nobody stopped."""
    await stand.arrive()
    old = stand.engine.container("app")
    new = stand.engine.create("1234_app", service="app")
    await stand.catch_up()
    await stand.census.take()
    assert stand.census.container_of("app") == old.id  # the one that runs
    stand.engine.person_stops(old.id)
    await stand.catch_up()
    await stand.census.take()
    stand.engine.person_removes(old.id)
    stand.engine.person_starts(new.id)
    await stand.catch_up()
    await stand.census.take()

    seen = await stand.census.look("app")

    assert seen.facts is not None
    assert seen.facts.id == new.id
    assert seen.life.first_kill is None
    assert seen.life.removed_by is None


async def test_the_last_log_line_is_read_of_what_is_down(stand: Stand) -> None:
    """A container that is down shows its last words; one that runs is not asked for them."""
    stand.engine.container("app").log = ["one", "two"]
    await stand.arrive()
    assert (await stand.census.look("app")).last_log == ""
    assert "logs" not in stand.engine.asked

    stand.engine.crash("app")
    assert (await stand.census.look("app")).last_log == "two"  # found by the list: no event yet
    await stand.catch_up()
    assert (await stand.census.look("app")).last_log == "two"


async def test_the_log_of_an_end_is_read_once(stand: Stand) -> None:
    """However often a container that is down is looked at; its next end is read anew."""
    app = stand.engine.container("app")
    app.log = ["first end"]
    await stand.arrive()
    stand.engine.crash("app")
    await stand.catch_up()
    for _ in range(3):
        assert (await stand.census.look("app")).last_log == "first end"
    assert stand.engine.asked.count("logs") == 1

    stand.engine.person_starts("app")
    app.log = ["second end"]
    stand.engine.crash("app")
    assert (await stand.census.look("app")).last_log == "second end"  # before any event told of it
    await stand.catch_up()
    assert (await stand.census.look("app")).last_log == "second end"


async def test_a_log_that_cannot_be_read_hides_one_line_only(stand: Stand) -> None:
    """A driver that cannot give logs does not keep us from seeing the container."""
    await stand.arrive()
    stand.engine.crash("app")
    await stand.catch_up()
    stand.engine.fail_next(Unreachable("this log driver does not support reading"), "logs")

    seen = await stand.census.look("app")

    assert seen.facts is not None
    assert seen.last_log == ""


async def test_known_down_ends_with_a_start(stand: Stand) -> None:
    """Known to be down is what the last look found, no more."""
    await stand.arrive()
    assert not stand.census.known_down("app")
    assert not stand.census.known_down("nobody")
    stand.engine.crash("app")
    await stand.census.take()
    assert stand.census.known_down("app")
    stand.engine.person_starts("app")
    await stand.census.look("app")
    assert not stand.census.known_down("app")


async def test_what_an_earlier_daemon_saw_is_absent_until_listed(stand: Stand) -> None:
    """Remembered targets are asked for by name, and have no container until the list says so."""
    await stand.arrive()
    remembered = tuple(stand.memory.known.values())
    stand.another().remember(remembered)

    assert stand.census.targets() == ("app",)
    assert stand.census.container_of("app") is None
    origin = stand.census.origin_of("app")
    assert origin is not None
    assert origin.service == "app"
    assert stand.census.origin_of("nobody") is None


class SlowEngine(FakeEngine):
    """Its first answer to an inspect is on its way until `arrived` is set."""

    arrived: asyncio.Event | None = None

    async def inspect(self, container_id: str) -> ContainerFacts:
        facts = await super().inspect(container_id)
        arrived, self.arrived = self.arrived, None
        if arrived is not None:
            await arrived.wait()
        return facts


async def test_a_container_replaced_while_it_is_inspected() -> None:
    """The state of the old container is never judged by the life of the new one."""
    stand = Stand(engine=SlowEngine)
    engine = stand.engine
    assert isinstance(engine, SlowEngine)
    engine.add("app")
    await stand.arrive()
    origin = stand.census.origin_of("app")
    assert origin is not None
    arrived = engine.arrived = asyncio.Event()
    looking = asyncio.create_task(stand.census.look("app"))
    await until(lambda: engine.arrived is None)
    before = stand.engine.container("app")
    await stand.compose.recreate(origin)
    await stand.catch_up()
    await stand.census.take()
    arrived.set()

    seen = await looking

    assert seen.facts is not None
    assert seen.facts.id != before.id
    assert stand.census.container_of("app") == seen.facts.id


async def test_after_an_interrupted_start_a_persons_stop_is_a_persons(stand: Stand) -> None:
    """An earlier daemon's step that stopped nothing excuses no stop after the return of the daemon."""
    app = stand.engine.container("app")
    stand.engine.crash("app")
    since = stand.engine.time()
    await stand.engine.start(app.id)
    stand.another()
    stand.census.own_up(Announcement.of_stop(app.id), "app", since)
    await stand.arrive()

    stand.engine.person_stops("app")
    await stand.catch_up()

    assert (await stand.census.look("app")).life.ended_by is Hand.PERSON


async def test_a_finished_step_of_an_earlier_daemon_is_ours_no_longer_than_it_took(stand: Stand) -> None:
    """Its stop was ours; one that came after its end is a person's."""
    app = stand.engine.container("app")
    since = stand.engine.time()
    stand.engine.person_stops("app")
    until = stand.engine.time()
    stand.another()
    stand.census.own_up(Announcement.of_stop(app.id), "app", since, until)
    await stand.arrive()
    assert (await stand.census.look("app")).life.ended_by is Hand.WATCHDOG

    stand.another()
    stand.engine.person_starts("app")
    stand.engine.person_stops("app")
    stand.census.own_up(Announcement.of_stop(app.id), "app", since, until)
    await stand.arrive()

    assert (await stand.census.look("app")).life.ended_by is Hand.PERSON


async def test_every_step_of_an_earlier_daemon_is_owned_up_to(stand: Stand) -> None:
    """Two restarts of one container, one after the other: neither stop is a person's."""
    app = stand.engine.container("app")
    steps = []
    for _ in range(2):
        stand.engine.person_starts("app")
        since = stand.engine.time()
        stand.engine.person_stops("app")
        steps.append((since, stand.engine.time()))
    stand.another()
    for begun, ended in steps:
        stand.census.own_up(Announcement.of_stop(app.id), "app", begun, ended)
    await stand.arrive()

    assert (await stand.census.look("app")).life.ended_by is Hand.WATCHDOG


async def test_a_look_holds_for_a_moment(stand: Stand) -> None:
    """A step that follows at once need not look again, unless anything was heard, or time has passed."""
    await stand.arrive()
    assert stand.census.just_seen("app") is None
    seen = await stand.census.look("app")
    assert stand.census.just_seen("app") == seen.facts
    stand.engine.turn_unhealthy("app")
    await stand.catch_up()
    assert stand.census.just_seen("app") is None
    await stand.census.look("app")
    assert stand.census.just_seen("app") is not None
    stand.clock.advance(JUST + 0.1)
    assert stand.census.just_seen("app") is None
    assert stand.census.just_seen("nobody") is None
