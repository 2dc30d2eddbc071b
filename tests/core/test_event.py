"""Whose hand ended a container, told from its events."""

from __future__ import annotations

import pytest

from tests.fakes import FakeClock
from watchdog.core.event import STOP_PENDING, Announcement, EngineEvent, Life
from watchdog.core.observation import Hand

WINDOW = 12.0
SECOND = 1_000_000_000
OURS, PERSON = Hand.WATCHDOG, Hand.PERSON


class Past:
    """Plays events of one container, each a second after the one before."""

    def __init__(self, life: Life | None = None) -> None:
        self.life = life or Life(container_id="c1")
        self.clock = FakeClock()
        self.time = 1000 * SECOND

    def play(self, *events: str, by: Hand = PERSON) -> Past:
        """Take in events: an action, with its signal after a space if it is a kill."""
        for event in events:
            action, _, signal = event.partition(" ")
            attributes = {"signal": signal} if signal else {}
            told = EngineEvent(action=action, container_id="c1", time=self.time, attributes=attributes)
            self.life = self.life.after(told, by, self.clock.now(), WINDOW)
            self.passes(1)
        return self

    def passes(self, seconds: float) -> Past:
        """Let time pass."""
        self.clock.advance(seconds)
        self.time += int(seconds * SECOND)
        return self

    @property
    def ended_by(self) -> Hand:
        """Whose hand the latest end was."""
        return self.life.who_ended(self.life.died or self.time, WINDOW)


@pytest.mark.parametrize(
    ("events", "hand"),
    [
        (["start", "die"], Hand.ITSELF),
        (["start", "kill 15", "die", "stop"], PERSON),
        (["start", "kill 15", "stop", "die"], PERSON),
        (["start", "kill 15", "kill 9", "die", "stop"], PERSON),
        (["start", "kill 9", "die"], PERSON),
        (["start", "kill 9", "die", "destroy"], PERSON),
        (["start", "kill SIGTERM", "die"], PERSON),
        # A reload that is followed by nothing is a reload.
        (["start", "kill 1", *["health_status: healthy"] * 20, "die"], Hand.ITSELF),
        # An image may choose any signal to be stopped by; so the death that follows is a person's.
        (["start", "kill 28", "die", "stop"], PERSON),
        (["start", "kill 28", "die"], PERSON),
        # The engine unpauses what a person stops, and tells of it after the signal (measured).
        (["start", "pause", "kill 9", "unpause", "die"], PERSON),
        (["start", "pause", "kill 15", "unpause", "stop", "die"], PERSON),
        # A stop between two restarts of the engine's own: there is nobody to be signalled.
        (["start", "die", "stop"], PERSON),
        # The signal may be told of just after the death that it caused.
        (["start", "die", "kill 9"], PERSON),
        # The signal was seen, the death not yet.
        (["start", "kill 15"], PERSON),
        # Found at rest before its death was heard of: nor was, perhaps, the signal before it.
        (["start"], Hand.UNKNOWN),
        # A new start is a new life.
        (["start", "kill 15", "die", "stop", "start", "die"], Hand.ITSELF),
        (["start", "kill 15", "stop", "die", "start", "restart", "die"], Hand.ITSELF),
        # What nobody saw the beginning of.
        (["die"], Hand.UNKNOWN),
        (["kill 15", "die"], PERSON),
    ],
)
def test_who_ended_it(events: list[str], hand: Hand) -> None:
    """The first signal since the start decides; without one, only what was seen whole fell by itself."""
    assert Past().play(*events).ended_by is hand


def test_a_stop_of_ours_is_ours() -> None:
    """The events that we announced are not taken for a person's, whatever signal the image asks for."""
    for signal in ("15", "28"):
        assert Past().play("start").play(f"kill {signal}", "die", "stop", by=OURS).ended_by is OURS


def test_a_person_stops_what_we_are_stopping() -> None:
    """A second stop beside ours is a person's, and counts."""
    past = Past().play("start").play("kill 15", by=OURS).play("kill 15").play("die", "stop", by=OURS)
    assert past.ended_by is OURS
    assert past.play("stop").ended_by is PERSON


def test_our_stop_of_what_a_person_is_stopping_is_theirs() -> None:
    """Who asked first decides."""
    assert Past().play("start", "kill 15").play("kill 15", "die", "stop", by=OURS).ended_by is PERSON


def test_a_signal_that_was_not_heeded_is_forgotten() -> None:
    """A stop of ours, long after a person's signal that nothing followed, is ours."""
    past = Past().play("start", "kill 15").passes(STOP_PENDING)
    assert past.play("kill 15", "die", "stop", by=OURS).ended_by is OURS


def test_a_stop_of_ours_that_was_cut_short_leaves_the_next_stop_to_people() -> None:
    """Our signal went unheeded and we are gone; minutes later a person stops it."""
    past = Past().play("start").play("kill 15", by=OURS).passes(60)
    assert past.play("kill 15", "die", "stop").ended_by is PERSON


