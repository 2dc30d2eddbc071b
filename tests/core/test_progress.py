"""When the world outside is told that watchdog lives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeClock
from watchdog.core.moment import Moment
from watchdog.core.observation import Finding
from watchdog.core.progress import MOST_PINGS_A_MINUTE, Complaint, Pace, Part, Ping, Round, judge

PACE = Pace()


def whole(begun: Moment, at: Moment) -> dict[Part, Moment]:
    return dict.fromkeys(Part, at)


def test_a_round_that_went_through_every_part_is_a_success() -> None:
    """All parts made progress since the round began: well."""
    clock = FakeClock()
    begun = clock.now()
    beat = judge(Round(begun=begun, reached=whole(begun, clock.advance(0.1))), PACE)
    assert (beat.ping, beat.complaints) == (Ping.SUCCESS, ())


@pytest.mark.parametrize("part", Part)
def test_one_part_that_stands_still_is_enough_to_fail_and_is_named(part: Part) -> None:
    """Progress of an earlier round counts no more than none."""
    clock = FakeClock()
    earlier = clock.now()
    begun = clock.advance(60)
    reached = whole(begun, clock.advance(1))

    for moment in (None, earlier):
        mine = {**reached, part: moment} if moment else {k: v for k, v in reached.items() if k is not part}
        beat = judge(Round(begun=begun, reached=mine), PACE)
        facts = {"within": "10", "names": None}
        assert beat.ping is Ping.FAIL
        assert beat.complaints == (Complaint(part, Finding("stood_still", facts)),)


def test_progress_before_a_reboot_counts_for_nothing() -> None:
    """Another boot's clock says nothing about this one."""
    clock = FakeClock()
    before = clock.advance(9999)
    clock.reboot()
    beat = judge(Round(begun=clock.now(), reached=whole(before, before)), PACE)
    assert len(beat.complaints) == len(Part)


def test_an_engine_that_cannot_be_asked_is_told_first() -> None:
    """We live, the engine does not: its reason leads."""
    now = FakeClock().now()
    beat = judge(Round(begun=now, reached={}, engine="it did not answer within 5 s"), PACE)
    assert beat.ping is Ping.FAIL
    assert beat.complaints[0].about == "engine"
    assert beat.complaints[0].finding.facts == {"reason": "it did not answer within 5 s"}


def test_a_notifier_that_hangs_is_named() -> None:
    """Of several loops of the dispatcher the late ones are told by name."""
    now = FakeClock().now()
    (complaint,) = judge(Round(begun=now, reached=whole(now, now), late=("phone", "mail")), PACE).complaints
    assert complaint.finding == Finding("some_stood_still", {"within": "10", "names": "phone, mail"})


def test_a_part_that_said_no_is_told_with_its_reason() -> None:
    """A journal on a full disk answers in time, and is no success."""
    now = FakeClock().now()
    made = Round(begun=now, reached=whole(now, now), said_no={Part.JOURNAL: "the disk is full"})
    assert judge(made, PACE).complaints == (
        Complaint(Part.JOURNAL, Finding("said_no", {"reason": "the disk is full"})),
    )


def test_a_daemon_whose_checks_are_all_switched_off_is_not_well() -> None:
    """Who looks at nothing finds nothing."""
    now = FakeClock().now()
    beat = judge(Round(begun=now, reached=whole(now, now), checks=0), PACE)
    assert [complaint.finding.kind for complaint in beat.complaints] == ["all_switched_off"]


@given(st.floats(min_value=15, max_value=3600))
def test_no_minute_has_more_pings_than_receivers_take(every: float) -> None:
    """Whatever pace can be configured, starts are left out before it is too many."""
    beats = 60 // every + 1
    assert beats * (2 if Pace(every=every).tells_starts else 1) <= MOST_PINGS_A_MINUTE
    assert Pace().tells_starts


def test_a_round_is_as_patient_as_the_slowest_look() -> None:
    """A look that may take 30 s does not make the monitor stuck after 10."""
    assert Pace().fitting(30).within == 31
    assert Pace().fitting(5).within == 10
