from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.gateways.journal_samples import a_case, a_notification, an_incident, at
from watchdog.core.errors import JournalError
from watchdog.core.notification import Telling
from watchdog.core.story import Delivery, OutboxEntry, Told
from watchdog.core.surplus import Surplus
from watchdog.gateways.journal_file import JournalFile
from watchdog.gateways.journal_memory import Memory
from watchdog.gateways.journal_outbox import Outbox

NEWS = tuple(a_notification(an_incident(1), seconds) for seconds in range(5))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def file(path: Path) -> Iterator[JournalFile]:
    with closing(JournalFile(path)) as file:
        yield file


@pytest.fixture
def outbox(file: JournalFile) -> Outbox:
    outbox = Outbox(file)
    decide(file, 0, 5)
    return outbox


def decide(file: JournalFile, start: int, stop: int) -> None:
    Memory(file).save(a_case(an_incident(1)), NEWS[start:stop], "decided", at(1))


def waiting(outbox: Outbox, notifier: str = "log", limit: int = 100) -> list[int]:
    return [entry.id for entry in outbox.undelivered(notifier, limit)]


def test_everything_decided_waits_in_order(outbox: Outbox) -> None:
    """A notifier gets all news, oldest first, as they were decided."""
    expected = tuple(
        OutboxEntry(id=number, notification=news, notifier="log") for number, news in enumerate(NEWS, 1)
    )

    assert expected == outbox.undelivered("log", 100)
    assert waiting(outbox, limit=2) == [1, 2]


def test_what_was_delivered_by_one_notifier_still_waits_for_another(outbox: Outbox) -> None:
    """The log is never a reason for Telegram to be silent."""
    for number in (1, 2):
        outbox.tried((number,), "log", Delivery.DELIVERED, at(9))

    assert (waiting(outbox), waiting(outbox, "telegram")) == ([3, 4, 5], [1, 2, 3, 4, 5])


def test_a_failed_try_is_counted_and_waits_on(outbox: Outbox) -> None:
    """How often, when and why is remembered, so that the next try can wait longer."""
    outbox.tried((1,), "log", Delivery.PENDING, at(7), error="timeout")
    outbox.tried((1,), "log", Delivery.PENDING, at(9), error="HTTP 502 \udc80")

    first = outbox.undelivered("log", 1)[0]
    assert (1, 2, at(9), "HTTP 502 ?") == (first.id, first.attempts, first.tried, first.error)


def test_what_can_never_be_delivered_is_not_tried_again(outbox: Outbox) -> None:
    """One message that is refused for good does not block the others."""
    outbox.tried((1,), "log", Delivery.REFUSED, at(7), error="chat not found")

    assert waiting(outbox) == [2, 3, 4, 5]


def test_a_gap_is_not_lost(outbox: Outbox) -> None:
    """A message that failed is still there after later ones were delivered, also after a restart."""
    assert waiting(outbox) == [1, 2, 3, 4, 5]
    for number in (1, 3, 5):
        outbox.tried((number,), "log", Delivery.DELIVERED, at(9))
    assert waiting(outbox) == [2, 4]

    outbox.tried((2,), "log", Delivery.DELIVERED, at(9))
    assert waiting(outbox) == [4]
    outbox.tried((4,), "log", Delivery.DELIVERED, at(9))
    assert waiting(outbox) == []


def test_what_waits_survives_a_restart(path: Path) -> None:
    """A notification, once decided, is delivered by the next daemon if this one could not."""
    with closing(JournalFile(path)) as file:
        outbox = Outbox(file)
        decide(file, 0, 2)
        assert waiting(outbox) == [1, 2]
        outbox.tried((1,), "log", Delivery.DELIVERED, at(9))

    with closing(JournalFile(path)) as file:
        outbox = Outbox(file)
        decide(file, 2, 3)
        assert waiting(outbox) == [2, 3]


def test_a_new_notifier_is_not_flooded_with_the_past(path: Path) -> None:
    """Telegram, added after a year, starts with today."""
    with closing(JournalFile(path)) as file:
        decide(file, 0, 3)
        assert waiting(Outbox(file), "log") == [1, 2, 3]

    with closing(JournalFile(path)) as file:
        outbox = Outbox(file)
        decide(file, 3, 5)
        assert waiting(outbox, "telegram") == [4, 5]


def test_news_that_nobody_ever_asked_for_is_not_lost(path: Path) -> None:
    """A daemon that died before its notifiers first looked leaves its news to all of them."""
    with closing(JournalFile(path)) as file:
        decide(file, 0, 2)

    with closing(JournalFile(path)) as file:
        outbox = Outbox(file)
        assert (waiting(outbox, "log"), waiting(outbox, "telegram")) == ([1, 2], [1, 2])


def test_what_was_never_decided_cannot_be_delivered(outbox: Outbox) -> None:
    """A delivery belongs to a notification."""
    with pytest.raises(JournalError, match="FOREIGN KEY"):
        outbox.tried((99,), "log", Delivery.DELIVERED, at(9))


