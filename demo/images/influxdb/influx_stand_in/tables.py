"""What the calls of a query make of the points, and how the answer looks: annotated CSV."""

import csv
import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from .errors import Refused
from .flux import NANO, Call, Duration, Filter, Record, parse
from .lines import Unsigned
from .store import KINDS, Bucket, Store, rfc3339

FIRST = ("_start", "_stop", "_time", "_value")
PUSHED = {"_measurement": "measurement", "_field": "field"}
TYPES = {**KINDS, "time": "dateTime:RFC3339"}
TIMES = ("_start", "_stop", "_time")
ANNOTATIONS = ("datatype", "group", "default")
STARTING = "error in building plan while starting program: "


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that share the values of the group key."""

    key: tuple[str, ...]
    rows: list[Record] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """Those of its times and its value in InfluxDB's order, then the others by name."""
        there = {name for row in self.rows for name in row}
        return [name for name in FIRST if name in there] + sorted(there.difference(FIRST))


Tables = list[Table]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the answer is to look; as it is by default, it has no annotations."""

    header: bool = True
    delimiter: str = ","
    annotations: tuple[str, ...] = ()

    @classmethod
    def of(cls, asked: dict[str, Any]) -> "Dialect":
        annotations = tuple(asked.get("annotations") or ())
        for name in annotations:
            if name not in ANNOTATIONS:
                raise Refused("invalid", f"unknown dialect annotation type: {name}")
        return cls(bool(asked.get("header", True)), str(asked.get("delimiter") or ","), annotations)


def answer(store: Store, query: str, dialect: Dialect) -> str:
    """The CSV that a query is answered with."""
    calls = parse(query)
    for call in calls:
        if call.name not in KNOWN:
            raise Refused("invalid", f"error @{call.at}: undefined identifier {call.name}")
    if calls[0].name == "buckets" and not calls[0].arguments:
        tables, calls = _buckets(store), calls[1:]
    else:
        tables, calls = _source(store, calls)
    result = "_result"
    for call in calls:
        if call.name == "yield":
            result = str(call.arguments.get("name", result))
            continue
        if call.name not in CALLS:
            raise Refused("invalid", f"compilation failed: {call.name} is not for this place of a pipeline")
        tables = [table for table in CALLS[call.name](tables, call.arguments) if table.rows]
    return annotated(tables, result, dialect)


def _source(store: Store, calls: list[Call]) -> tuple[Tables, list[Call]]:
    """`from |> range`, and as much of a filter that follows as narrows what is read."""
    if calls[0].name != "from":
        raise Refused(
            "invalid", "compilation failed: the stand-in knows queries that begin with from(bucket: ...)"
        )
    name = calls[0].arguments.get("bucket") or calls[0].arguments.get("bucketID")
    if name is None:
        raise Refused(
            "invalid", f'error calling function "from" @{calls[0].at}: must specify bucket or bucketID'
        )
    bounds = calls[1] if len(calls) > 1 else calls[0]
    if bounds.name != "range" or "start" not in bounds.arguments:
        unbounded = f"cannot submit unbounded read to \"{name}\"; try bounding 'from' with a call to 'range'"
        raise Refused("invalid", STARTING + unbounded)
    now = time.time_ns()
    start = _moment(bounds.arguments["start"], now)
    stop = _moment(bounds.arguments.get("stop", Duration(0)), now)
    if start >= stop:
        raise Refused("invalid", f"{STARTING}cannot query an empty range")
    bucket = _named(store, calls[0].arguments)
    equal = {}
    after = calls[2:]
    if after and after[0].name == "filter" and isinstance(after[0].arguments.get("fn"), Filter):
        wanted = after[0].arguments["fn"].equal
        equal = {column: wanted[name] for name, column in PUSHED.items() if name in wanted}
    tables: dict[tuple, Table] = {}
    # A point's table is its series.
    for measurement, tags, name, at, kind, value in store.read(bucket, start, stop, equal):
        labels = json.loads(tags)
        table = tables.get((measurement, tags, name, kind))
        if table is None:
            key = ("_start", "_stop", "_field", "_measurement", *sorted(labels))
            table = tables[measurement, tags, name, kind] = Table(key)
        kept = {"boolean": bool, "unsignedLong": Unsigned}.get(kind, lambda same: same)(value)
        row = {"_start": start, "_stop": stop, "_time": at, "_value": kept, "_field": name}
        table.rows.append({**row, "_measurement": measurement, **labels})
    return list(tables.values()), after


def _named(store: Store, given: Record) -> Bucket:
    for known in store.buckets():
        if known.name == given.get("bucket") or known.id == given.get("bucketID"):
            return known
    name = given.get("bucket") or given.get("bucketID")
    raise Refused("not found", f'failed to initialize execute state: could not find bucket "{name}"')


def _moment(value: Any, now: int) -> int:
    if isinstance(value, Duration):
        return now + value.nanoseconds
    if isinstance(value, int) and not isinstance(value, bool):
        # A bare number is in seconds, a time literal is in nanoseconds already.
        return value if value > 10**13 else value * NANO
    raise Refused("invalid", f"invalid time {value!r}")


def _buckets(store: Store) -> Tables:
    _, organisation = store.organisation()
    rows = [
        {"name": b.name, "id": b.id, "organizationID": organisation, "retentionPeriod": b.every * NANO}
        for b in store.buckets()
    ]
    return [Table((), rows)]


# --- what a pipeline may call ---


def _filter(tables: Tables, given: Record) -> Tables:
    passes = given["fn"].passes
    return [replace(table, rows=[row for row in table.rows if passes(row)]) for table in tables]


def _last(tables: Tables, _: Record) -> Tables:
    return [replace(table, rows=table.rows[-1:]) for table in tables]


def _first(tables: Tables, _: Record) -> Tables:
    return [replace(table, rows=table.rows[:1]) for table in tables]


def _extreme(choose: Callable[..., Record]) -> Callable[[Tables, Record], Tables]:
    def chosen(tables: Tables, given: Record) -> Tables:
        column = given.get("column", "_value")
        return [replace(table, rows=[choose(table.rows, key=lambda row: row[column])]) for table in tables]

    return chosen


def _aggregate(combine: Callable[[list[Any]], Any], name: str = "") -> Callable[[Tables, Record], Tables]:
    def combined(tables: Tables, given: Record) -> Tables:
        column = given.get("column", "_value")
        if name and any(isinstance(row[column], str) for table in tables for row in table.rows):
            raise Refused("invalid", f"unsupported input type for {name} aggregate: string")
        return [
            replace(
                table,
                rows=[
                    {
                        **{name: table.rows[0][name] for name in table.key},
                        column: combine([r[column] for r in table.rows]),
                    }
                ],
            )
            for table in tables
        ]

    return combined


def _group(tables: Tables, given: Record) -> Tables:
    columns = tuple(given.get("columns", ()))
    return _regroup([(columns, row) for table in tables for row in table.rows])


def _keep(tables: Tables, given: Record) -> Tables:
    return _narrow(tables, lambda name: name in given["columns"])


def _drop(tables: Tables, given: Record) -> Tables:
    return _narrow(tables, lambda name: name not in given["columns"])


def _narrow(tables: Tables, stays: Callable[[str], bool]) -> Tables:
    return _regroup(
        [
            (tuple(filter(stays, table.key)), {name: value for name, value in row.items() if stays(name)})
            for table in tables
            for row in table.rows
        ]
    )


def _regroup(rows: list[tuple[tuple[str, ...], Record]]) -> Tables:
    tables: dict[tuple, Table] = {}
    for columns, row in rows:
        key = tuple(name for name in columns if name in row)
        tables.setdefault((key, *(row[name] for name in key)), Table(key)).rows.append(row)
    return list(tables.values())


def _sort(tables: Tables, given: Record) -> Tables:
    columns, down = given.get("columns", ["_value"]), bool(given.get("desc", False))

    def order(row: Record) -> list[Any]:
        return [row[name] for name in columns if name in row]

    return [replace(table, rows=sorted(table.rows, key=order, reverse=down)) for table in tables]


def _limit(tables: Tables, given: Record) -> Tables:
    offset = given.get("offset", 0)
    return [replace(table, rows=table.rows[offset : offset + given["n"]]) for table in tables]


CALLS: dict[str, Callable[[Tables, Record], Tables]] = {
    "filter": _filter,
    "last": _last,
    "first": _first,
    "max": _extreme(max),
    "min": _extreme(min),
    "count": _aggregate(len),
    "sum": _aggregate(sum, "sum"),
    "mean": _aggregate(lambda values: sum(values) / len(values), "mean"),
    "group": _group,
    "keep": _keep,
    "drop": _drop,
    "sort": _sort,
    "limit": _limit,
}
KNOWN = {*CALLS, "from", "range", "buckets", "yield"}


# --- the answer ---


def annotated(tables: Tables, result: str, dialect: Dialect) -> str:
    """CSV: a new header, and new annotations, wherever the columns differ from the table before."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n", delimiter=dialect.delimiter)
    before = None
    for number, table in enumerate(tables):
        columns = table.columns
        types = [_type(table, name) for name in columns]
        shape = (columns, types, table.key)
        if shape != before:
            if before is not None:
                written.write("\r\n")
            grouped = ["true" if name in table.key else "false" for name in columns]
            lines = {
                "datatype": ["string", "long", *types],
                "group": ["false", "false", *grouped],
                "default": [result, "", *[""] * len(columns)],
            }
            for name in ANNOTATIONS:
                if name in dialect.annotations:
                    writer.writerow([f"#{name}", *lines[name]])
            if dialect.header:
                writer.writerow(["", "result", "table", *columns])
            before = shape
        named = "" if "default" in dialect.annotations else result
        for row in table.rows:
            writer.writerow(["", named, number, *[_text(name, row.get(name)) for name in columns]])
    written.write("\r\n")
    return written.getvalue()


def _type(table: Table, name: str) -> str:
    if name in TIMES:
        return TYPES["time"]
    return TYPES[type(next(row[name] for row in table.rows if name in row))]


def _text(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if name in TIMES and value is not None:
        return rfc3339(value)
    if isinstance(value, float):
        # 5, not 5.0, and never an exponent.
        text = f"{Decimal(repr(value)):f}"
        return text.removesuffix(".0")
    if isinstance(value, str):
        # As Go's CSV does where lines end in CR LF.
        return value.replace("\r", "").replace("\n", "\r\n")
    return "" if value is None else value
