"""When a target flaps, and how much it is touched then."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeClock
from watchdog.core.flapping import FlapLimits, Flaps, judge_flap_action, judge_flapping
from watchdog.core.verdict import Allow, Refuse

LIMITS = FlapLimits()


class Look:
    """Looks at one target, one after the other."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.flaps = Flaps(target="web")

    def turns(self, times: int, every: float = 5.0, *, up: bool = True) -> Flaps:
        """It is well and sick by turns, each for so long."""
        for _ in range(times):
            self.sees(well=True)
            self.clock.advance(every)
            self.sees(well=False, up=up)
            self.clock.advance(every)
        return self.flaps

    def sees(self, *, well: bool, up: bool = True) -> Flaps:
        """One look."""
        self.flaps = self.flaps.seen(LIMITS, self.clock.now(), well=well, up=up)
        return self.flaps


def test_a_target_that_alternates_flaps_from_the_fourth_turn_on() -> None:
    """Healthy and unhealthy every five seconds, as fault 21 has it."""
    look = Look()
    assert look.turns(3).since is None
    assert look.turns(1).since is not None


def test_turns_that_lie_far_apart_are_no_flapping() -> None:
    """Four in an hour are four troubles."""
    assert Look().turns(20, every=150).since is None


def test_an_end_right_after_each_start_is_no_flapping() -> None:
    """A container that always crashes is the ledger's: its five attempts come first."""
    assert Look().turns(20, every=5, up=False).since is None


def test_an_end_after_health_that_lasted_is_a_turn() -> None:
    """It was healed, and it fell again."""
    assert Look().turns(4, every=15, up=False).since is not None


def test_it_is_over_when_it_is_steady_for_as_long_as_the_ledger_remembers() -> None:
    """Ten minutes without a turn, well or sick, and the count begins anew."""
    look = Look()
    began = look.turns(4).since
    look.sees(well=True)
    look.clock.advance(599)
    assert look.sees(well=True).since == began
    look.clock.advance(1)
    assert look.sees(well=True).since is None
    assert look.flaps.fell == ()


def test_slower_turns_keep_it_going() -> None:
    """It takes less to go on than to begin: that is what hysteresis means."""
    look = Look()
    began = look.turns(4).since
    assert look.turns(5, every=300).since == began


def test_time_alone_ends_it() -> None:
    """Also when nobody looked meanwhile, and a reboot does not end it early."""
    look = Look()
    flaps = look.turns(4)
    look.clock.reboot()
    assert judge_flapping(flaps, LIMITS, look.clock.now()).since is not None
    look.clock.advance(600)
    assert judge_flapping(flaps, LIMITS, look.clock.now()).since is None


def test_three_actions_in_ten_minutes_while_it_flaps() -> None:
    """The fourth waits until the first is ten minutes old."""
    look = Look()
    acted = [look.clock.now() for _ in range(3)]
    assert judge_flap_action(look.flaps, acted, LIMITS, look.clock.now()) == Allow()
    flaps = look.turns(4)
    assert judge_flap_action(flaps, acted[:2], LIMITS, look.clock.now()) == Allow()
    assert judge_flap_action(flaps, acted, LIMITS, look.clock.now()) == Refuse("flapping", wait=560)


def test_the_first_look_is_no_turn() -> None:
    """Nobody knows what it was before."""
    look = Look()
    assert look.sees(well=False).fell == ()
    assert judge_flapping(Flaps(target="web"), LIMITS, look.clock.now()) == Flaps(target="web")


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.floats(0, 700)), max_size=80))
def test_what_is_remembered_is_bounded(looks: list[tuple[bool, bool, float]]) -> None:
    """However long it alternates; and it never begins with fewer than four turns in ten minutes."""
    clock = FakeClock()
    flaps = Flaps(target="web")
    for well, up, gap in looks:
        before, now = flaps, clock.advance(gap)
        flaps = flaps.seen(LIMITS, now, well=well, up=up)
        assert len(flaps.fell) <= LIMITS.turns
        if before.since is None and flaps.since is not None:
            assert now.seconds_since(flaps.fell[0]) < LIMITS.window
            assert len(flaps.fell) == LIMITS.turns