class TestCutShort:
    """A step of an earlier daemon was attributed to us without its events having been heard."""

    ATTRIBUTED = Life(container_id="c1", first_kill=OURS, ended_by=OURS)

    def test_what_it_did_is_ours(self) -> None:
        """The rest of our own stop, announced anew or not heard of at all, stays ours."""
        assert Past(self.ATTRIBUTED).play("die", "stop").ended_by is OURS
        assert Past(self.ATTRIBUTED).play("kill 9", "die", "stop", by=OURS).ended_by is OURS

    def test_a_persons_signal_is_a_persons(self) -> None:
        """It had gone on running, and a person stops it."""
        assert Past(self.ATTRIBUTED).play("kill 15", "die", "stop").ended_by is PERSON

    def test_a_start_ends_it(self) -> None:
        """After the next start nothing is attributed any more."""
        assert Past(self.ATTRIBUTED).play("start", "die").ended_by is Hand.ITSELF


class TestWatchedLateInItsLife:
    """The container ran before we were there."""

    def test_watched_for_long_enough_it_fell_by_itself(self) -> None:
        """No stop takes longer than its window: a signal would have been seen."""
        life = Past(Life(container_id="c1", known_from=1000 * SECOND)).passes(12).play("die").life
        assert life.died is not None
        assert life.who_ended(life.died, WINDOW) is Hand.ITSELF
        assert life.who_ended(life.died, 60.0) is Hand.UNKNOWN

    def test_watched_for_very_long_nothing_is_in_doubt(self) -> None:
        """After ten minutes even the slowest stop would have been seen to begin."""
        life = Past(Life(container_id="c1", known_from=1000 * SECOND)).passes(STOP_PENDING).play("die").life
        assert life.ended_by is Hand.ITSELF

    def test_watched_too_shortly_it_is_not_known(self) -> None:
        """The signal may have come before we looked."""
        assert Past(Life(container_id="c1", known_from=1000 * SECOND)).play("die").ended_by is Hand.UNKNOWN

    def test_a_gap_after_the_start_makes_it_doubtful(self) -> None:
        """Its start was seen, but not all that came after."""
        past = Past().play("start")
        past.life = Life(container_id="c1", started=past.life.started, known_from=past.time)
        assert past.play("die").ended_by is Hand.UNKNOWN


def test_an_end_that_is_later_than_the_death_we_saw_is_another_one() -> None:
    """Started and ended once more while nobody listened: whose hand that was is not known."""
    life = Past().play("start", "die").life
    assert life.died is not None
    assert life.who_ended(life.died - SECOND // 5, WINDOW) is Hand.ITSELF
    assert life.who_ended(life.died + 60 * SECOND, WINDOW) is Hand.UNKNOWN


def test_what_was_started_after_the_death_we_saw_ended_unseen() -> None:
    """Crashed, restarted by the engine and stopped by a person within a second, unheard: not the crash's doing."""
    life = Life(container_id="c", known_from=0, started=SECOND, died=5 * SECOND, ended_by=Hand.ITSELF)
    end = 5 * SECOND + SECOND // 2
    assert life.who_ended(end, WINDOW, 2 * SECOND) is Hand.ITSELF
    assert life.who_ended(end, WINDOW, 5 * SECOND + SECOND // 4) is Hand.UNKNOWN
    assert life.end_unheard(end, 5 * SECOND + SECOND // 4)


def test_who_made_and_who_removed_it() -> None:
    """Creation and removal have their hands too, and a start forgets only how it ended before."""
    past = Past().play("create", by=OURS).play("start").play("kill 9", "die", "destroy")
    assert (past.life.created_by, past.life.removed_by, past.ended_by) == (OURS, PERSON, PERSON)


def test_other_events_change_nothing() -> None:
    """Health, exec and the like are no news of who ended it; nor is a reload of ours."""
    life = Past().play("start").life
    past = Past(life).play("health_status: unhealthy", "oom", "rename")
    assert past.play("kill 1", by=OURS).life == life


class TestAnnouncement:
    def test_events_are_counted_off(self) -> None:
        """A stop is two signals at most, one death and one word of the engine; what is more is not ours."""
        said = Announcement.of_stop("c1")
        for action in ("kill", "kill", "die", "stop"):
            left = said.claim(EngineEvent(action=action, container_id="c1", time=1))
            assert left is not None
            said = left
        for action in ("kill", "die", "stop", "destroy"):
            assert said.claim(EngineEvent(action=action, container_id="c1", time=1)) is None

    def test_it_is_for_one_container(self) -> None:
        """The same event of another container is somebody else's."""
        event = EngineEvent(action="destroy", container_id="c2", time=1)
        assert Announcement.of_replacement("c1").claim(event) is None
        assert Announcement.of_replacement("c2").claim(event) is not None
