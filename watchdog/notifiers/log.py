"""Notifications as lines of the daemon's own log: always there, also when nothing else is configured."""

from __future__ import annotations

import logging
from typing import ClassVar

from watchdog.core.notification import Telling
from watchdog.plugins import Letter, Notifier, Parameters
from watchdog.wording import describe_notification

# telemetry/logs.py renders what is logged here: JSON or readable, redacted.
_log = logging.getLogger("watchdog.notification")

_LEVELS = {
    Telling.OPENED: logging.WARNING,
    Telling.ACTING: logging.WARNING,
    Telling.WARNED: logging.WARNING,
    Telling.ASKED: logging.WARNING,
    Telling.ESCALATED: logging.ERROR,
    Telling.REMINDED: logging.ERROR,
    Telling.ENGINE_LOST: logging.ERROR,
    Telling.CONFIG_BROKEN: logging.ERROR,
    Telling.SWITCHED_OFF: logging.ERROR,
}


class LogParameters(Parameters):
    """Nothing to configure."""


class Log(Notifier[LogParameters]):
    """Writes each notification as one line, with the rest of its message in `lines`. Cannot fail."""

    kind: ClassVar[str] = "log"
    parameters_type: ClassVar[type[Parameters]] = LogParameters

    async def deliver(self, letter: Letter) -> str:
        """Write it down."""
        notification = letter.news
        message = describe_notification(notification)
        facts = {
            "telling": notification.telling.value,
            "target": notification.target,
            "incident": notification.incident,
            "severity": notification.severity.value,
            "lines": list(message.lines),
        }
        level = _LEVELS.get(notification.telling, logging.INFO)
        _log.log(level, "%s", message.title, extra={k: v for k, v in facts.items() if v is not None})
        return ""
