"""What people are told."""

from __future__ import annotations

from watchdog.core.notification import Severity, rank


def test_the_gravest_is_the_greatest() -> None:
    """Of several severities the gravest one can be chosen."""
    assert sorted(Severity, key=rank) == [Severity.WARNING, Severity.HIGH, Severity.CRITICAL]
    assert max([Severity.HIGH, Severity.CRITICAL, Severity.WARNING], key=rank) is Severity.CRITICAL
