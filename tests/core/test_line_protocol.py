"""Points out of InfluxDB's answer, and into it."""

from __future__ import annotations

import pytest

from tests.demo.influx_recorded import answer_to
from watchdog.core.line_protocol import nanoseconds, read_lines

ANSWER = (
    "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string\r\n"
    "#group,false,false,true,true,false,false,true,true,true\r\n"
    "#default,_result,,,,,,,,\r\n"
    ",result,table,_start,_stop,_time,_value,_field,_measurement,symbol\r\n"
    ",,0,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,2026-01-01T10:00:00.123456789Z,1.5,value,price,BTC USD\r\n"
    ",,0,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,2026-01-01T10:00:01Z,2,value,price,\r\n"
    "\r\n"
    "#datatype,string,long,dateTime:RFC3339,long,string,string\r\n"
    "#group,false,false,false,false,true,true\r\n"
    "#default,_result,,,,,\r\n"
    ",result,table,_time,_value,_field,_measurement\r\n"
    ",,1,2026-01-01T10:00:00.1Z,7,count,news\r\n"
    "\r\n"
    "#datatype,string,long,dateTime:RFC3339,string,string,string\r\n"
    ",result,table,_time,_value,_field,_measurement\r\n"
    ',,2,2026-01-01T10:00:00Z,"say ""hi"", twice\nin all",title,news\r\n'
)


def test_every_point_comes_out_as_it_went_in() -> None:
    """Types by the table that they are in, signs escaped, not a nanosecond lost."""
    assert list(read_lines(ANSWER)) == [
        "price,symbol=BTC\\ USD value=1.5 1767261600123456789",
        "price value=2.0 1767261601000000000",
        "news count=7i 1767261600100000000",
        'news title="say \\"hi\\", twice\nin all" 1767261600000000000',
    ]


def test_an_end_of_line_in_a_text_comes_out_as_it_went_in() -> None:
    """InfluxDB 2.7 tells it as it ends its own lines: taken by the letter, a headline would come back changed."""
    text = answer_to("points of all kinds")["body"].replace("<time>", "2026-01-01T10:00:00Z")
    assert "two\r\nlines" in text
    assert 'text s="two\nlines" 1767261600000000000' in list(read_lines(text))


def test_an_error_among_the_points_is_no_copy() -> None:
    """InfluxDB 2.7 has answered 200, and some points, when it meets one: half a copy would be taken for a whole one."""
    text = answer_to("tables that do not fit together")["body"].replace("<time>", "2026-01-01T10:00:00Z")
    assert "error,reference" in text
    with pytest.raises(ValueError, match="no points"):
        list(read_lines(text))


def test_no_points_are_no_lines() -> None:
    """An empty bucket answers with nothing."""
    assert list(read_lines("")) == []
    assert list(read_lines("\r\n")) == []


@pytest.mark.parametrize(
    "text", [",result,table\r\n,,0\r\n", "<html>\n<p>no</p>", '{"code": "invalid"}\n{"x": 1}']
)
def test_what_holds_no_points_is_refused(text: str) -> None:
    """A page or an error is not written back."""
    with pytest.raises(ValueError, match=r"no points|no time"):
        list(read_lines(text))


def test_a_time_is_read_in_any_zone() -> None:
    """As RFC 3339 has it."""
    assert nanoseconds("1970-01-01T01:00:00+01:00") == 0
    assert nanoseconds("1970-01-01T00:00:00.000000001Z") == 1
    with pytest.raises(ValueError, match="no time"):
        nanoseconds("yesterday")
