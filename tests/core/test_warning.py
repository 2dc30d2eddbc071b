"""What is no trouble yet is told once, and once when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.core.tale import Tale, remedy
from watchdog.core.decision import DaemonReturned, Look, Policy
from watchdog.core.flapping import FlapLimits
from watchdog.core.incident import Act, Hold
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Fact, Finding, Hand, Observation, Status
from watchdog.core.surroundings import Root, Surroundings

WARNED, OVER = Telling.WARNED, Telling.WARNING_OVER
OK, WARNING, CRITICAL, UNKNOWN = Status.OK, Status.WARNING, Status.CRITICAL, Status.UNKNOWN
STEADY = FlapLimits().steady


class Disk(Tale):
    """A target that is low, full or well."""

    def __init__(self) -> None:
        super().__init__(Policy(playbook=remedy(), boot_grace=0.0))

    def shows(
        self,
        status: Status,
        kind: str = "disk_low",
        *,
        near: bool = False,
        tell_after: float | None = 0.0,
        by: Hand | None = None,
        facts: Mapping[str, Fact] | None = None,
    ) -> None:
        """A look shows this."""
        self.happens(
            Observation(
                check="container",
                target="web",
                status=status,
                finding=Finding(kind, facts or {}),
                at=self.now,
                near=near,
                tell_after=tell_after,
                stopped_by=by,
                incarnation=f"c0ffee@{self.life}",
            )
        )

    def low(self, **facts: Fact) -> None:
        self.shows(WARNING, facts=facts)

    def roomy(self, *, near: bool = False) -> None:
        self.shows(OK, "disk_roomy", near=near)

    def lasts(self, seconds: float, every: float = 60.0, **facts: Fact) -> None:
        """Low for so long."""
        for _ in range(int(seconds / every) + 1):
            self.low(**facts)
            self.passes(every)

    def stays_roomy(self, seconds: float, every: float = 60.0) -> None:
        for _ in range(int(seconds / every) + 1):
            self.roomy()
            self.passes(every)

    @property
    def last(self) -> Notification:
        return self.tells[-1].notification


def a_warned_disk() -> Disk:
    disk = Disk()
    disk.lasts(60)
    assert disk.told == [WARNED]
    return disk


def test_a_warning_is_told_once_it_has_lasted_and_not_again() -> None:
    """A minute; after that people know, however long it goes on."""
    disk = Disk()
    disk.low()
    assert disk.told == []
    assert disk.decision.effects == (Look(60.0),)
    disk.passes(60)
    disk.low(full_at="2026-01-01 05:00", biggest="3 GB: volume a", contact="the host", used=81)
    assert disk.told == [WARNED]
    assert (disk.last.severity, disk.last.incident) == (Severity.WARNING, None)
    assert disk.last.finding.facts["used"] == 81
    assert dict(disk.last.facts) == {
        "full_at": "2026-01-01 05:00",
        "biggest": "3 GB: volume a",
        "contact": "the host",
        "seconds": 60,
    }
    disk.lasts(7200)
    assert disk.told == [WARNED]


def test_what_is_over_before_it_lasted_is_never_told() -> None:
    """The count begins anew with each."""
    disk = Disk()
    for _ in range(10):
        disk.low()
        disk.passes(59)
        disk.roomy()
        disk.passes(1)
    assert disk.told == []
    assert disk.case.warned is None


def test_the_end_is_told_once_it_has_lasted() -> None:
    """Ten minutes without a break, with how long it was so."""
    disk = a_warned_disk()
    disk.stays_roomy(STEADY)
    assert disk.told == [WARNED, OVER]
    assert disk.last.finding.kind == "disk_roomy"
    assert disk.last.facts["stable"] == STEADY
    disk.stays_roomy(STEADY)
    assert disk.told == [WARNED, OVER]
    assert disk.case.warned is None


def test_a_disk_around_its_line_is_told_once() -> None:
    """Neither minutes of health nor being just below the line is an end."""
    disk = a_warned_disk()
    for _ in range(20):
        disk.lasts(300)
        disk.stays_roomy(300)
    for _ in range(60):
        disk.roomy(near=True)
        disk.passes(60)
    assert disk.told == [WARNED]


def test_a_look_that_failed_is_no_part_of_an_end() -> None:
    """Health has to be seen without a break; and a failed look is no new warning."""
    disk = a_warned_disk()
    disk.stays_roomy(STEADY - 60)
    disk.unseen()
    disk.stays_roomy(STEADY - 60)
    assert disk.told == [WARNED]
    disk.roomy()
    assert disk.told == [WARNED, OVER]


def test_a_restart_of_the_daemon_tells_nothing_again() -> None:
    """What was told is remembered with the case; also that it was not told yet."""
    disk = a_warned_disk()
    disk.happens(DaemonReturned())
    disk.lasts(600)
    assert disk.told == [WARNED]
    disk.stays_roomy(STEADY)
    assert disk.told == [WARNED, OVER]


def test_another_warning_of_the_same_target_is_told_too() -> None:
    """A file that is not there must not hide that the certificate ends; by turns they are told once each."""
    disk = Disk()
    for _ in range(3):
        disk.shows(WARNING, "cert_file_missing")
        disk.passes(60)
    for _ in range(3):
        disk.shows(WARNING, "cert_ending")
        disk.passes(60)
        disk.shows(WARNING, "cert_ending")
        disk.passes(60)
        disk.shows(WARNING, "cert_file_missing")
        disk.passes(60)
    assert [tell.notification.finding.kind for tell in disk.tells] == ["cert_file_missing", "cert_ending"]


def test_two_warnings_by_turns_are_one_until_they_are_told() -> None:
    """Late and behind: a feeder that stumbles for a minute is told."""
    disk = Disk()
    for kind in ("late", "behind", "late"):
        disk.shows(WARNING, kind)
        disk.passes(30)
    assert disk.told == [WARNED]


def test_trouble_after_a_warning_says_so_and_ends_both() -> None:
    """One message for what was low and is full now; its end is the end of the warning."""
    disk = a_warned_disk()
    disk.unhealthy()
    assert disk.told == [WARNED, Telling.OPENED]
    opened = next(t.notification for t in disk.tells if t.notification.telling is Telling.OPENED)
    assert opened.facts["warned"] == 60
    disk.step_ends()
    for _ in range(12):
        disk.passes(2)
        disk.roomy()
    assert disk.told == [WARNED, Telling.OPENED, Telling.HEALED]
    assert disk.last.still is None
    disk.stays_roomy(3600)
    assert disk.told == [WARNED, Telling.OPENED, Telling.HEALED]


@pytest.mark.parametrize("warned", [True, False])
def test_what_is_left_after_trouble_is_said_with_its_end(warned: bool) -> None:
    """`healed` of a disk that is still low says that it is; the rest of the story is told as of any warning."""
    disk = a_warned_disk() if warned else Disk()
    before = list(disk.told)
    disk.unhealthy()
    disk.step_ends()
    for _ in range(12):
        disk.passes(2)
        disk.low(used=85)
    assert disk.told == [*before, Telling.OPENED, Telling.HEALED]
    assert disk.last.still == Finding("disk_low", {"used": 85})
    disk.lasts(3600)
    assert disk.told[-1] is Telling.HEALED
    disk.stays_roomy(STEADY)
    assert disk.told[-2:] == [Telling.HEALED, OVER]


def test_trouble_before_a_warning_was_told_is_told_alone() -> None:
    """From well to full within a minute: nobody was warned."""
    disk = Disk()
    disk.low()
    disk.passes(30)
    disk.unhealthy()
    assert disk.told == [Telling.OPENED]
    assert "warned" not in disk.tells[0].notification.facts


def test_what_becomes_trouble_or_is_over_soon_is_never_told() -> None:
    """The grace of a job is the time in which nobody wants to hear of it."""
    disk = Disk()
    for _ in range(100):
        disk.shows(WARNING, "check_in_late", tell_after=None)
        disk.passes(60)
    assert disk.told == []


def test_a_check_may_ask_for_more_patience() -> None:
    """Five minutes of a load."""
    disk = Disk()
    for _ in range(5):
        disk.shows(WARNING, "load_high", tell_after=300.0)
        disk.passes(60)
    assert disk.told == []
    disk.shows(WARNING, "load_high", tell_after=300.0)
    assert disk.told == [WARNED]


def test_a_wrong_configuration_is_told_like_a_warning() -> None:
    """A token that is refused, a mount that is gone: nothing is looked at any more, and nobody would notice."""
    disk = Disk()
    disk.shows(UNKNOWN, "misconfigured", facts={"reason": "/mnt/data is not there"})
    disk.passes(60)
    disk.unseen()
    disk.shows(UNKNOWN, "misconfigured", facts={"reason": "/mnt/data is not there"})
    assert disk.told == [WARNED]
    disk.stays_roomy(STEADY)
    assert disk.told == [WARNED, OVER]


def test_what_cannot_be_seen_for_long_is_told_like_a_warning() -> None:
    """One look that fails is no news; ten minutes in which nobody watches are, and so is that it is seen again."""
    disk = Disk()
    disk.shows(UNKNOWN, "could_not_look")
    assert disk.told == []
    for _ in range(9):
        disk.passes(60)
        disk.shows(UNKNOWN, "could_not_look")
    assert disk.told == []
    disk.passes(60)
    disk.shows(UNKNOWN, "could_not_look")
    assert disk.told == [WARNED]
    disk.passes(3600)
    disk.shows(UNKNOWN, "could_not_look")
    disk.roomy()
    disk.passes(STEADY)
    disk.roomy()
    assert disk.told == [WARNED, OVER]


def test_looks_that_fail_now_and_then_are_no_news() -> None:
    """It was seen in between: the ten minutes begin anew."""
    disk = Disk()
    for _ in range(30):
        disk.shows(UNKNOWN, "could_not_look")
        disk.passes(300)
        disk.roomy()
        disk.passes(60)
    assert disk.told == []


def test_containers_that_cannot_be_seen_are_not_told_one_by_one() -> None:
    """It is the engine that does not answer, and that is told once."""
    disk = Disk()
    for _ in range(30):
        disk.shows(UNKNOWN, "could_not_look", tell_after=None)
        disk.passes(60)
    assert disk.told == []


@pytest.mark.parametrize(
    "around",
    [Surroundings(maintenance=True), Surroundings(root=Root(target="influxdb", incident="1"))],
)
def test_what_is_explained_elsewhere_is_not_told(around: Surroundings) -> None:
    """Somebody works on it, or its cause is told already; it counts from when that is over."""
    disk = Disk()
    disk.policy = replace(disk.policy, around=around)
    disk.lasts(600)
    assert disk.told == []
    disk.policy = replace(disk.policy, around=Surroundings())
    disk.low()
    assert disk.told == []
    disk.passes(60)
    disk.low()
    assert disk.told == [WARNED]
    disk.policy = replace(disk.policy, around=around)
    disk.stays_roomy(3600)
    assert disk.told == [WARNED]


def test_what_is_held_is_not_told() -> None:
    """A person wants to hear no more of it."""
    disk = Disk()
    disk.case = replace(disk.case, hold=Hold(target="web", act=Act.ORDERED, by="anna", since=disk.now))
    disk.lasts(600)
    assert disk.told == []


def test_what_a_person_does_is_no_warning() -> None:
    """A container that was paused is held, and told as that."""
    disk = Disk()
    for _ in range(5):
        disk.paused()
        disk.passes(60)
    assert disk.told == [Telling.HELD]


def test_right_after_the_boot_nothing_is_told() -> None:
    """Everything is busy then."""
    disk = Disk()
    disk.policy = replace(disk.policy, boot_grace=disk.now.boot + 600)
    disk.lasts(500)
    assert disk.told == []
