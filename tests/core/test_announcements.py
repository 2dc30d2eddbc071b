"""Which events are our own doing."""

from __future__ import annotations

from tests.fakes import FakeClock
from watchdog.core.announcements import LASTS, Announcements
from watchdog.core.event import Announcement, EngineEvent
from watchdog.core.observation import Hand
from watchdog.core.target import NUMBER, SERVICE

STOP = Announcement.of_stop("c1")
NOW = FakeClock().now()


def hands(said: Announcements, *actions: str, container_id: str = "c1", time: int = 5) -> list[str]:
    """Whose hand each of these events is taken for, one after the other."""
    taken = []
    for action in actions:
        said, hand = said.claim(EngineEvent(action=action, container_id=container_id, time=time))
        taken.append(hand.value)
    return taken


def test_what_we_announced_is_ours_and_what_is_more_is_a_persons() -> None:
    """The second stop of a container that we are stopping is a person's."""
    said = Announcements().saying(STOP, "web", NOW)
    assert hands(said, "kill", "die", "stop", "stop") == ["watchdog"] * 3 + ["person"]


def test_nothing_announced_is_a_persons() -> None:
    """Without a word of ours, every event is somebody else's; so is another container's."""
    assert hands(Announcements(), "kill", "die") == ["person"] * 2
    assert hands(Announcements().saying(STOP, "web", NOW), "kill", container_id="c2") == ["person"]


def test_after_our_start_a_stop_is_a_persons() -> None:
    """The KILL that our stop did not need is not kept for the next stop, which is a person's."""
    said = Announcements().saying(STOP, "web", NOW)
    assert hands(said, "kill", "die", "stop", "start", "kill", "die", "stop") == [
        *["watchdog"] * 3,
        *["person"] * 4,
    ]


def test_the_engines_own_start_before_our_stop_changes_nothing() -> None:
    """Between our word and our act the restart policy may start it once more: the stop is still ours."""
    said = Announcements().saying(STOP, "web", NOW)
    assert hands(said, "start", "kill", "die", "stop") == ["person", *["watchdog"] * 3]
    other = said.saying(Announcement.of_stop("c2"), "db", NOW)
    assert hands(other, "kill", "start")[0] == "watchdog"


def test_events_from_before_are_not_its_doing() -> None:
    """What the engine remembers from before our step is not taken for it."""
    said = Announcements().saying(STOP, "web", NOW, since=10)
    assert hands(said, "kill", time=9) == ["person"]
    assert hands(said, "kill", time=10) == ["watchdog"]


def test_a_stop_whose_daemon_has_died_goes_on_beside_the_one_that_repeats_it() -> None:
    """Two stops of ours end one container: none of what comes of them is a person's; what comes after the start is."""
    said = Announcements().saying(STOP, "web", NOW, since=3)
    said, _ = said.claim(EngineEvent(action="kill", container_id="c1", time=4))
    said = said.settled().saying(STOP, "web", NOW)
    told = hands(said, "kill", "kill", "stop", "stop", "die", "start", "kill", "stop")
    assert told == [*["watchdog"] * 5, *["person"] * 3]


def test_a_new_announcement_replaces_the_old_one_of_the_same_container() -> None:
    """Two attempts do not add up to twice as many events."""
    said = Announcements().saying(STOP, "web", NOW).saying(STOP, "web", NOW)
    assert hands(said, "die", "die") == ["watchdog", "person"]


def test_an_act_that_never_came_is_forgotten() -> None:
    """Ten minutes later an announcement is void."""
    clock = FakeClock()
    said = Announcements().saying(STOP, "web", clock.now())
    clock.advance(LASTS)
    said = said.saying(Announcement.of_stop("c2"), "db", clock.now())
    assert hands(said, "kill") == ["person"]


def test_the_container_that_replaces_another_is_ours() -> None:
    """Nobody knows its id before: it is known by its target. Other containers' creation is not ours."""
    said = Announcements().saying(Announcement.of_replacement("c1"), "web#2", NOW)

    def created(service: str) -> Hand:
        labels = {SERVICE: service, NUMBER: "2", "name": "0a1b_shop-web-2"}
        event = EngineEvent(action="create", container_id="c9", time=5, attributes=labels)
        return said.claim(event)[1]

    assert created("web") is Hand.WATCHDOG
    assert created("db") is Hand.PERSON
    stop = Announcements().saying(STOP, "web", NOW)
    event = EngineEvent(action="create", container_id="c9", time=5, attributes={SERVICE: "web"})
    assert stop.claim(event)[1] is Hand.PERSON


def test_acts_of_the_past_stand_beside_each_other_each_in_its_time() -> None:
    """Two restarts by an earlier daemon: each stop is ours, one after both is a person's."""
    said = Announcements().saying(STOP, "web", NOW, 10, 20).saying(STOP, "web", NOW, 30, 40)
    assert hands(said, "stop", time=15) == ["watchdog"]
    assert hands(said, "stop", time=25) == ["person"]
    said, _ = said.claim(EngineEvent(action="stop", container_id="c1", time=15))
    said, _ = said.claim(EngineEvent(action="start", container_id="c1", time=18))
    assert hands(said, "stop", "stop", time=35) == ["watchdog", "person"]


def test_what_an_earlier_daemon_did_not_get_to_it_never_will() -> None:
    """An act of the past without any event by now excuses no later stop; a begun one, and the present, stand."""
    past = Announcements().saying(STOP, "web", NOW, 10)
    assert hands(past.settled(), "stop", time=50) == ["person"]
    begun, _ = past.claim(EngineEvent(action="kill", container_id="c1", time=11))
    assert hands(begun.settled(), "die", time=50) == ["watchdog"]
    assert hands(Announcements().saying(STOP, "web", NOW).settled(), "stop", time=50) == ["watchdog"]
