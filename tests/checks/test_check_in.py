"""Has a job checked in? What is judged is tested with core."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from tests.engine.parts import SECRET, Stand
from watchdog.checks.check_in import CheckIn, CheckInParameters
from watchdog.core import check_in
from watchdog.core.check_in import Ping, Signal
from watchdog.core.errors import Unreachable
from watchdog.core.observation import Status

JOBS = {"jobs": {"backup": {"period": "1d", "grace": "1h"}}}


class Known:
    """One job as it stands."""

    def __init__(self, record: check_in.CheckIn) -> None:
        self.record = record

    def last(self, name: str) -> check_in.CheckIn | None:
        return self.record if name == self.record.name else None


async def test_a_job_is_judged_by_what_it_said_last() -> None:
    """A failure is shown with what the job said, without secrets."""
    stand = Stand()
    check = CheckIn("jobs", CheckInParameters.model_validate(JOBS))
    assert check.targets() == ("backup",)
    known = Known(check_in.CheckIn(name="backup", expected=stand.clock.now()))
    tools = replace(stand.tools, check_ins=known)
    known.record = known.record.after(Ping(signal=Signal.SUCCESS, at=stand.clock.now()))
    assert (await check.probe("backup", tools)).status is Status.OK
    known.record = known.record.after(
        Ping(signal=Signal.FAIL, at=stand.clock.now(), exit_status=1, note=f"password {SECRET}")
    )
    seen = await check.probe("backup", tools)
    assert (seen.check, seen.target, seen.status) == ("jobs", "backup", Status.CRITICAL)
    assert SECRET not in str(seen)


async def test_where_no_check_ins_are_taken_nothing_is_known() -> None:
    """No conclusion from a door that is not there."""
    with pytest.raises(Unreachable):
        await CheckIn("jobs", CheckInParameters.model_validate(JOBS)).probe("backup", Stand().tools)


@pytest.mark.parametrize(
    "jobs", [{}, {"Backup": {"period": "1d"}}, {"a": {}}, {"a": {"period": "1s"}}, {"a/b": {"period": "1d"}}]
)
def test_mistakes_are_told_when_it_is_loaded(jobs: dict[str, object]) -> None:
    """A job has a name that fits into a path, and a period."""
    with pytest.raises(ValidationError):
        CheckInParameters.model_validate({"jobs": jobs})
