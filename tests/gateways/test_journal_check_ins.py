"""What the journal keeps of jobs that check in."""

from __future__ import annotations

from pathlib import Path

from tests.fakes import FakeClock
from watchdog.core.check_in import CheckIn, Ping, Signal
from watchdog.gateways.journal import Journal


async def test_what_a_job_said_last_survives_the_daemon(tmp_path: Path) -> None:
    """One row a job; the last signal stands, also after the journal was opened anew."""
    clock, path = FakeClock(), tmp_path / "journal.db"
    job = CheckIn(name="backup", expected=clock.now())
    done = job.after(Ping(signal=Signal.SUCCESS, at=clock.advance(5), exit_status=0, note="héllo\n\udcff"))
    other = CheckIn(name="a", expected=clock.now())

    journal = await Journal.open(path)
    for record in (job, other, done):
        await journal.save_check_in(record)
    await journal.close()

    journal = await Journal.open(path)
    try:
        assert [record.name for record in await journal.check_ins()] == ["a", "backup"]
        kept = (await journal.check_ins())[1]
        assert (kept.succeeded, kept.exit_status, kept.expected) == (done.succeeded, 0, job.expected)
    finally:
        await journal.close()
