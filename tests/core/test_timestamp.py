"""Times as other programs write them."""

from __future__ import annotations

from typing import Any

import pytest

from watchdog.core.timestamp import find_in, newest_sample, read_timestamp

NOW = 1_795_435_200.0


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (NOW, NOW),
        (int(NOW * 1000), NOW),
        (int(NOW * 10**6), NOW),
        (int(NOW * 10**9), NOW),
        (str(int(NOW)), NOW),
        ("1.7954352e9", NOW),
        ("2026-11-23T12:00:00Z", NOW),
        ("2026-11-23T13:00:00+01:00", NOW),
        ("2026-11-23 12:00:00", NOW),
        ("2s ago", NOW - 2),
        ("1m30s ago", NOW - 90),
    ],
)
def test_a_time_is_understood_in_any_of_its_forms(value: object, time: float) -> None:
    """Seconds to nanoseconds, ISO 8601 (UTC where it says no zone), and so long ago."""
    assert read_timestamp(value, NOW) == pytest.approx(time)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -5,
        float("nan"),
        float("inf"),
        "NaN",
        "",
        "soon",
        "never ago",
        [],
        {},
        "1" * 100,
        10**400,
        "9999-99-99",
    ],
)
def test_what_is_no_time_is_none(value: object) -> None:
    """NaN, infinity, zero, words and other types say no time."""
    assert read_timestamp(value, NOW) is None


def test_a_value_is_found_by_its_path() -> None:
    """Names lead into mappings, numbers into lists; what is not there is named."""
    document = {"sources": {"binance_ws": {"last_data": "2s ago"}}, "all": [{"at": 5}]}
    assert find_in(document, "sources.binance_ws.last_data") == "2s ago"
    assert find_in(document, "all.0.at") == 5
    for path in ("sources.kraken", "all.1.at", "all.x", "sources.binance_ws.last_data.more"):
        with pytest.raises(KeyError):
            find_in(document, path)


def vector(*values: Any) -> dict[str, Any]:
    return {
        "status": "success",
        "data": {"resultType": "vector", "result": [{"metric": {}, "value": [NOW, v]} for v in values]},
    }


def test_prometheus_answers_are_read() -> None:
    """The newest of all series counts; no series, or only zeros, say no time."""
    assert newest_sample(vector(str(NOW - 9), str(NOW - 5)), NOW) == NOW - 5
    assert newest_sample(vector(), NOW) is None
    assert newest_sample(vector("0"), NOW) is None
    scalar = {"status": "success", "data": {"resultType": "scalar", "result": [NOW, str(NOW - 1)]}}
    assert newest_sample(scalar, NOW) == NOW - 1


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {"status": "error", "error": "bad query"},
        {"status": "success"},
        {"status": "success", "data": {"resultType": "matrix", "result": []}},
        {"status": "success", "data": {"resultType": "vector", "result": {}}},
        vector("NaN"),
        vector("+Inf"),
        vector("soon"),
        vector(None),
        {"status": "success", "data": {"resultType": "vector", "result": [{"value": "5"}]}},
    ],
)
def test_other_answers_are_refused(answer: object) -> None:
    """An error, a range, NaN and other shapes are no times."""
    with pytest.raises(ValueError, match=r".+"):
        newest_sample(answer, NOW)
