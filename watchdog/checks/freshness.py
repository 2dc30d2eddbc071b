"""Is data still arriving? The age of a series' newest point, from InfluxDB, a page, PostgreSQL or Prometheus."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, ClassVar, Protocol, Self
from urllib.parse import quote

from pydantic import AfterValidator, Field, model_validator

from watchdog.core.errors import Misconfigured, NotThere, Refused, Unreachable
from watchdog.core.flux import newest_point
from watchdog.core.freshness import FreshnessRules, Mark, Reading, closed, judge_freshness
from watchdog.core.http_judgement import Reach
from watchdog.core.observation import Finding, Observation, Status
from watchdog.core.reachable import object_to_url
from watchdog.core.timestamp import find_in, newest_sample, read_timestamp
from watchdog.core.trading_hours import parse_hours
from watchdog.gateways.http_probe import PageCaller
from watchdog.gateways.influx import InfluxGateway, Row, moment_of
from watchdog.gateways.nearby import with_address
from watchdog.gateways.program import Ended
from watchdog.plugins import Check, Duration, Parameters, Tools
from watchdog.settings import find_secret

_DEFAULT = FreshnessRules()
# How far back the last point of a series is looked for that has none in its window, and how far ahead.
_LONG_AGO, _FAR_AHEAD = "-30d", "366d"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_MISTAKES = ("password authentication failed", "does not exist", "syntax error", "permission denied")
# What the container has of its own stands behind what was configured. The query is no secret, and goes by argv.
_PSQL = (
    'export PGUSER="${PGUSER:-${POSTGRES_USER:-postgres}}"; export PGDATABASE="${PGDATABASE:-${POSTGRES_DB:-$PGUSER}}"; '
    'export PGPASSWORD="${PGPASSWORD:-${POSTGRES_PASSWORD:-}}"; exec psql -X -A -t -q -v ON_ERROR_STOP=1 -c "$1"'
)


class Influx(Protocol):
    """The part of InfluxDB's gateway that this takes."""

    async def query(self, flux: str, *, within: float, rows: int) -> tuple[Row, ...]:
        """The rows of the answer."""
        ...


def _may_be_asked(url: str) -> str:
    objection = object_to_url(url)
    if objection:
        raise ValueError(f"{objection}; write http://host/path")
    return url


def _are_hours(text: str) -> str:
    if text:
        parse_hours(text)
    return text


def _is_a_path(path: str) -> str:
    if any(not part for part in path.split(".")):
        raise ValueError("is no path; write sources.binance_ws.last_data")
    return path


Url = Annotated[str, AfterValidator(_may_be_asked)]


class InfluxServer(Parameters):
    """The InfluxDB that series are in. `token`: the name of the secret, not the token."""

    url: Url = "http://influxdb:8086"
    org: str = Field(min_length=1)
    token: str = Field(default="INFLUXDB_TOKEN", pattern=r"^[A-Za-z][A-Za-z0-9_]*$")


class InfluxSource(Parameters):
    """The points of one measurement, all of them or those with certain tags."""

    bucket: str = Field(min_length=1)
    measurement: str = Field(min_length=1)
    tags: Annotated[Mapping[str, str], Field(description="a mapping of tags to their values")] = Field(
        default={}
    )


class JsonSource(Parameters):
    """A time in a JSON document, by its path; numbers in the path count items of lists."""

    url: Url
    path: Annotated[str, AfterValidator(_is_a_path)] = Field(min_length=1)


class PostgresSource(Parameters):
    """A query that gives one time, asked inside the container `target`; a time without zone is in UTC.

    User, database and password are those that the container was started with; others can be named, the password
    by the name of its secret.
    """

    target: str = Field(min_length=1)
    query: str = Field(min_length=1)
    user: str = ""
    database: str = ""
    password: str = Field(default="", pattern=r"^[A-Za-z0-9_]*$")


class PrometheusSource(Parameters):
    """An instant query that gives Unix times; the latest of them counts."""

    url: Url = "http://prometheus:9090"
    query: str = Field(min_length=1)


