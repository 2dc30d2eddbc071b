import pytest

from watchdog.core.durability import Opening


@pytest.mark.parametrize(
    ("opening", "forgetful"),
    [
        (Opening(), False),
        (Opening(damage="it is empty", set_aside="journal.db.damaged-1"), True),
        (Opening(lost_since="2026-11-23T09:41:02+00:00"), True),
    ],
)
def test_a_daemon_knows_when_it_may_have_forgotten_something(opening: Opening, forgetful: bool) -> None:
    """After a damaged journal, or a crash while it kept things in memory only, and not otherwise."""
    assert opening.forgetful is forgetful
