"""Reads a small part of Flux: one pipeline of calls, `from(bucket: "x") |> range(start: -5m) |> ...`.

What is not known is refused with an error, never guessed at.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .errors import Refused

NANO = 10**9
UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": NANO, "m": 60 * NANO, "h": 3600 * NANO}
UNITS |= {"d": 86400 * NANO, "w": 7 * 86400 * NANO, "mo": 30 * 86400 * NANO, "y": 365 * 86400 * NANO}
TOKENS = re.compile(
    r"""\s+|//[^\n]*
    |(?P<time>\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?)
    |(?P<duration>(?:\d+(?:ns|us|µs|ms|mo|[smhdwy]))+)
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<text>"(?:\\.|[^"\\])*")
    |(?P<regex>/(?:\\.|[^/\\\n])+/)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>\|>|=>|==|!=|=~|!~|<=|>=|[-(){}\[\],:.<>=])""",
    re.VERBOSE,
)
Record = dict[str, Any]
Predicate = Callable[[Record], bool]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=~": lambda a, b: b.search(str(a)) is not None,
    "!~": lambda a, b: b.search(str(a)) is None,
}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time, in nanoseconds."""

    nanoseconds: int


@dataclass(frozen=True, slots=True)
class Filter:
    """`fn: (r) => ...`; `equal` holds what every row that passes must be equal to."""

    passes: Predicate
    equal: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the pipeline with its named arguments."""

    name: str
    arguments: dict[str, Any]
    at: str  # where its name stands in the query, as its errors tell it


def nanoseconds(moment: str, *, dates: bool = True) -> int:
    """Nanoseconds since 1970 of an RFC 3339 time or a date. Raises ValueError for what is none."""
    if not dates and "T" not in moment:
        raise ValueError(moment)
    text = moment if "T" in moment else f"{moment}T00:00:00Z"
    whole, _, fraction = text.partition(".")
    digits = re.match(r"\d*", fraction)
    zone = fraction[len(digits[0]) :] if digits else ""
    at = datetime.fromisoformat(whole + zone)
    return int(at.timestamp()) * NANO + int((digits[0] if digits else "").ljust(9, "0")[:9] or 0)


def parse(query: str) -> list[Call]:
    """The calls of the pipeline, in their order."""
    return _Reader(query).pipeline()


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, query: str) -> None:
        self._tokens: list[tuple[str, str, int]] = []
        at = 0
        while at < len(query):
            found = TOKENS.match(query, at)
            if found is None:
                raise self._refused(query, at, f"invalid expression: unexpected {query[at]!r}")
            if found.lastgroup:
                self._tokens.append((found.lastgroup, found[0], at))
            at = found.end()
        self._tokens.append(("end", "", len(query)))
        self._query = query
        self._next = 0

    @staticmethod
    def _refused(query: str, at: int, what: str) -> Refused:
        line, column = _Reader._place(query, at)
        return Refused("invalid", f"compilation failed: error @{line}:{column}: {what}")

    @staticmethod
    def _place(query: str, at: int) -> tuple[int, int]:
        return query.count("\n", 0, at) + 1, at - query.rfind("\n", 0, at)

    def pipeline(self) -> list[Call]:
        calls = [self._call()]
        while self._took("|>"):
            calls.append(self._call())
        if self._kind != "end":
            raise self._unexpected()
        return calls

    def _call(self) -> Call:
        at, arguments = self._tokens[self._next][2], {}
        name = self._take("name")
        self._expect("(")
        while not self._took(")"):
            key = self._take("name")
            self._expect(":")
            arguments[key] = self._value()
            if not self._took(","):
                self._expect(")")
                break
        line, column = self._place(self._query, at)
        return Call(name, arguments, f"{line}:{column}-{line}:{column + len(name)}")

    def _value(self) -> Any:
        if self._took("["):
            values = []
            while not self._took("]"):
                values.append(self._value())
                if not self._took(","):
                    self._expect("]")
                    break
            return values
        if self._took("("):
            parameter = self._take("name")
            self._expect(")")
            self._expect("=>")
            passes, equal = self._either(parameter)
            return Filter(passes, equal)
        return self._literal()

    def _literal(self) -> Any:
        negative = self._took("-")
        kind, text, at = self._tokens[self._next]
        self._next += 1
        match kind:
            case "duration":
                parts = re.findall(r"(\d+)(ns|us|µs|ms|mo|[smhdwy])", text)
                length = sum(int(count) * UNITS[unit] for count, unit in parts)
                return Duration(-length if negative else length)
            case "number":
                number = float(text) if "." in text else int(text)
                return -number if negative else number
            case "time":
                return nanoseconds(text)
            case "text":
                return re.sub(r"\\(.)", r"\1", text[1:-1])
            case "regex":
                try:
                    return re.compile(text[1:-1].replace("\\/", "/"))
                except re.error as error:
                    raise self._refused(self._query, at, f"regex parse error: {error}") from None
            case "name" if text in ("true", "false"):
                return text == "true"
            case "name" if text == "now":
                self._expect("(")
                self._expect(")")
                return Duration(0)
            case "name":
                raise self._refused(self._query, at, f"undefined identifier {text}")
        self._next -= 1
        raise self._unexpected()

    # --- predicates: or, and, not, comparison ---

    def _either(self, row: str) -> tuple[Predicate, dict[str, Any]]:
        passes, equal = self._both(row)
        while self._took("or"):
            left, (right, _) = passes, self._both(row)
            passes, equal = (lambda r, a=left, b=right: a(r) or b(r)), {}
        return passes, equal

    def _both(self, row: str) -> tuple[Predicate, dict[str, Any]]:
        passes, equal = self._single(row)
        while self._took("and"):
            left, (right, more) = passes, self._single(row)
            passes, equal = (lambda r, a=left, b=right: a(r) and b(r)), {**equal, **more}
        return passes, equal

    def _single(self, row: str) -> tuple[Predicate, dict[str, Any]]:
        if self._took("not"):
            inner, _ = self._single(row)
            return (lambda r: not inner(r)), {}
        if self._took("("):
            inside = self._either(row)
            self._expect(")")
            return inside
        if self._took("exists"):
            column = self._column(row)
            return (lambda r: r.get(column) is not None), {}
        column = self._column(row)
        sign = self._take("sign")
        if sign not in COMPARE:
            raise self._unexpected()
        value, compare = self._literal(), COMPARE[sign]

        def passes(record: Record) -> bool:
            # Nothing compares with what is not there, or with another type; a tag that is not there is another one.
            if record.get(column) is None and sign in ("!=", "!~"):
                return True
            try:
                return record.get(column) is not None and compare(record[column], value)
            except TypeError:
                return False

        return passes, ({column: value} if sign == "==" else {})

    def _column(self, row: str) -> str:
        name = self._take("name")
        if name != row:
            raise self._refused(self._query, self._tokens[self._next - 1][2], f"undefined identifier {name}")
        if self._took("["):
            column = self._take("text")[1:-1]
            self._expect("]")
            return column
        self._expect(".")
        return self._take("name")

    # --- tokens ---

    @property
    def _kind(self) -> str:
        return self._tokens[self._next][0]

    def _took(self, text: str) -> bool:
        kind, found, _ = self._tokens[self._next]
        taken = found == text and kind in ("sign", "name")
        self._next += taken
        return taken

    def _expect(self, text: str) -> None:
        if not self._took(text):
            raise self._unexpected()

    def _take(self, wanted: str) -> str:
        kind, text, _ = self._tokens[self._next]
        if kind != wanted:
            raise self._unexpected()
        self._next += 1
        return text

    def _unexpected(self) -> Refused:
        _, text, at = self._tokens[self._next]
        return self._refused(self._query, at, f"unexpected token {text or 'end of the query'!r}")
