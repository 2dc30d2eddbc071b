"""What the metrics look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from watchdog.core.incident import Case
from watchdog.core.moment import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How things stand, for whoever asks: read at every scrape."""

    targets: Callable[[], Iterable[str]]
    checks: Callable[[], Iterable[str]]
    playbooks: Callable[[], Iterable[str]]
    notifiers: Callable[[], Iterable[str]]
    cases: Callable[[], Iterable[Case]]
    connected: Callable[[], bool]
    swept: Callable[[], Moment | None]
    config_ok: Callable[[], bool]
    config_read: Callable[[], Moment]
    maintained: Callable[[str], bool] = lambda _: False
    switched_off: Callable[[], Iterable[str]] = tuple
    silenced: Callable[[str], bool] = lambda _: False
