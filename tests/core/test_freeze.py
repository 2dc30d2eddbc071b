"""What can be told of a daemon that froze."""

from __future__ import annotations

import pytest

from watchdog.core.freeze import Freeze, Probe, read_freeze, switched_off

TRACE = """Timeout (0:01:03.500000)!
Thread 0x00007f11772fe6c0 (most recent call first):
  File "/app/watchdog/gateways/journal_thread.py", line 51 in _work
  File "/usr/lib/python3.13/threading.py", line 982 in run

Thread 0x00007f1179281b80 (most recent call first):
  File "/usr/lib/python3.13/re/__init__.py", line 166 in match
  File "/app/plugins/heavy.py", line 5 in <listcomp>
  File "/app/plugins/heavy.py", line 6 in probe
  File "/usr/lib/python3.13/asyncio/events.py", line 80 in _run
"""


def test_the_loops_own_thread_is_read() -> None:
    """Of all threads the oldest stands last: the innermost places of that one are told."""
    probe = Probe("heavy", "app")
    assert read_freeze(TRACE, probe) == Freeze(
        seconds=63.5,
        places=(
            "match (re/__init__.py:166)",
            "<listcomp> (plugins/heavy.py:5)",
            "probe (plugins/heavy.py:6)",
        ),
        probe=probe,
    )


@pytest.mark.parametrize("text", ["", "Fatal Python error: Segmentation fault\n", "half a l"])
def test_any_other_end_is_no_freeze(text: str) -> None:
    """A daemon that was killed in the middle of a check has not frozen: nobody is blamed."""
    assert read_freeze(text, Probe("heavy", "app")) is None


def test_a_traceback_that_was_cut_off_is_a_freeze_all_the_same() -> None:
    """A full disk may leave the first line only."""
    assert read_freeze("Timeout (0:00:04)!\nThread 0x00", None) == Freeze(seconds=4)


def test_a_check_is_switched_off_by_its_second_freeze() -> None:
    """Once may be chance; a check that is not configured any more is of no interest."""
    assert switched_off({"a": 1, "b": 2, "gone": 9}, ["a", "b", "c"]) == ("b",)
