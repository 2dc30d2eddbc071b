"""Is there room on the disks, when will they be full, and does InfluxDB write on after one was?

Each disk is two targets: `NAME` for what is so now, `NAME-forecast` for what is to come, of which people are only
told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from watchdog.core.disk import (
    DiskPlace,
    DiskRules,
    InfluxPlace,
    Room,
    is_near,
    judge_forecast,
    judge_room,
    tell_hour,
)
from watchdog.core.disk_history import foretell_room
from watchdog.core.errors import GatewayError, Misconfigured, NotThere, Refused
from watchdog.core.forecast import WINDOWS, Forecast
from watchdog.core.influx_log import Complaints, add_refusal, read_complaints
from watchdog.core.observation import Fact, Finding, Observation, Status
from watchdog.core.reachable import object_to_url
from watchdog.core.size import parse_size
from watchdog.gateways.disk import DiskGateway
from watchdog.gateways.influx import InfluxGateway
from watchdog.gateways.influx_door import Influx, InfluxDoor, ask_refused, prove_writing
from watchdog.plugins import Check, Duration, Parameters, Tools

_RULES = DiskRules()
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
FORECAST = "-forecast"
# Lines of InfluxDB's log that are looked through for writes that broke.
TAIL = 300
# Seconds of its record of refused writes that are looked through: as long as nobody watched, at most.
REFUSED_SINCE = 3600
# Seconds after there was room again in which what was under way may still complain.
SLACK = 5.0

Size = Annotated[int, BeforeValidator(parse_size)]
Share = Annotated[float, Field(gt=0.0, le=1.0)]


def _may_be_asked(url: str) -> str:
    objection = object_to_url(url)
    if objection:
        raise ValueError(f"{objection}; write http://influxdb:8086")
    return url


def _is_absolute(path: str) -> str:
    if path and not path.startswith("/"):
        raise ValueError("is no absolute path; write /host/var/lib/docker")
    return path


AbsolutePath = Annotated[str, AfterValidator(_is_absolute)]


class InfluxData(Parameters):
    """The InfluxDB whose data lies on the disk. `token`: the name of the secret, not the token."""

    target: str = Field(min_length=1)
    url: Annotated[str, AfterValidator(_may_be_asked)] = "http://influxdb:8086"
    org: str = Field(min_length=1)
    token: str = Field(default="INFLUXDB_TOKEN", pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    data: AbsolutePath = "/var/lib/influxdb2"
    canary: str = ""
    shrinkable: Annotated[Mapping[str, Duration], Field(description="a mapping of buckets to floors")] = (
        Field(default={})
    )
    deletable: tuple[str, ...] = ()


class Mount(Parameters):
    """One disk, by a path on it as watchdog sees it."""

    path: AbsolutePath = Field(min_length=1)
    warn: Share = _RULES.warn
    critical: Share = _RULES.critical
    warn_free: Size = _RULES.warn_free
    critical_free: Size = _RULES.critical_free
    ballast: Size = 256_000_000
    ballast_in: AbsolutePath = ""
    contact: str = ""
    influxdb: InfluxData | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.warn > self.critical:
            raise ValueError("is low (warn) only after something is done (critical); swap the two")
        if self.warn_free < self.critical_free:
            raise ValueError("has a warn_free below critical_free; swap the two")
        return self


class DiskParameters(Parameters):
    """The disks by name. `ahead`: how soon a disk has to be foretold full to be told of."""

    mounts: Annotated[
        Mapping[str, Mount], Field(description="a mapping of names to paths on disks", min_length=1)
    ]
    ahead: Duration = Field(default=_RULES.ahead, ge=1)
    windows: tuple[Duration, ...] = Field(default=WINDOWS, min_length=1, max_length=5)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name in self.mounts:
            if not _NAME.fullmatch(name):
                raise ValueError(f'"{name[:80]}" is no name of a disk; use letters, digits, ".", "_" and "-"')
            if name.endswith(FORECAST):
                raise ValueError(f'"{name}" ends as the name of a forecast does; take another name')
        return self


class Disk(Check[DiskParameters]):
    """Looks at the filesystem, and at InfluxDB's log where it lies on it."""

    kind: ClassVar[str] = "disk"
    every: ClassVar[float] = 60.0
    parameters_type: ClassVar[type[Parameters]] = DiskParameters

    def __init__(
        self,
        name: str,
        parameters: DiskParameters,
        connect: Callable[[str, str, str], Influx] = InfluxGateway,
    ) -> None:
        super().__init__(name, parameters)
        self.places = {
            mount: _place(mount, given, parameters.ahead) for mount, given in parameters.mounts.items()
        }
        self._disks = DiskGateway()
        self._influx = InfluxDoor(connect)
        self._proven: dict[str, float] = {}
        self._roomy_since: dict[str, float] = {}

    def targets(self) -> tuple[str, ...] | None:
        """The names of the disks, and of their forecasts."""
        return tuple(f"{name}{end}" for name in self.parameters.mounts for end in ("", FORECAST))

    async def probe(self, target: str, tools: Tools) -> Observation:
        """One `statvfs`; of InfluxDB its log, its record of refused writes, and where they tell of a full disk a proof."""
        place = self.places[target.removesuffix(FORECAST)]
        try:
            room = await self._disks.room(place.path)
        except Misconfigured as mistake:
            return self._observation(
                target, Status.UNKNOWN, Finding("misconfigured", {"reason": str(mistake)}), tools
            )
        forecasts = await self._foretell(place, room, tools)
        if target.endswith(FORECAST):
            seen = judge_forecast(self.name, target, forecasts, place.rules, tools.clock.now())
            # What has come true already is told as the disk's own trouble.
            come_true = judge_room(room, place.rules)[0] is Status.CRITICAL
            return replace(seen, tell_after=None, near=True) if come_true else seen
        status, finding = judge_room(room, place.rules)
        if status is Status.CRITICAL:
            self._roomy_since.pop(target, None)
        elif place.influx is not None:
            roomy_since = self._roomy_since.setdefault(target, tools.clock.now().wall.timestamp())
            broken = await self._look_at_writes(place.influx, roomy_since, tools)
            # That it cannot be known whether it writes is less than that the disk is low.
            if broken is not None and (status is Status.OK or broken[0] is not Status.UNKNOWN):
                status, finding = broken
        facts = dict(finding.facts)
        if status in (Status.CRITICAL, Status.WARNING):
            known = {
                "contact": place.contact,
                "biggest": tools.disks.biggest() if tools.disks is not None else "",
                "full_at": _full_at(finding.kind, forecasts, tools),
            }
            facts |= {name: value for name, value in known.items() if value}
        return self._observation(target, status, Finding(finding.kind, facts), tools, room)

    async def _foretell(self, place: DiskPlace, room: Room, tools: Tools) -> dict[str, Forecast | None]:
        if tools.disks is None:
            return {}
        windows = self.parameters.windows
        return foretell_room(await tools.disks.history(place, room, windows), room, windows)

    async def _look_at_writes(
        self, influx: InfluxPlace, roomy_since: float, tools: Tools
    ) -> tuple[Status, Finding] | None:
        """What to say of InfluxDB's writes; None while nothing is known against them.

        A full disk leaves the shards that met it writing to memory only, from which it answers as if all were well,
        and the others as they were: one that goes on complaining while there is room is broken, whatever the canary's
        bucket takes and gives.
        """
        try:
            complaints = await self._complaints(influx, tools)
        except Misconfigured as mistake:
            return Status.UNKNOWN, Finding("misconfigured", {"reason": tools.redact(str(mistake))})
        if not complaints.last:
            return None
        facts: dict[str, Fact] = {"reason": tools.redact(complaints.line)}
        if complaints.last > roomy_since + SLACK:
            return Status.CRITICAL, Finding("writes_broken", facts)
        if not influx.canary:
            return Status.WARNING, Finding("writes_doubtful", facts)
        try:
            door = await self._influx.open(influx, tools.containers, tools.engine)
            await prove_writing(door, influx.canary, tools.clock.now().wall)
        except (Misconfigured, NotThere) as mistake:
            finding = Finding("misconfigured", {"reason": tools.redact(str(mistake))})
            return Status.UNKNOWN, finding
        except Refused as refused:
            return Status.CRITICAL, Finding("writes_broken", {"reason": tools.redact(str(refused))})
        self._proven[influx.target] = complaints.last
        return None

    async def _complaints(self, influx: InfluxPlace, tools: Tools) -> Complaints:
        """What it says of a full disk since it was started: its log, and mostly only its record of refused writes.

        Nothing of one that does not answer: its container has a check of its own. Raises `Misconfigured`.
        """
        container_id = tools.containers.container_of(influx.target)
        if container_id is None:
            return Complaints()
        try:
            seen = await tools.engine.inspect(container_id)
            lines = await tools.engine.logs(container_id, TAIL, stamped=True)
        except GatewayError:
            return Complaints()
        proven = self._proven.get(influx.target, 0.0)
        found = read_complaints(lines, seen.started, proven)
        if seen.state != "running":
            return found
        try:
            door = await self._influx.open(influx, tools.containers, tools.engine)
            at, words = await ask_refused(door, REFUSED_SINCE)
        except Misconfigured:
            raise
        except GatewayError:
            return found
        return add_refusal(found, at, words, seen.started, proven)

    def _observation(
        self, target: str, status: Status, finding: Finding, tools: Tools, room: Room | None = None
    ) -> Observation:
        measured = {}
        if room is not None:
            measured = {
                "used_share": round(room.share, 6),
                "free_bytes": float(room.free),
                "inodes_used_share": round(room.inodes_share, 6),
            }
        return Observation(
            check=self.name,
            target=target,
            status=status,
            finding=finding,
            at=tools.clock.now(),
            near=room is not None and is_near(room, self.places[target].rules),
            measurements=measured,
        )


def _full_at(kind: str, forecasts: Mapping[str, Forecast | None], tools: Tools) -> str:
    """The hour in which nothing will be left of what is low, "" where none is in sight."""
    found = forecasts.get("inodes" if kind.startswith("inodes") else "bytes")
    low = kind.startswith(("inodes", "disk"))
    return tell_hour(found.seconds, tools.clock.now()) if low and found is not None else ""


def _place(name: str, given: Mount, ahead: float) -> DiskPlace:
    influx = given.influxdb
    return DiskPlace(
        target=name,
        path=given.path,
        rules=DiskRules(
            warn=given.warn,
            critical=given.critical,
            warn_free=given.warn_free,
            critical_free=given.critical_free,
            ahead=ahead,
        ),
        ballast=(given.ballast_in or given.path) if given.ballast else "",
        ballast_size=given.ballast,
        contact=given.contact,
        influx=InfluxPlace(
            target=influx.target,
            url=influx.url,
            org=influx.org,
            token=influx.token,
            data=influx.data,
            canary=influx.canary,
            shrinkable=dict(influx.shrinkable),
            deletable=influx.deletable,
        )
        if influx is not None
        else None,
    )
