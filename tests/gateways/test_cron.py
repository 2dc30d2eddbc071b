"""Times that come again and again, as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog.gateways.cron import parse_cron

PARIS = ZoneInfo("Europe/Paris")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_it_is_meant_in_local_time() -> None:
    """Three in the morning is three on the wall, in summer and in winter."""
    cron = parse_cron("0 3 * * sun", PARIS)
    assert cron.next_after(utc("2026-07-01T00:00")) == utc("2026-07-05T01:00")
    assert cron.next_after(utc("2026-12-01T00:00")) == utc("2026-12-06T02:00")
    assert (cron.zone, str(cron)) == ("Europe/Paris", "0 3 * * sun")


def test_the_latest_is_one_that_is_not_too_long_ago() -> None:
    """A daemon that comes late finds what has begun, down to the very instant."""
    cron = parse_cron("30 2 * * *", PARIS)
    begun = utc("2026-11-23T01:30")
    assert cron.latest(begun, 60.0) == begun
    assert cron.latest(begun - timedelta(seconds=1), 60.0) is None
    assert cron.latest(begun + timedelta(seconds=59), 60.0) == begun
    assert cron.latest(begun + timedelta(seconds=61), 60.0) is None
    assert cron.latest(begun + timedelta(hours=20), 86400.0) == begun


def test_an_hour_that_is_repeated_happens_once_and_one_that_is_left_out_too() -> None:
    """On the night when the clocks change a nightly window happens once; an hourly one with every hour there is."""
    nightly, hourly = parse_cron("30 2 * * *", PARIS), parse_cron("0 * * * *", PARIS)
    autumn, spring = utc("2026-10-24T12:00"), utc("2026-03-28T12:00")
    first = nightly.next_after(autumn)
    assert first == utc("2026-10-25T00:30")
    assert nightly.next_after(first) == utc("2026-10-26T01:30")
    assert nightly.latest(utc("2026-10-25T01:45"), 1800.0) is None
    assert nightly.latest(utc("2026-10-25T01:45"), 7200.0) == first
    assert nightly.next_after(spring) == utc("2026-03-29T01:30")
    assert hourly.next_after(utc("2026-10-25T00:00")) == utc("2026-10-25T01:00")


@given(
    st.integers(0, 5 * 366 * 86400),
    st.sampled_from(["30 2 * * *", "*/7 * * * *", "0 3 1 * *"]),
)
def test_the_next_of_the_latest_lies_ahead(seconds: int, text: str) -> None:
    """Between the latest time and the next one there is none."""
    cron, now = parse_cron(text, PARIS), utc("2025-01-01T00:00") + timedelta(seconds=seconds)
    latest = cron.latest(now, 40 * 86400.0)
    following = cron.next_after(now)
    assert latest is not None
    assert following is not None
    assert latest <= now < following
    assert cron.next_after(latest) == following


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (5, "must be a cron expression"),
        ("@daily", "has 1 fields"),
        ("61 * * * *", "higher than the maximum"),
        ("0 3 * * 0", "numbers the days of the week"),
        ("0 3 1 * sun", "read in two ways"),
        ("0 0 31 2 *", "never comes"),
        ("0 3 * * sunday", "Invalid weekday"),
        ("a b c d *", "is no cron expression"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_how_to_write_it(text: object, words: str) -> None:
    """Also what cron and others read in two ways: nobody is surprised on a Sunday night."""
    with pytest.raises(ValueError, match=words) as caught:
        parse_cron(text, PARIS)
    assert "; " in str(caught.value)


def test_a_step_of_days_of_the_week_is_no_number_of_one() -> None:
    """What is written the same means the same, however it is spaced; leap days come."""
    assert parse_cron("0 3 * * */2") == parse_cron("0  3 * *  */2 ")
    assert parse_cron("0 0 29 2 *").next_after(utc("2026-01-01T00:00"))
