"""Durations as people write them: 30s, 5m, 1h30m, 250ms, 2d."""

from __future__ import annotations

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# Longer is a mistyped unit, and enough digits would be infinite.
_LONGEST = 366 * _UNITS["d"]
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")


def parse_duration(value: object) -> float:
    """Seconds. Raises ValueError with a sentence that says what to write instead."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("must be a duration; write 30s, 5m or 1h30m")  # noqa: TRY004 - pydantic collects ValueErrors
    if isinstance(value, int | float):
        raise ValueError(f"{value} has no unit; write {value}s")  # noqa: TRY004 - the same
    text = value.strip().replace(" ", "")
    if re.fullmatch(r"\d+(\.\d+)?", text):
        raise ValueError(f"{text} has no unit; write {text}s")
    if text.startswith("-") and _WHOLE.fullmatch(text[1:]):
        raise ValueError(f'"{value}" is negative; write 30s, 5m or 1h30m')
    if not _WHOLE.fullmatch(text):
        raise ValueError(f'"{value}" is no duration; write 30s, 5m or 1h30m')
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if seconds > _LONGEST:
        raise ValueError("is longer than a year; write 30s, 5m or 1h30m")
    return seconds


def show_duration(seconds: float) -> str:
    """The shortest way to write it: 90 -> 1m30s, 0.25 -> 250ms."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    left, parts = round(seconds, 3), []
    for unit in ("d", "h", "m"):
        count, left = divmod(left, _UNITS[unit])
        if count:
            parts.append(f"{int(count)}{unit}")
    if left or not parts:
        parts.append(f"{left:g}s")
    return "".join(parts)
