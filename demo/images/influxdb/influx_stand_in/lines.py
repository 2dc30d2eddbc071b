"""Line protocol: `measurement,tag=value field=1.5,other="text" timestamp`, one point a line."""

import json
import re
from collections.abc import Callable, Iterator
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
LARGEST = 2**63 - 1


class Unsigned(int):
    """A number that was written with `u`."""


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
        raise Refused("invalid", "invalid precision; valid precision units are ns, us, ms, and s")
    rows, wrong = [], []
    for line in _split(text):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            try:
                rows += _point(stripped, PRECISIONS[precision], now)
            except Refused as refused:
                wrong.append(refused.message)
    if wrong:
        raise Refused("invalid", "\n".join(wrong))
    return rows


def _split(text: str) -> Iterator[str]:
    """The lines; a text between quotes may hold an end of line."""
    whole: list[str] = []
    for part in text.split("\n"):
        whole.append(part)
        if part.lstrip().startswith("#") or not _open("\n".join(whole)):
            yield "\n".join(whole)
            whole = []
    yield "\n".join(whole)


def _open(line: str) -> bool:
    """Whether a quote has no other."""
    return re.sub(r"\\.", "", line).count('"') % 2 == 1


def _point(line: str, unit: int, now: int) -> list[Row]:
    def unable(what: str) -> Refused:
        return Refused("invalid", f"unable to parse '{line}': {what}")

    measured = MEASUREMENT.match(line)
    if measured is None:
        raise unable("missing measurement")
    tags, at = _tags(line, measured.end(), unable)
    if _open(line[at:]):
        raise unable("unbalanced quotes")
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
    time = _time(stamp, unable) * unit if stamp else now
    names = json.dumps(tags, sort_keys=True)
    name = _plain(measured[0])
    return [Row(name, names, field, time, value) for field, value in fields.items()]


def _tags(line: str, at: int, unable: Callable[[str], Refused]) -> tuple[dict[str, str], int]:
    """The tags from there on, and where they end."""
    tags, count = {}, 0
    while tag := TAG.match(line, at):
        tags[_plain(tag[1])] = _plain(tag[2])
        at, count = tag.end(), count + 1
    if line[at : at + 1] == ",":
        raise unable("missing tag key" if line[at + 1 : at + 2] == "=" else "missing tag value")
    if len(tags) != count:
        raise unable("duplicate tags")
    return tags, at


def _time(stamp: str, unable: Callable[[str], Refused]) -> int:
    if not re.fullmatch(r"-?\d+", stamp):
        raise unable("point is invalid" if " " in stamp else "bad timestamp")
    if abs(int(stamp)) > LARGEST:
        raise unable(f'strconv.ParseInt: parsing "{stamp}": value out of range')
    return int(stamp)


def _plain(text: str) -> str:
    return re.sub(r"\\([,= \\])", r"\1", text)


def _value(text: str, unable) -> Value:  # noqa: ANN001
    if text.startswith('"'):
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    if text in TRUTHS:
        return TRUTHS[text]
    if whole := INTEGER.fullmatch(text):
        if abs(int(whole[1])) > LARGEST:
            found = f'unable to parse integer {whole[1]}: strconv.ParseInt: parsing "{whole[1]}": value out of range'
            raise unable(found)
        return Unsigned(whole[1]) if whole[2] == "u" else int(whole[1])
    if NUMBER.fullmatch(text):
        return float(text)
    raise unable("invalid number" if re.match(r"-?[.\dNI]", text) else "invalid boolean")
