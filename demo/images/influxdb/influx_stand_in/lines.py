"""Line protocol: `measurement,tag=value field=1.5,other="text" timestamp`, one point a line."""

import json
import re
from dataclasses import dataclass

from .errors import Refused

PRECISIONS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}
# A backslash takes the meaning off the character that follows.
KEY = r"(?:\\.|[^,= \\\n])+"
MEASUREMENT = re.compile(r"(?:\\.|[^, \\\n])+")
TAG = re.compile(rf",({KEY})=({KEY})")
FIELD = re.compile(rf'({KEY})=("(?:\\.|[^"\\])*"|[^,\s"]+)')
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
INTEGER = re.compile(r"([-+]?\d+)([iu])")
TRUTHS = dict.fromkeys(("t", "T", "true", "True", "TRUE"), True) | dict.fromkeys(
    ("f", "F", "false", "False", "FALSE"), False
)
Value = float | int | str | bool


@dataclass(frozen=True, slots=True)
class Row:
    """One field of one point."""

    measurement: str
    tags: str  # a JSON object, its keys sorted
    field: str
    time: int  # nanoseconds since 1970
    value: Value


def parse(text: str, precision: str, now: int) -> list[Row]:
    """The rows of all lines; nothing is taken if one of them is malformed."""
    if precision not in PRECISIONS:
        raise Refused("invalid", f"invalid precision {precision!r}: one of ns, us, ms, s")
    rows = []
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            rows += _point(stripped, PRECISIONS[precision], now)
    return rows


def _point(line: str, unit: int, now: int) -> list[Row]:
    def unable(what: str) -> Refused:
        return Refused("invalid", f"unable to parse '{line}': {what}")

    measured = MEASUREMENT.match(line)
    if measured is None:
        raise unable("missing measurement")
    at = measured.end()
    tags = {}
    while tag := TAG.match(line, at):
        tags[_plain(tag[1])] = _plain(tag[2])
        at = tag.end()
    if line[at : at + 1] == ",":
        raise unable("missing tag value")
    fields = {}
    at += 1
    while field := FIELD.match(line, at):
        fields[_plain(field[1])] = _value(field[2], unable)
        at = field.end()
        if line[at : at + 1] != ",":
            break
        at += 1
    if not fields:
        raise unable("missing fields")
    stamp = line[at:].strip()
    if stamp and not re.fullmatch(r"-?\d+", stamp):
        raise unable("bad timestamp")
    time = int(stamp) * unit if stamp else now
    names = json.dumps(tags, sort_keys=True)
    name = _plain(measured[0])
    return [Row(name, names, field, time, value) for field, value in fields.items()]


def _plain(text: str) -> str:
    return re.sub(r"\\([,= \\])", r"\1", text)


def _value(text: str, unable) -> Value:  # noqa: ANN001
    if text.startswith('"'):
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    if text in TRUTHS:
        return TRUTHS[text]
    if whole := INTEGER.fullmatch(text):
        return int(whole[1])
    if NUMBER.fullmatch(text):
        return float(text)
    raise unable("invalid number" if re.match(r"[-+.\d]", text) else "invalid boolean")