def test_what_was_told_of_an_incident_is_told_with_its_fate(outbox: Outbox) -> None:
    """For each message and notifier: delivered, refused, or not tried yet."""
    outbox.tried((1,), "log", Delivery.DELIVERED, at(8))
    outbox.tried((1,), "telegram", Delivery.REFUSED, at(9), error="blocked")

    told = outbox.told("1")

    log = OutboxEntry(
        id=1, notification=NEWS[0], notifier="log", state=Delivery.DELIVERED, attempts=1, tried=at(8)
    )
    telegram = replace(log, notifier="telegram", state=Delivery.REFUSED, tried=at(9), error="blocked")
    assert Told(id=1, notification=NEWS[0], deliveries=(log, telegram)) == told[0]
    assert [Told(id=n, notification=NEWS[n - 1]) for n in range(2, 6)] == list(told[1:])


def test_what_concerns_no_target_is_delivered_like_all_else(outbox: Outbox) -> None:
    """A broken configuration is told through the same queue, after what was decided before it."""
    broken = replace(NEWS[0], telling=Telling.CONFIG_BROKEN, incident=None)

    outbox.tell(broken)

    assert outbox.undelivered("log", 100)[-1].notification == broken


def test_the_latest_of_a_kind_is_found(outbox: Outbox) -> None:
    """What was told last of the configuration is known after a restart too; None before the first."""
    kinds = (Telling.CONFIG_BROKEN, Telling.CONFIG_MENDED)
    assert outbox.last_told(*kinds) is None
    for telling in (*kinds, Telling.CONFIG_BROKEN):
        outbox.tell(replace(NEWS[0], telling=telling, incident=None))

    last = outbox.last_told(*kinds)

    assert last is not None
    assert last.telling is Telling.CONFIG_BROKEN


def test_the_depth_is_what_waits_for_each_notifier(outbox: Outbox) -> None:
    """Delivered and refused ones wait no more; a notifier that never asked waits for what it would get."""
    outbox.tried((1,), "log", Delivery.DELIVERED, at(9))
    outbox.tried((2,), "log", Delivery.REFUSED, at(9), error="no")
    outbox.tried((3,), "log", Delivery.PENDING, at(9), error="away")

    assert outbox.depths(("log", "telegram")) == {"log": 3, "telegram": 5}


def test_more_than_may_wait_is_left_out_and_counted_for_each_by_itself(outbox: Outbox) -> None:
    """One channel's outage is its own: the others are told everything; the count waits until it was told."""
    outbox.tried((1,), "phone", Delivery.PENDING, at(9), error="away")

    surplus = outbox.bound("phone", at(10), most=2)

    assert surplus == Surplus(count=3, incidents=1, since=NEWS[0].at, latest=3)
    assert waiting(outbox, "phone") == [4, 5]
    assert [told.deliveries[0].error for told in outbox.told("1")[:3]] == [
        "too many waited: it was only counted"
    ] * 3
    assert waiting(outbox, "log") == [1, 2, 3, 4, 5]
    assert outbox.bound("log", at(10), most=5) is None
    outbox.surplus_told("phone", surplus)
    assert outbox.bound("phone", at(11), most=2) is None


def test_a_notifier_that_comes_later_starts_at_the_present(outbox: Outbox) -> None:
    """One that a reload brings is not flooded with what was told before it."""
    outbox.tried((1,), "log", Delivery.DELIVERED, at(9))
    outbox.let_go_of_the_past()
    outbox.tell(NEWS[0])

    assert waiting(outbox, "telegram") == [6]


def test_several_in_one_message_are_written_with_its_receipt(outbox: Outbox) -> None:
    """What one message told is delivered at once, and the message can be found again to be edited."""
    outbox.tried((1, 2, 3), "phone", Delivery.DELIVERED, at(9), receipt="12:7")

    thread = outbox.thread("phone", "1")

    assert [entry.receipt for entry in thread] == ["12:7"] * 3 + [""] * 2
    assert [entry.state for entry in thread] == [Delivery.DELIVERED] * 3 + [Delivery.PENDING] * 2
    assert waiting(outbox, "phone") == [4, 5]


def test_a_failed_edit_keeps_no_receipt_of_its_own(outbox: Outbox) -> None:
    """Only what was delivered can be edited; the next try starts from the messages that are there."""
    outbox.tried((1,), "phone", Delivery.DELIVERED, at(8), receipt="12:7")
    outbox.tried((2,), "phone", Delivery.PENDING, at(9), error="away")

    assert [entry.receipt for entry in outbox.thread("phone", "1")][:2] == ["12:7", ""]


def test_the_thread_of_a_new_notifier_begins_with_it(path: Path) -> None:
    """What was told before a notifier came is not told by it, not even as the beginning of a story."""
    with closing(JournalFile(path)) as file:
        decide(file, 0, 3)
        assert waiting(Outbox(file), "log") == [1, 2, 3]

    with closing(JournalFile(path)) as file:
        outbox = Outbox(file)
        decide(file, 3, 5)
        assert [entry.id for entry in outbox.thread("phone", "1")] == [4, 5]
