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


IDLE = TRACE.replace(
    '  File "/usr/lib/python3.13/re/__init__.py", line 166 in match\n',
    '  File "/usr/lib/python3.13/selectors.py", line 468 in select\n',
)
OUTSIDE = {0x7F11772FE6C0: Probe("odd", "db"), 0x7F0000000000: Probe("older", "db")}


def test_a_thread_is_blamed_when_the_loop_only_waited() -> None:
    """Whose code ran in a thread held the GIL; it is told where that thread stood."""
    found = read_freeze(IDLE, Probe("containers", "app"), OUTSIDE)
    assert found is not None
    assert found.probe == Probe("odd", "db")
    assert found.places == ("_work (gateways/journal_thread.py:51)", "run (python3.13/threading.py:982)")
    assert read_freeze(TRACE, None, OUTSIDE) == found


def test_a_check_that_worked_on_the_loop_is_blamed_before_any_thread() -> None:
    """It stood still in its own code: no thread kept it from going on."""
    found = read_freeze(TRACE, Probe("heavy", "app"), OUTSIDE)
    assert found is not None
    assert found.probe == Probe("heavy", "app")


def test_nobody_is_blamed_when_nobody_worked() -> None:
    """The loop waited, and no code of a check ran anywhere."""
    found = read_freeze(IDLE, None, {})
    assert found is not None
    assert found.probe is None
