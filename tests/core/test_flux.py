"""The questions that are asked of InfluxDB."""

from __future__ import annotations

from watchdog.core.flux import last_canary, newest_point, points_since, quote


def test_the_newest_point_is_asked_for_by_time_measurement_and_tags() -> None:
    """`last()` comes right after the filter, so that it is pushed down."""
    asked = newest_point("markets", "price", {"symbol": "BTC"}, start="-15m")
    assert asked.startswith(
        'from(bucket: "markets") |> range(start: -15m, stop: now())'
        ' |> filter(fn: (r) => r["_measurement"] == "price" and r["symbol"] == "BTC") |> last()'
    )


def test_no_name_can_change_the_question() -> None:
    """Quotes, backslashes and interpolations of a name stay part of it."""
    assert quote('a") |> drop() //') == '"a\\") |> drop() //"'
    assert quote("a\\") == '"a\\\\"'
    assert quote("${1+1}\n") == '"\\${1+1}\\n"'


def test_the_proof_and_the_copy_ask_for_what_was_just_written() -> None:
    """Also for points of a clock that is a little ahead."""
    assert points_since("markets", 60) == 'from(bucket: "markets") |> range(start: -60s, stop: 1m)'
    assert last_canary("infra", "watchdog_canary") == (
        'from(bucket: "infra") |> range(start: -5m, stop: 1m)'
        ' |> filter(fn: (r) => r["_measurement"] == "watchdog_canary") |> last()'
    )
