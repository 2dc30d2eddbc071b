"""One check as configured: what its file entry says, and what its kind says where that is silent."""

from __future__ import annotations

from typing import Any

from watchdog.config.records import CheckConfig
from watchdog.config.sections import CheckSection
from watchdog.core.playbook import NO_PLAYBOOK
from watchdog.core.threshold import Threshold
from watchdog.plugins import Check


def make_check(name: str, check: Check[Any], section: CheckSection) -> CheckConfig:
    """The check with how often it is asked and believed, and what is done about what it finds."""
    return CheckConfig(
        name=name,
        check=check,
        playbook=section.playbook or NO_PLAYBOOK.name,
        severity=section.severity,
        within=section.within,
        every=check.every if section.every is None else section.every,
        threshold=Threshold(
            failures=section.failures or check.failures,
            successes=section.successes or check.successes,
            again=min(section.within, Threshold().again),
        ),
    )
