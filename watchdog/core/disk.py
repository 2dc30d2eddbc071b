"""Is there room on a disk? Shares and sizes of what programs without root's reserve may still use, inodes too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from watchdog.core.forecast import Forecast
from watchdog.core.moment import Moment
from watchdog.core.observation import Fact, Finding, Observation, Status
from watchdog.core.run import Outcome, Result
from watchdog.core.size import show_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What `statvfs` says of a filesystem. Bytes, and inodes (0 of 0 where there is no number of them).

    `free` is what programs without root's reserve may use (`f_bavail`, `f_favail`); `used` is what is taken.
    `device`: the filesystem's number in the kernel (`st_dev`), 0 when it is not known; `filesystem`: its own id
    (`f_fsid`), which stays the same wherever it is mounted, 0 where it has none.
    """

    used: int
    free: int
    inodes_used: int = 0
    inodes_free: int = 0
    device: int = 0
    filesystem: int = 0

    @property
    def share(self) -> float:
        """How much is used of what can be used at all, as `df` says it."""
        return self.used / (self.used + self.free) if self.used + self.free else 0.0

    @property
    def inodes_share(self) -> float:
        """The same for inodes."""
        whole = self.inodes_used + self.inodes_free
        return self.inodes_used / whole if whole else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskRules:
    """When room is short. Shares of 1, bytes; a size of 0 says nothing.

    Attributes:
        warn, critical: the share in use from which on it is low, and from which on something is done.
        warn_free, critical_free: the same by what is left, whichever comes first.
        ahead: seconds: a disk that is foretold to be full within so long is told of.
    """

    warn: float = 0.8
    critical: float = 0.9
    warn_free: int = 0
    critical_free: int = 0
    ahead: float = 24 * 3600.0

    def free_at_warning(self, room: Room) -> float:
        """So many bytes have to be free for the disk not to be low."""
        return max(float(self.warn_free), (1.0 - self.warn) * (room.used + room.free))


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxPlace:
    """The InfluxDB whose data lies on a disk. `token`: the name of the secret.

    Attributes:
        target: its container.
        canary: the bucket in which a point is written to see whether that works, "" for none.
        shrinkable: buckets whose retention may be shortened, each with the seconds below which it never is.
        deletable: buckets of which old points may be deleted.
    """

    target: str
    url: str
    org: str
    token: str = "INFLUXDB_TOKEN"  # noqa: S105 - a name
    data: str = "/var/lib/influxdb2"
    canary: str = ""
    shrinkable: Mapping[str, float] = field(default_factory=dict)
    deletable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskPlace:
    """A watched disk, as the remedy needs to know it.

    Attributes:
        target: its name.
        path: a path on it, as watchdog sees it.
        ballast: the folder on it in which the ballast is kept; "" for none.
        ballast_size: bytes.
        contact: of whoever can give the machine a larger disk.
    """

    target: str
    path: str
    rules: DiskRules = DiskRules()
    ballast: str = ""
    ballast_size: int = 0
    contact: str = ""
    influx: InfluxPlace | None = None


# A disk that was told of as low is so until it is so much below its line: in shares, and as a part of what has to be free.
_CLOSE, _ROOMIER = 0.02, 1.1
# The same of a forecast, as a part of how far ahead is told.
_FURTHER = 1.25

# What the engine keeps of builds; it does not say for whom.
BUILD_CACHE = "build cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """Something that takes room: an image, a container's own layer, a volume, a log. Bytes."""

    what: str
    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeLog:
    """The log of a container that is kept whole, without rotation. `path`: of its file, on the host."""

    target: str
    container_id: str
    path: str


def tell_weights(weights: Iterable[Weight], most: int = 8) -> tuple[str, ...]:
    """The heaviest first, a line each."""
    heaviest = sorted((each for each in weights if each.size > 0), key=lambda each: -each.size)
    return tuple(f"{show_size(each.size)}: {each.what} {each.name}" for each in heaviest[:most])


def judge_room(room: Room, rules: DiskRules) -> tuple[Status, Finding]:
    """Whether there is room, and what there is of it."""
    bytes_left: dict[str, Fact] = {"used": _percent(room.share), "free": room.free}
    inodes_left: dict[str, Fact] = {"used": _percent(room.inodes_share), "inodes": room.inodes_free}
    if room.share >= rules.critical or room.free < rules.critical_free:
        return Status.CRITICAL, Finding("disk_critical", bytes_left)
    if room.inodes_share >= rules.critical:
        return Status.CRITICAL, Finding("inodes_critical", inodes_left)
    if room.share >= rules.warn or room.free < rules.warn_free:
        return Status.WARNING, Finding("disk_low", bytes_left)
    if room.inodes_share >= rules.warn:
        return Status.WARNING, Finding("inodes_low", inodes_left)
    return Status.OK, Finding("disk_roomy", bytes_left)


def is_near(room: Room, rules: DiskRules) -> bool:
    """Whether a disk is so close to its warning line that what was told of it is not over."""
    line = rules.warn - _CLOSE
    return room.share >= line or room.inodes_share >= line or room.free < rules.warn_free * _ROOMIER


def judge_forecast(
    check: str, target: str, forecasts: Mapping[str, Forecast | None], rules: DiskRules, now: Moment
) -> Observation:
    """Whether the disk will be full soon; `forecasts`: of "bytes" and of "inodes"."""
    known = [(each.seconds, what, each) for what, each in forecasts.items() if each is not None]
    status, finding = Status.OK, Finding("disk_steady")
    measured: dict[str, float] = {}
    near = False
    if known:
        seconds, what, forecast = min(known, key=lambda each: each[0])
        measured = {"seconds_left": round(seconds, 1)}
        near = seconds <= rules.ahead * _FURTHER
        if seconds <= rules.ahead:
            facts: dict[str, Fact] = {
                "age": round(seconds),
                "at": tell_hour(seconds, now),
                "rate": round(forecast.rate * 3600),
            }
            kind = "disk_forecast" if what == "bytes" else "inodes_forecast"
            status, finding = Status.WARNING, Finding(kind, facts)
    return Observation(
        check=check,
        target=target,
        status=status,
        finding=finding,
        at=now,
        near=near,
        measurements=measured,
    )


def tell_hour(seconds: float, now: Moment) -> str:
    """The hour in so many seconds, by the clock on the wall."""
    return f"{(now.wall + timedelta(seconds=seconds)).astimezone():%Y-%m-%d %H:%M}"


def may_keep_ballast(room: Room, rules: DiskRules, size: int) -> bool:
    """Whether the ballast may be made: only far above the warning line, so that making it never causes one."""
    return size > 0 and room.free >= rules.free_at_warning(room) + 2 * size


def tell_freed(before: Room, after: Room, what: str) -> tuple[int, str]:
    """What a step has freed, measured on the disk itself, and that in words."""
    freed = after.free - before.free
    if freed <= 0:
        return 0, f"{what}: that freed nothing"
    return freed, f"{what}: that freed {show_size(freed)}, {show_size(after.free)} are free now"


def judge_freed(before: Room, after: Room, what: str) -> Outcome:
    """A step that was to free space has done so where the disk says it; the next one is tried where it does not."""
    freed, reason = tell_freed(before, after, what)
    return Outcome(result=Result.DONE if freed else Result.FAILED, reason=reason, hopeless=not freed)


def _percent(share: float) -> int:
    # Rounded down: 100 is said only of what is full.
    return int(share * 100)
