import logging

import pytest

from tests.fakes import FakeClock
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Finding
from watchdog.notifiers.log import Log, LogParameters
from watchdog.plugins import Letter


@pytest.mark.parametrize(
    ("telling", "level"), [(Telling.ESCALATED, logging.ERROR), (Telling.HEALED, logging.INFO)]
)
async def test_a_notification_becomes_a_line_of_the_log(
    telling: Telling, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Without any other notifier, the log tells what a human would be told."""
    caplog.set_level(logging.DEBUG)
    notification = Notification(
        telling=telling,
        target="100%api",
        at=FakeClock().now(),
        finding=Finding("dead"),
        severity=Severity.CRITICAL,
        incident="7",
        facts={"reason": "interrupted", "attempts": 1, "seconds": 3.0, "stable": 1.0},
    )
    await Log("log", LogParameters()).deliver(Letter(notifications=(notification,)))
    (record,) = caplog.records
    assert record.name == "watchdog.notification"
    assert record.levelno == level
    assert record.getMessage().startswith("100%api ")
    facts = vars(record)
    assert (facts["telling"], facts["target"], facts["incident"]) == (telling.value, "100%api", "7")
    assert any("watchdog" in line for line in facts["lines"])