class SeriesParameters(Parameters):
    """One series: exactly one source, and when it counts as late and as silent."""

    influxdb: InfluxSource | None = None
    http_json: JsonSource | None = None
    postgres: PostgresSource | None = None
    prometheus: PrometheusSource | None = None
    warn: Duration = Field(default=_DEFAULT.warn, ge=1)
    critical: Duration = Field(default=_DEFAULT.critical, ge=1)
    hours: Annotated[str, AfterValidator(_are_hours)] = ""
    closed: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        sources = (self.influxdb, self.http_json, self.postgres, self.prometheus)
        if sum(source is not None for source in sources) != 1:
            raise ValueError("needs exactly one of influxdb, http_json, postgres and prometheus")
        if self.warn > self.critical:
            raise ValueError("is late (warn) only after it is silent (critical); swap the two")
        return self

    @property
    def rules(self) -> FreshnessRules:
        """The same, for core."""
        hours = parse_hours(self.hours, self.closed) if self.hours else None
        return replace(_DEFAULT, warn=self.warn, critical=self.critical, hours=hours)


class FreshnessParameters(Parameters):
    """The series by name; each is a target of its own. `timeout`: for each question that is asked."""

    series: Annotated[
        Mapping[str, SeriesParameters], Field(description="a mapping of names to series", min_length=1)
    ]
    influxdb: InfluxServer | None = None
    timeout: Duration = Field(default=4.0, ge=0.1, le=30)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.influxdb is None and any(series.influxdb for series in self.series.values()):
            raise ValueError(
                "has a series in InfluxDB, and does not say where that is; add influxdb: {org: ...}"
            )
        for name in self.series:
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f'"{name[:80]}" is no name of a series; use letters, digits, ".", "_" and "-"'
                )
        return self


