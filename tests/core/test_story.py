"""Records of the past as they begin."""

from __future__ import annotations

from tests.fakes import FakeClock
from watchdog.core.happening import Happening
from watchdog.core.notification import Notification, Telling
from watchdog.core.observation import Finding
from watchdog.core.story import Delivery, OutboxEntry, Told

NOW = FakeClock().now()
OPENED = Notification(telling=Telling.OPENED, target="web", at=NOW, finding=Finding("exited"))


def test_a_notification_begins_undelivered() -> None:
    """Nobody has tried to hand it over, so nothing is known against it."""
    entry = OutboxEntry(id=1, notification=OPENED, notifier="log")
    assert (entry.state, entry.attempts, entry.tried, entry.error) == (Delivery.PENDING, 0, None, "")
    assert Told(id=1, notification=OPENED).deliveries == ()


def test_a_happening_concerns_nobody_unless_it_says_so() -> None:
    """The daemon's own news have no target."""
    news = Happening(name="daemon.started", at=NOW)
    assert (news.target, news.incident, dict(news.facts)) == (None, None, {})
