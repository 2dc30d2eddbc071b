"""When something happened, as other programs write it: Unix times in any unit, ISO 8601, `2s ago`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from watchdog.core.duration import parse_duration

# A number above each is one of the next smaller unit: seconds, milliseconds, microseconds, nanoseconds.
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_AGO = re.compile(r"(.+?)\s+ago", re.IGNORECASE)
_LONGEST = 64


def read_timestamp(value: object, now: float) -> float | None:
    """The Unix time in seconds that a value says, None if it says none. `now` is for what is so long `ago`.

    Zero is what programs write before the first time: it says none.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _scaled(value)
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    text = value.strip()
    if _NUMBER.fullmatch(text):
        return _scaled(float(text))
    if ago := _AGO.fullmatch(text):
        try:
            return now - parse_duration(ago[1])
        except ValueError:
            return None
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def find_in(document: object, path: str) -> object:
    """What stands at `sources.binance_ws.last_data` in a JSON document; numbers count items of lists.

    Raises KeyError with the part that is not there.
    """
    found = document
    for part in path.split("."):
        if isinstance(found, dict) and part in found:
            found = found[part]
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            raise KeyError(part)
    return found


def newest_sample(answer: object, now: float) -> float | None:
    """The latest time among the values of an instant query's answer by Prometheus, None if it has none.

    Raises ValueError for what is no such answer, or has no number in it.
    """
    if not isinstance(answer, dict) or answer.get("status") != "success":
        raise ValueError("it did not answer as Prometheus does")
    data = answer.get("data")
    result = data.get("result") if isinstance(data, dict) else None
    kind = data.get("resultType") if isinstance(data, dict) else None
    if not isinstance(result, list) or kind not in ("vector", "scalar"):
        raise ValueError("the query gives no instant vector and no scalar")
    samples = [result] if kind == "scalar" else [s.get("value") for s in result if isinstance(s, dict)]
    times = [_sample(sample, now) for sample in samples]
    return max((time for time in times if time is not None), default=None)


def _sample(sample: object, now: float) -> float | None:
    if not isinstance(sample, Sequence) or isinstance(sample, str) or len(sample) != 2:  # noqa: PLR2004 - a pair
        raise ValueError("it did not answer as Prometheus does")
    try:
        number = float(sample[1])
    except (TypeError, ValueError):
        raise ValueError("a sample of it is no number") from None
    if not math.isfinite(number):
        raise ValueError(f"a sample of it is {sample[1]}")
    return read_timestamp(number, now)


def _scaled(number: float) -> float | None:
    try:
        number = float(number)
    except OverflowError:
        return None
    if not math.isfinite(number) or number <= 0:
        return None
    for above, unit in _UNITS:
        if number >= above:
            return number / unit
    return number
