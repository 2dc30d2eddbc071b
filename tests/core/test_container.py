from __future__ import annotations

from tests.fakes import FakeClock
from watchdog.core.container import ContainerFacts, ContainerRules, Sighting, judge
from watchdog.core.event import Life


def test_a_container_that_waits_to_be_started_is_looked_at_again() -> None:
    """A start that fails makes no event: without another look nobody would ever see it."""
    facts = ContainerFacts(id="a" * 64, name="web-1", image_id="sha256:a", state="created")
    seen = judge(
        "container",
        Sighting(target="web", facts=facts, life=Life(container_id=facts.id)),
        ContainerRules(rest=2.0),
        FakeClock().now(),
    )
    assert (seen.finding.kind, seen.settled, seen.look_again) == ("waiting", False, 2.0)
