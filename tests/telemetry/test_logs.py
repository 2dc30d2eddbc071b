import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from tests.fakes import FakeClock
from watchdog.core.happening import Happening
from watchdog.telemetry import logs
from watchdog.telemetry.logs import log_happening

SECRET = "correct-horse"


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    yield
    root.handlers, root.level = handlers, level
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def configure_logs(**options: Any) -> None:
    """Ours alone: the handlers of pytest would format each record before us."""
    logging.getLogger().handlers = [
        handler for handler in logging.getLogger().handlers if type(handler).__module__ == logs.__name__
    ]
    logs.configure_logs(**options)


def boom(error: Exception) -> None:
    raise error


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def happening(name: str = "incident.opened", **facts: str | float | None) -> Happening:
    return Happening(name=name, at=FakeClock().now(), target="api", incident="7", facts=facts)


def test_a_happening_is_one_line_of_facts() -> None:
    """Each happening is one JSON object with its dotted name as the event."""
    stream = io.StringIO()
    configure_logs(stream=stream)
    log_happening(happening(finding="exited", seconds=1.5, ending=None))
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "incident.opened",
        "level": "warning",
        "logger": "watchdog.happening",
        "target": "api",
        "incident": "7",
        "finding": "exited",
        "seconds": 1.5,
    }


@pytest.mark.parametrize(
    ("name", "facts", "level"),
    [
        ("daemon.started", {}, "info"),
        ("incident.escalated", {}, "error"),
        ("engine.lost", {}, "error"),
        ("decision", {"reason": "well"}, "debug"),
        ("step.ended", {"result": "failed"}, "warning"),
        ("step.ended", {"result": "done"}, "info"),
        ("observation.changed", {"status": "critical"}, "warning"),
        ("observation.changed", {"status": "ok"}, "info"),
    ],
)
def test_the_level_tells_how_bad_it_is(name: str, facts: dict[str, str], level: str) -> None:
    """Who reads only errors reads what needs them."""
    stream = io.StringIO()
    configure_logs(stream=stream, level="debug")
    log_happening(happening(name, **facts))
    assert lines(stream)[0]["level"] == level


def test_a_level_hides_what_is_below_it() -> None:
    """WATCHDOG_LOG_LEVEL is obeyed."""
    stream = io.StringIO()
    configure_logs(stream=stream, level="WARNING")
    log_happening(happening("daemon.started"))
    structlog.get_logger("x").info("hello")
    assert stream.getvalue() == ""


def test_no_secret_passes_the_gate() -> None:
    """A known secret is hidden in the event, in facts however deep, in exceptions and in warnings."""
    stream = io.StringIO()
    configure_logs(stream=stream, secrets=[SECRET])
    log_happening(happening(reason=f"said {SECRET}"))
    logging.getLogger("library").error("with %s", SECRET, extra={"deep": {"er": [SECRET, (SECRET,)]}})
    structlog.get_logger("ours").warning(f"plain {SECRET}", password="hunter2")
    try:
        boom(RuntimeError(f"failed with {SECRET}"))
    except RuntimeError:
        logging.getLogger("library").exception("oops")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.warn(f"beware of {SECRET}", stacklevel=1)
    assert len(lines(stream)) == 5
    assert SECRET not in stream.getvalue()
    assert "hunter2" not in stream.getvalue()
    assert "RuntimeError: failed with [hidden]" in stream.getvalue()


def test_a_broken_log_call_shows_nothing_of_its_arguments() -> None:
    """A line that cannot be formatted is reported without its content."""
    stream = io.StringIO()
    configure_logs(stream=stream, secrets=[SECRET])
    logging.getLogger("library").error("%d apples", SECRET)
    assert "a log line of library" in stream.getvalue()
    assert SECRET not in stream.getvalue()


def test_a_terminal_gets_readable_lines_that_cannot_steer_it() -> None:
    """On a terminal a line is readable, and a hostile name does nothing to it."""
    stream = Terminal()
    configure_logs(stream=stream, form="readable")
    log_happening(happening(reason="a\x1b[2Jb\nINFO faked line"))
    assert "incident.opened" in stream.getvalue()
    assert "\x1b[2J" not in stream.getvalue()
    assert len(stream.getvalue().splitlines()) == 1


def test_json_cannot_steer_a_terminal_either() -> None:
    """What JSON leaves as it is (a C1 escape, a turned name, an end of line of Unicode) is taken out, too."""
    stream = io.StringIO()
    configure_logs(stream=stream)
    name = "a\x1b[31m\x9b1mb\u202ec\x7fd\u2028e\x85f\ufeff\u2066g\nh"
    log_happening(happening(list=name))
    (written,) = stream.getvalue().splitlines()
    assert json.loads(written)["list"] == "a1mbcd e fg\nh"


def test_what_cannot_be_seen_hides_no_secret() -> None:
    """A secret with an invisible character or a colour in its middle is known all the same."""
    stream = io.StringIO()
    configure_logs(stream=stream, secrets=[SECRET])
    log_happening(happening(line=f"{SECRET[:5]}\u200b{SECRET[5:]} {SECRET[:7]}\x1b[1m{SECRET[7:]}"))
    assert lines(stream)[0]["line"] == "[hidden] [hidden]"


def test_a_terminal_keeps_the_lines_of_a_traceback() -> None:
    """A traceback stays readable."""
    stream = Terminal()
    configure_logs(stream=stream)
    try:
        boom(ValueError("bad \x1b[2J value"))
    except ValueError:
        logging.getLogger("x").exception("oops")
    assert "ValueError: bad value" in stream.getvalue()
    assert '\n  File "' in stream.getvalue()


def test_configuring_twice_writes_once() -> None:
    """A second configuration replaces the first."""
    first, second = io.StringIO(), io.StringIO()
    configure_logs(stream=first)
    configure_logs(stream=second)
    log_happening(happening())
    assert first.getvalue() == ""
    assert len(lines(second)) == 1


def test_a_fact_may_be_called_as_a_log_record_calls_its_own() -> None:
    """No fact is lost for its name."""
    stream = io.StringIO()
    configure_logs(stream=stream)
    log_happening(happening(name_="kept", lineno=5))
    (line,) = lines(stream)
    assert (line["name_"], line["lineno_"]) == ("kept", 5)


def test_chatty_libraries_are_kept_quiet() -> None:
    """A library that would log URLs with tokens in them is heard from WARNING on."""
    stream = io.StringIO()
    configure_logs(stream=stream)
    logging.getLogger("httpx").info("GET https://api/bot123/")
    assert stream.getvalue() == ""


def test_an_unknown_level_is_an_error() -> None:
    """A level that does not exist is not taken for another."""
    with pytest.raises(ValueError, match="LOUD"):
        configure_logs(stream=io.StringIO(), level="loud")


def test_what_nothing_catches_passes_the_gate_too() -> None:
    """An error that ends a thread, or the daemon, is a line of the log without its secrets, not Python's own text."""
    stream = io.StringIO()
    configure_logs(stream=stream, secrets=[SECRET])
    error = RuntimeError(f"login with {SECRET}")
    sys.excepthook(RuntimeError, error, None)
    thread = threading.Thread(target=boom, args=(error,), name="worker")
    thread.start()
    thread.join()
    first, second = lines(stream)
    assert first["level"] == "critical"
    assert second["event"] == "the thread worker failed"
    for line in (first, second):
        assert line["exception"].endswith("RuntimeError: login with [hidden]")
