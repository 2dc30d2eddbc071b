"""Jobs that say when they begin, end and fail, and what their silence means."""

from __future__ import annotations

import pytest

from tests.fakes import FakeClock
from watchdog.core.check_in import (
    CheckIn,
    CheckInRules,
    Ping,
    Signal,
    allow,
    judge_check_in,
    object_to_token,
    read_signal,
    variable_of,
)
from watchdog.core.moment import Moment
from watchdog.core.observation import Observation, Status

HOUR = 3600.0
RULES = CheckInRules(period=24 * HOUR, grace=HOUR)


class Job:
    """A nightly backup, and the clock of the machine that expects it."""

    def __init__(self, rules: CheckInRules = RULES) -> None:
        self.clock = FakeClock()
        self.rules = rules
        self.known = CheckIn(name="backup", expected=self.clock.now())

    def says(self, word: str = "", note: str = "") -> None:
        signal = read_signal(word)
        assert signal
        ping = Ping(signal=signal[0], exit_status=signal[1], at=self.clock.now(), note=note)
        self.known = self.known.after(ping)

    def look(self, later: float = 0) -> Observation:
        self.clock.advance(later)
        return judge_check_in("jobs", self.known, self.rules, self.clock.now())

    def kind(self, later: float = 0) -> str:
        return self.look(later).finding.kind


def test_a_job_that_comes_is_well() -> None:
    """On time it is well, within its grace late, and then missed."""
    job = Job()
    job.says()
    for later, kind, status in (
        (23 * HOUR, "checked_in", Status.OK),
        (1.5 * HOUR, "check_in_late", Status.WARNING),
        (HOUR, "check_in_missed", Status.CRITICAL),
    ):
        seen = job.look(later)
        assert (seen.finding.kind, seen.status, seen.settled) == (kind, status, True)
    job.says()
    assert job.kind() == "checked_in"


def test_it_is_looked_at_again_when_that_can_change() -> None:
    """The next look is due at the end of the period, and then at the end of the grace."""
    job = Job()
    job.says()
    assert job.look().look_again == 24 * HOUR
    assert job.look(24.5 * HOUR).look_again == 0.5 * HOUR


def test_a_job_that_never_came_is_awaited_and_then_missed() -> None:
    """Before its first time is over nothing is wrong; after it, its silence is one."""
    job = Job()
    seen = job.look(HOUR)
    assert (seen.finding.kind, seen.settled) == ("check_in_awaited", False)
    assert job.kind(24 * HOUR) == "check_in_late"
    assert job.kind(HOUR) == "check_in_missed"


@pytest.mark.parametrize(("word", "code"), [("fail", None), ("1", 1), ("255", 255)])
def test_a_job_that_fails_says_so(word: str, code: int | None) -> None:
    """A failure stands until the next success, with what the job said."""
    job = Job()
    job.says()
    job.says(word, note="pg_dump: error\nno space left")
    seen = job.look()
    assert (seen.finding.kind, seen.status, seen.finding.facts["exit_code"]) == (
        "job_failed",
        Status.CRITICAL,
        code,
    )
    assert seen.evidence == ("pg_dump: error", "no space left")
    job.says("start")
    assert job.kind() == "job_failed"
    job.says("0")
    assert job.kind() == "checked_in"


def test_a_job_that_does_not_end_is_seen() -> None:
    """From its start it has its grace; a second start does not hide that the first never ended."""
    job = Job()
    job.says()
    job.says("start")
    assert job.kind(0.9 * HOUR) == "job_running"
    job.says("start")
    assert job.kind(0.2 * HOUR) == "job_overran"
    job.says("0")
    seen = job.look()
    assert seen.finding.kind == "checked_in"
    assert seen.measurements["lasted_seconds"] == pytest.approx(1.1 * HOUR)


def test_a_job_may_have_a_longest_time_of_its_own() -> None:
    """`longest` stands in place of the grace."""
    job = Job(CheckInRules(period=24 * HOUR, grace=HOUR, longest=10))
    job.says("start")
    assert job.kind(11) == "job_overran"


def test_a_reboot_hides_no_silence() -> None:
    """Across a reboot the wall clock counts, and the time since the boot if that was set back."""
    job = Job()
    job.says()
    job.clock.advance(26 * HOUR)
    job.clock.reboot()
    assert job.kind() == "check_in_missed"


@pytest.mark.parametrize("word", ["256", "-1", "0x1", "start ", "stop", "1.5", "٣", "0000"])
def test_other_words_are_no_signals(word: str) -> None:
    """Only start, fail, nothing, and 0 to 255."""
    assert read_signal(word) is None
    assert read_signal("0") == (Signal.SUCCESS, 0)


def test_a_token_is_long_and_fits_into_a_url() -> None:
    """What cannot be one is told without being shown."""
    assert variable_of("nightly-backup") == "WATCHDOG_CHECK_IN_NIGHTLY_BACKUP"
    assert object_to_token("0123456789abcdef") == ""
    for token in ("", "tiny", "0123456789abcde/", "0123456789 abcdef"):
        told = object_to_token(token)
        assert told
        assert not token or token not in told


def test_no_more_than_ten_a_minute_are_taken() -> None:
    """The eleventh is refused, until the first is a minute old."""
    clock = FakeClock()
    recent: tuple[Moment, ...] = ()
    for _ in range(10):
        taken, recent = allow(recent, clock.advance(1))
        assert taken
    assert allow(recent, clock.now())[0] is False
    assert allow(recent, clock.advance(51))[0] is True
