"""The daemon's log: every happening as one line of facts, JSON or readable, and never a secret.

All loggers of the process, ours and every library's, end in one handler whose last gate takes secrets out
of everything: event, facts, exceptions.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import threading
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

from watchdog.core.happening import Happening
from watchdog.core.redaction import redact
from watchdog.wording import plain

Form = Literal["json", "readable"]

# Happenings by their first word, or whole name; the others are worth INFO.
_LEVELS = {
    "decision": logging.DEBUG,
    "probe.ended": logging.DEBUG,
    "engine.event": logging.DEBUG,
    "step.progress": logging.DEBUG,
    "engine.lost": logging.ERROR,
    "notification.delivered": logging.DEBUG,
    "config.broken": logging.ERROR,
    "config.problem": logging.ERROR,
    "config.reload_failed": logging.ERROR,
    "web.exposed": logging.WARNING,
    "check_in.closed": logging.WARNING,
    "ballast.refused": logging.WARNING,
    "incident.opened": logging.WARNING,
    "incident.escalated": logging.ERROR,
    "hold.begun": logging.WARNING,
    "notification.failed": logging.WARNING,
    "notification.left_out": logging.WARNING,
    "heartbeat.failed": logging.WARNING,
    "heartbeat.sent": logging.DEBUG,
    "daemon.frozen": logging.ERROR,
    "engine.refused": logging.ERROR,
}
# These tell their whole life at INFO (a URL with a token in it, each job that ran).
_CHATTY = ("httpx", "httpcore", "apscheduler", "telegram", "urllib3", "docker", "aiohttp.access", "asyncio")
_LONGEST = 8000
_SHORT = 100
_DEPTH = 6
# What a terminal or a reader of lines would obey, also where JSON does not escape it: whole escape sequences,
# controls, what turns the direction of writing or cannot be seen, other ends of lines.
_OBEYED = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_a-z]?"
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_SEPARATORS = frozenset("\x0b\x0c\r\x85\u2028\u2029")

_happenings = logging.getLogger("watchdog.happening")


def configure_logs(
    *,
    level: str = "INFO",
    form: Form | None = None,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send every log line of this process to `stream` (default stderr), once, from now on.

    `form` None means readable on a terminal and JSON elsewhere. `level` is a name (DEBUG, INFO, ...);
    an unknown one raises ValueError. `secrets` are the values that may never be shown.
    """
    stream = stream or sys.stderr
    form = form or ("readable" if stream.isatty() else "json")
    known = tuple(secrets)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        # Exceptions become text here, without the values of local variables, so that the gate sees them.
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor
    if form == "json":
        renderer = structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), pad_event_to=24, exception_formatter=structlog.dev.plain_traceback
        )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _Gate(known, one_line=form == "readable"),
            renderer,
        ],
    )
    _install(formatter, stream, level)
    _take_over_last_words()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def log_happening(happening: Happening) -> None:
    """Write one happening down; a subscriber (`Publish`) for the app."""
    facts = {name: fact for name, fact in happening.facts.items() if fact is not None}
    if happening.target is not None:
        facts["target"] = happening.target
    if happening.incident is not None:
        facts["incident"] = happening.incident
    extra = {_safe_key(name): fact for name, fact in facts.items()}
    _happenings.log(_level_of(happening), "%s", happening.name, extra=extra)


class _Gate:
    """The last gate: nothing secret, and nothing that a terminal would obey, gets through."""

    def __init__(self, secrets: tuple[str, ...], *, one_line: bool) -> None:
        self._secrets = secrets
        self._one_line = one_line
        self._known = lru_cache(maxsize=512)(self._hide)

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """The event with every text in it cleaned."""
        return {_plain_name(str(name)): self._clean(fact, name) for name, fact in event.items()}

    def _clean(self, fact: Any, name: str = "", depth: int = 0) -> Any:
        if fact is None or isinstance(fact, bool | int | float):
            return fact
        if isinstance(fact, Mapping) and depth < _DEPTH:
            return {
                redact(plain(str(key)), self._secrets): self._clean(value, str(key), depth + 1)
                for key, value in fact.items()
            }
        if isinstance(fact, list | tuple | set | frozenset) and depth < _DEPTH:
            return [self._clean(value, name, depth + 1) for value in fact]
        text = str(fact)
        # The same few words come again and again, and every line that is written delays a heal.
        text = self._known(name, text) if len(text) < _SHORT else self._hide(name, text)
        if name in ("exception", "stack"):
            # A traceback keeps its lines; each of them is cleaned.
            return "\n".join(_keep_indent(line) for line in text.splitlines())
        return plain(text, _LONGEST) if self._one_line else text

    def _hide(self, name: str, text: str) -> str:
        # Before a secret is looked for: what nobody sees in the middle of one must not hide it from us alone.
        text = text if text.isprintable() else _OBEYED.sub(_visible, text)
        # Together with its name: what is called a token is one, whatever it looks like. Cut only afterwards,
        # half a secret would not be known again.
        return redact(f"{name}={text}", self._secrets).removeprefix(f"{name}=")[:_LONGEST]


_plain_name = lru_cache(maxsize=256)(plain)


def _visible(obeyed: re.Match[str]) -> str:
    return " " if obeyed[0] in _SEPARATORS else ""


def _keep_indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))] + plain(line)


class _Handler(logging.StreamHandler[TextIO]):
    """Ours; configuring twice replaces it."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging calls it so
        """Say that a line was lost, without its content: it has not passed the gate."""
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(f"a log line of {record.name} ({record.pathname}:{record.lineno}) was lost\n")
            self.flush()


def _install(formatter: logging.Formatter, stream: TextIO, level: str) -> None:
    handler = _Handler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)


def _take_over_last_words() -> None:
    """What nothing catches is a line of this log, too: Python itself would write it as it is, secrets and all."""
    log = logging.getLogger("watchdog.uncaught")

    def in_main(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("watchdog ends by an error that nothing caught", exc_info=(kind, error, trace))

    def in_thread(failed: threading.ExceptHookArgs) -> None:
        if issubclass(failed.exc_type, SystemExit):
            return
        error = failed.exc_value or failed.exc_type()
        name = failed.thread.name if failed.thread is not None else "?"
        log.error("the thread %s failed", name, exc_info=(failed.exc_type, error, failed.exc_traceback))

    def in_passing(failed: sys.UnraisableHookArgs) -> None:
        error = failed.exc_value or failed.exc_type()
        what = failed.err_msg or "an error that could not be raised"
        log.error("%s", what, exc_info=(failed.exc_type, error, failed.exc_traceback))

    sys.excepthook, threading.excepthook, sys.unraisablehook = in_main, in_thread, in_passing


def _level_of(happening: Happening) -> int:
    if happening.name in _LEVELS:
        return _LEVELS[happening.name]
    if happening.name == "step.ended" and happening.facts.get("result") not in (None, "done", "skipped"):
        return logging.WARNING
    if happening.name == "observation.changed" and happening.facts.get("status") in ("critical", "unknown"):
        return logging.WARNING
    return logging.INFO


# What a log record calls its own may not be given anew.
_TAKEN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "level", "event", "timestamp"}


def _safe_key(name: str) -> str:
    return f"{name}_" if name in _TAKEN else name
