"""What the journal keeps of daemons that froze."""

from __future__ import annotations

from pathlib import Path

from tests.fakes import FakeClock
from tests.gateways.journal_samples import a_notification
from watchdog.core.freeze import Freeze, Probe
from watchdog.gateways.journal import Journal


async def test_freezes_are_counted_by_check_version_and_configuration(tmp_path: Path) -> None:
    """Those of another configuration do not count; one in nobody's code is a line of the story, no more."""
    clock, told = FakeClock(), a_notification()
    journal = await Journal.open(tmp_path / "journal.db")
    try:
        await journal.undelivered("phone")
        heavy = Freeze(seconds=4, probe=Probe("heavy", "app"))
        await journal.save_freeze(heavy, "one", "it froze", (), clock.now())
        await journal.save_freeze(heavy, "one", "it froze again", (told,), clock.now())
        await journal.save_freeze(heavy, "two", "it froze elsewhere", (), clock.now())
        await journal.save_freeze(Freeze(seconds=4), "one", "nobody's", (), clock.now())

        assert await journal.freezes("one") == {"heavy": 2}
        assert await journal.freezes("two") == {"heavy": 1}
        assert await journal.freezes("three") == {}
        lines = [(entry.kind, entry.text) for entry in await journal.recent_entries(10)]
        assert ("daemon.frozen", "it froze again") in lines
        assert [entry.notification for entry in await journal.undelivered("phone")] == [told]
    finally:
        await journal.close()


async def test_a_check_that_goes_wrong_is_kept_with_its_reason_until_it_is_forgiven(tmp_path: Path) -> None:
    """One row a check, for the latest version and configuration; forgiving lets go of freezes too."""
    clock, told = FakeClock(), a_notification()
    journal = await Journal.open(tmp_path / "journal.db")
    try:
        await journal.undelivered("phone")
        heavy = Freeze(seconds=4, probe=Probe("odd", "app"))
        await journal.save_freeze(heavy, "one", "it froze", (), clock.now())
        await journal.save_misconduct("odd", "one", "rubbish", told, clock.now())
        assert await journal.misconduct("one") == {"odd": "rubbish"}
        assert await journal.misconduct("two") == {}
        await journal.save_misconduct("odd", "two", "late", told, clock.now())
        assert await journal.misconduct("one") == {}
        assert await journal.misconduct("two") == {"odd": "late"}
        assert [entry.notification for entry in await journal.undelivered("phone")] == [told, told]

        await journal.forgive("odd")
        assert await journal.misconduct("two") == {}
        assert await journal.freezes("one") == {}
        await journal.forgive("nobody")
    finally:
        await journal.close()
