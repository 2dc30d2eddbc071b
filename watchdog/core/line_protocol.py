"""Points as InfluxDB tells them (annotated CSV), and as it takes them (line protocol), without losing a nanosecond.

InfluxDB's client reads times as Python's, which end at microseconds: a point that is written back with such a time is
another point. So what is copied out to be given back is read here, from the text. What that text does not tell any
more is a carriage return in a text (seen with 2.7.12): the point comes back without it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import datetime

_OWN = frozenset({"", "result", "table", "_start", "_stop", "_time", "_value", "_field", "_measurement"})
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


def read_lines(text: str) -> Iterator[str]:
    """The points of an answer in annotated CSV, each as a line. Raises ValueError for what is none."""
    kinds: dict[str, str] = {}
    header: list[str] = []
    annotation: list[str] = []
    for row in csv.reader(io.StringIO(text, newline="")):
        if not any(row):
            header = []
            continue
        if row[0] == "#datatype":
            annotation, header = row, []
        elif row[0].startswith("#"):
            continue
        elif not header:
            header, kinds = row, dict(zip(row, annotation, strict=False))
        else:
            # Where an end of line stands in a text, InfluxDB tells it as it ends its own lines, and leaves out "\r".
            told = (cell.replace("\r\n", "\n") for cell in row)
            yield _line(dict(zip(header, told, strict=False)), kinds.get("_value", "string"))


def _line(row: Mapping[str, str], kind: str) -> str:
    measurement, name = row.get("_measurement"), row.get("_field")
    if not measurement or not name or "_time" not in row or "_value" not in row:
        raise ValueError("the answer holds rows that are no points")
    tags = "".join(
        f",{_escape(tag)}={_escape(value)}" for tag, value in sorted(row.items()) if tag not in _OWN and value
    )
    value = _value(row["_value"], kind)
    return f"{_escape(measurement, equals=False)}{tags} {_escape(name)}={value} {nanoseconds(row['_time'])}"


def _value(text: str, kind: str) -> str:
    match kind:
        case "long":
            return f"{int(text)}i"
        case "unsignedLong":
            return f"{int(text)}u"
        case "double":
            return repr(float(text))
        case "boolean":
            return "true" if text == "true" else "false"
        case _:
            return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def nanoseconds(text: str) -> int:
    """The time of an RFC 3339 text in nanoseconds since 1970. Raises ValueError for another one."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no time")
    seconds = int(datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00")).timestamp())
    return seconds * 10**9 + int((found[2] or "").ljust(9, "0"))


def _escape(text: str, *, equals: bool = True) -> str:
    for sign in (",", " ", *(("=",) if equals else ())):
        text = text.replace(sign, "\\" + sign)
    return text.replace("\n", "\\n")