class Freshness(Check[FreshnessParameters]):
    """Asks for the newest point of a series, and judges it with what was seen before."""

    kind: ClassVar[str] = "freshness"
    every: ClassVar[float] = 30.0
    failures: ClassVar[int] = 2
    parameters_type: ClassVar[type[Parameters]] = FreshnessParameters

    def __init__(
        self,
        name: str,
        parameters: FreshnessParameters,
        connect: Callable[[str, str, str], Influx] = InfluxGateway,
    ) -> None:
        super().__init__(name, parameters)
        self._rules = {series: given.rules for series, given in parameters.series.items()}
        self._marks: dict[str, Mark] = {}
        self._pages = PageCaller()
        self._connect = connect
        self._influx: tuple[tuple[str, str], Influx] | None = None

    def targets(self) -> tuple[str, ...] | None:
        """The names of the series."""
        return tuple(self.parameters.series)

    async def probe(self, target: str, tools: Tools) -> Observation:
        """One question; two more when the answer is no good news.

        What cannot be read raises, and is UNKNOWN then; so is a mistake in the configuration, by its own finding.
        """
        began, rules = tools.clock.now(), self._rules[target]
        outside = closed(self.name, target, rules, began)
        if outside is not None:
            return outside
        try:
            reading = await self._read(self.parameters.series[target], tools)
        except Misconfigured as mistake:
            finding = Finding("misconfigured", {"reason": tools.redact(str(mistake))})
            return Observation(
                check=self.name, target=target, status=Status.UNKNOWN, finding=finding, at=began
            )
        seen, self._marks[target] = judge_freshness(
            self.name, target, reading, self._marks.get(target), rules=rules, now=tools.clock.now()
        )
        return seen

    async def _read(self, series: SeriesParameters, tools: Tools) -> Reading:
        if series.influxdb is not None:
            return await self._ask_influx(series.influxdb, series, tools)
        if series.postgres is not None:
            return Reading(newest=await self._ask_postgres(series.postgres, tools))
        now = tools.clock.now().wall.timestamp()
        if series.prometheus is not None:
            source = series.prometheus
            url = f"{source.url.rstrip('/')}/api/v1/query?query={quote(source.query, safe='')}"
            answer = await self._get_json(url, tools)
            try:
                return Reading(newest=newest_sample(answer, now), whole=False)
            except ValueError as error:
                raise Refused(f"Prometheus: {error}") from None
        assert series.http_json is not None
        document = await self._get_json(series.http_json.url, tools)
        try:
            value = find_in(document, series.http_json.path)
        except KeyError as part:
            raise Misconfigured(f"its JSON has no {part.args[0]!r} of {series.http_json.path}") from None
        return Reading(newest=_time(value, now), whole=False)

    async def _ask_influx(self, source: InfluxSource, series: SeriesParameters, tools: Tools) -> Reading:
        async def newest(start: str, stop: str = "now()") -> float | None:
            flux = newest_point(source.bucket, source.measurement, source.tags, start=start, stop=stop)
            rows = await influx.query(flux, within=self.parameters.timeout, rows=1)
            return moment_of(rows[0].get("_time")) if rows else None

        influx = await self._influxdb(tools)
        window = max(3600, 2 * int(series.critical))
        try:
            found = await newest(f"-{window}s")
            if found is not None and tools.clock.now().wall.timestamp() - found <= series.warn:
                return Reading(newest=found)
            future = await newest("1s", _FAR_AHEAD)
            if found is None:
                found = await newest(_LONG_AGO)
        except NotThere as missing:
            raise Misconfigured(str(missing)) from None
        return Reading(newest=found, future=future)

    async def _influxdb(self, tools: Tools) -> Influx:
        server = self.parameters.influxdb
        assert server is not None
        asked = (await with_address(server.url, tools.containers, tools.engine), find_secret(server.token))
        if self._influx is None or self._influx[0] != asked:
            if self._influx is not None and isinstance(self._influx[1], InfluxGateway):
                self._influx[1].close()
            self._influx = (asked, self._connect(asked[0], server.org, asked[1]))
        return self._influx[1]

    async def _get_json(self, url: str, tools: Tools) -> Any:
        url = await with_address(url, tools.containers, tools.engine)
        page = await self._pages.get(url, within=self.parameters.timeout)
        if page.reach is not Reach.ANSWERED:
            raise Unreachable(page.detail or page.reach.value)
        if page.status in (401, 403):
            raise Misconfigured(f"it answered {page.status}: it wants to know who asks")
        if page.status != 200:  # noqa: PLR2004 - OK
            raise Unreachable(f"it answered {page.status}")
        if page.cut:
            raise Refused("it answered with more than 64 KiB: that was not read to its end")
        try:
            return json.loads(page.body)
        except (ValueError, RecursionError):
            raise Refused("it did not answer with JSON") from None

    async def _ask_postgres(self, source: PostgresSource, tools: Tools) -> float | None:
        container_id = tools.containers.container_of(source.target)
        if container_id is None:
            raise Unreachable(f"{source.target} has no container that could be asked")
        within = self.parameters.timeout
        given = {"PGUSER": source.user, "PGDATABASE": source.database}
        given["PGPASSWORD"] = find_secret(source.password) if source.password else ""
        environment = {name: value for name, value in given.items() if value}
        environment |= {
            "PGTZ": "UTC",
            "PGDATESTYLE": "ISO",
            "PGCONNECT_TIMEOUT": "3",
            "PGOPTIONS": f"-c statement_timeout={int(within * 1000)} -c default_transaction_read_only=on",
        }
        query = f"SELECT * FROM ({source.query.strip().rstrip(';')}) AS asked LIMIT 2"  # noqa: S608 - the file's own
        ended = await tools.engine.execute(
            container_id, ("sh", "-c", _PSQL, "psql", query), environment, within=within + 1
        )
        if ended.code != 0:
            raise _complaint(ended, tools)
        lines = ended.output.decode("utf-8", "replace").splitlines()
        if len(lines) > 1:
            raise Misconfigured("the query gives more than one row")
        text = lines[0] if lines else ""
        return _time(text, tools.clock.now().wall.timestamp()) if text else None


def _time(value: object, now: float) -> float | None:
    """The time, None where nothing stands yet. Raises `Refused` for what is no time."""
    found = read_timestamp(value, now)
    if found is None and value not in (None, "", 0, 0.0, "0"):
        raise Refused(f"what stands there is no time: {str(value)[:40]!r}")
    return found


def _complaint(ended: Ended, tools: Tools) -> Exception:
    words = " ".join(ended.complaint.decode("utf-8", "replace").split())
    shown = tools.redact(f"psql ended with {ended.code}: {words[:300]}")
    return Misconfigured(shown) if any(mistake in words for mistake in _MISTAKES) else Unreachable(shown)
