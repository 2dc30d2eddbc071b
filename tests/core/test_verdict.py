"""The answer of a guardrail."""

from __future__ import annotations

from watchdog.core.verdict import Allow, Refuse


def test_a_refusal_says_why_and_may_say_for_how_long() -> None:
    """Two refusals for the same reason are the same; without a span waiting does not help."""
    assert Refuse("backing-off", wait=1.0) == Refuse("backing-off", wait=1.0)
    assert Refuse("attempts-spent").wait is None
    assert Allow() == Allow()
