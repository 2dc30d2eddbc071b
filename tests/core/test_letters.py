"""Which notifications go into one message, and when it makes a sound."""

from __future__ import annotations

from datetime import time

import pytest

from tests.fakes import FakeClock
from watchdog.core.letters import Batch, QuietHours, batch_alone, batch_incident, parse_quiet_hours
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Finding
from watchdog.core.story import Delivery, OutboxEntry

NIGHT = QuietHours()
NOON, MIDNIGHT = time(12), time(0, 30)


def entry(
    number: int, telling: Telling, receipt: str = "", severity: Severity = Severity.HIGH
) -> OutboxEntry:
    """One notification: sent if it has a receipt."""
    told = Notification(
        telling=telling, target="api", at=FakeClock().now(), finding=Finding("exited"), severity=severity
    )
    state = Delivery.DELIVERED if receipt else Delivery.PENDING
    return OutboxEntry(id=number, notification=told, notifier="phone", state=state, receipt=receipt)


def story(sent: list[Telling], news: list[Telling]) -> tuple[OutboxEntry, ...]:
    """An incident of which some was sent, each in a message of its own number, and some was not."""
    old = [entry(number, telling, f"m{number}") for number, telling in enumerate(sent, 1)]
    new = [entry(number, telling) for number, telling in enumerate(news, len(sent) + 1)]
    return (*old, *new)


T = Telling


@pytest.mark.parametrize(
    ("sent", "news", "receipt", "reply_to"),
    [
        ([], [T.OPENED, T.ACTING], "", ""),
        ([T.OPENED], [T.ACTING], "m1", ""),
        ([T.OPENED, T.ACTING], [T.HEALED], "m2", ""),
        ([T.OPENED], [T.PROPOSED], "", "m1"),
        ([T.OPENED, T.PROPOSED], [T.ACTING, T.HEALED], "m2", ""),
        ([T.OPENED], [T.ACTING, T.ESCALATED], "", "m1"),
        ([T.OPENED, T.ESCALATED], [T.REMINDED], "", "m1"),
        ([T.OPENED, T.ESCALATED], [T.ACTING], "m2", ""),
        ([T.OPENED, T.ESCALATED], [T.HEALED], "", "m1"),
        ([T.OPENED, T.REMINDED], [T.HELD], "", "m1"),
        # Nobody heard of the call, so nobody has to hear of its end by itself.
        ([T.OPENED], [T.ESCALATED, T.RECOVERED], "m1", ""),
        # A bypass is told in the message that there is, and hides no end.
        ([T.OPENED, T.ESCALATED], [T.BYPASS_LEFT], "m2", ""),
        ([T.OPENED, T.ESCALATED], [T.HEALED, T.BYPASS_CLOSED], "", "m1"),
        ([T.OPENED], [T.BYPASS_OPEN, T.ESCALATED], "", "m1"),
    ],
)
def test_an_incident_is_one_message_but_for_calls_and_their_end(
    sent: list[Telling], news: list[Telling], receipt: str, reply_to: str
) -> None:
    """A new message only when a human is asked for something, and for the end of what a human was called for."""
    told = story(sent, news)
    batch = batch_incident(told)
    assert (batch.receipt, batch.reply_to) == (receipt, reply_to)
    assert batch.entries == told[len(sent) :]
    assert [each.telling for each in batch.notifications] == [*sent, *news]


def test_what_was_refused_is_told_in_the_next_message() -> None:
    """One message that was refused for good leaves no hole in the story."""
    refused = OutboxEntry(
        id=1, notification=entry(1, T.OPENED).notification, notifier="phone", state=Delivery.REFUSED
    )
    batch = batch_incident((refused, entry(2, T.ACTING)))
    assert [each.telling for each in batch.notifications] == [T.OPENED, T.ACTING]
    assert [each.id for each in batch.entries] == [2]


@pytest.mark.parametrize(
    ("tellings", "severity", "local", "loud"),
    [
        ([T.OPENED], Severity.HIGH, NOON, True),
        ([T.OPENED], Severity.HIGH, MIDNIGHT, False),
        ([T.OPENED], Severity.CRITICAL, MIDNIGHT, True),
        ([T.OPENED, T.ACTING], Severity.HIGH, NOON, True),
        ([T.OPENED, T.ACTING, T.HEALED], Severity.CRITICAL, NOON, False),
        ([T.ACTING], Severity.CRITICAL, NOON, False),
        ([T.ESCALATED], Severity.WARNING, NOON, True),
        ([T.HELD], Severity.CRITICAL, NOON, False),
    ],
)
def test_what_makes_a_sound(tellings: list[Telling], severity: Severity, local: time, loud: bool) -> None:
    """Trouble does by day, critical trouble always, recoveries and what is over never."""
    news = tuple(entry(number, telling, severity=severity) for number, telling in enumerate(tellings))
    batch = Batch(entries=news, notifications=tuple(each.notification for each in news))
    assert batch.is_loud(NIGHT, local) is loud


def test_a_channel_that_cannot_edit_gets_one_message_each() -> None:
    """A line of a log is never another state of an older one."""
    batch = batch_alone(entry(3, T.ACTING))
    assert (len(batch.notifications), batch.receipt, batch.reply_to) == (1, "", "")


@pytest.mark.parametrize(
    ("written", "quiet", "loud", "shown"),
    [
        ("23:00-07:00", ["23:00", "06:59", "00:00"], ["07:00", "22:59"], "23:00-07:00"),
        ("1:30 - 5:00", ["01:30", "04:59"], ["01:29", "05:00", "23:00"], "01:30-05:00"),
        ("off", [], ["00:00", "12:00", "23:30"], "off"),
        (False, [], ["00:00"], "off"),
    ],
)
def test_quiet_hours_as_they_are_written(
    written: object, quiet: list[str], loud: list[str], shown: str
) -> None:
    """The first minute is quiet, the last is not; a night may go over midnight; `off` is never quiet."""
    hours = parse_quiet_hours(written)
    assert isinstance(hours, QuietHours)
    assert all(hours.hold(time.fromisoformat(each)) for each in quiet)
    assert not any(hours.hold(time.fromisoformat(each)) for each in loud)
    assert str(hours) == shown


@pytest.mark.parametrize("written", ["24:00-07:00", "at night", "23-7", "07:00-07:00", ""])
def test_hours_that_are_none_are_refused_with_how_to_write_them(written: str) -> None:
    """A mistyped night is a mistake in the file, never a night without messages."""
    with pytest.raises(ValueError, match="; write "):
        parse_quiet_hours(written)


def test_what_is_no_text_is_left_to_the_reader_of_the_file() -> None:
    """A number is refused where all wrong types are."""
    assert parse_quiet_hours(7) == 7
