"""Writes docs/reference/ from the code: run `uv run python scripts/docs.py` after changing what it is made from.

`--check` writes nothing and fails when a page is stale (tests/test_docs.py does the same).
"""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import typer.main
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from typer.cli import get_docs_for_click

from watchdog.cli.exits import Exit
from watchdog.cli.main import app
from watchdog.config import sections
from watchdog.config.playbooks import read_playbooks
from watchdog.core import judgement
from watchdog.core.duration import parse_duration, show_duration
from watchdog.core.playbook import Autonomy, Step
from watchdog.core.problem import Report
from watchdog.desk import shapes
from watchdog.plugins import Parameters
from watchdog.registry import ACTIONS, CHECKS, NOTIFIERS
from watchdog.settings import Settings
from watchdog.surfaces import control
from watchdog.wording import ENGLISH

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
MADE = "<!-- Made by scripts/docs.py from the code; do not edit. -->"

# How each section is found in watchdog.yml.
SECTIONS: Mapping[str, tuple[str, type[BaseModel]]] = {
    "The file itself": ("", sections.FileSection),
    "`watch`: exactly one of the two": ("watch", sections.WatchSection),
    "`engine`": ("engine", sections.EngineSection),
    "`web`": ("web", sections.WebSection),
    "`heartbeat`": ("heartbeat", sections.HeartbeatSection),
    "`liveness`": ("liveness", sections.LivenessSection),
    "`journal`": ("journal", sections.JournalSection),
    "`guardrails`": ("guardrails", sections.GuardrailsSection),
    "`checks`: an entry for each, under a name of your own": ("checks", sections.CheckSection),
    "`targets`: an entry for each target that is special": ("targets", sections.TargetSection),
    "`notifiers`: an entry for each, under a name of your own": ("notifiers", sections.NotifierSection),
    "`maintenance`: a list of those that come again and again": ("maintenance", sections.RecurringSection),
}
PLAYBOOK_SECTIONS: Mapping[str, tuple[str, type[BaseModel]]] = {
    "The file itself": ("playbook file", sections.PlaybookSection),
    "`title`": ("title", sections.TitleSection),
    "`for`": ("for", sections.ForSection),
    "A step: one action with its parameters, and beside it": ("step", sections.StepSection),
    "`verify`": ("verify", sections.VerifySection),
}
# Words for keys that config/watchdog.yml does not explain in a line of its own.
WORDS: Mapping[tuple[str, str], str] = {
    ("checks", "every"): "seconds between two looks; by default what the kind says, for containers the sweep",
    ("checks", "failures"): "so many looks in a row must be critical before that is believed",
    ("checks", "successes"): "so many looks in a row must be good before that is believed",
    (
        "checks",
        "series",
    ): "of `freshness`: each with one source (`influxdb`, `http_json`, `postgres`, `prometheus`), `warn`, `critical`, `hours`, `closed`; see [config/examples/freshness.yml](../../config/examples/freshness.yml)",
    (
        "checks",
        "influxdb",
    ): "of `freshness`: `url`, `org`, and in `token` the name of the secret that holds the token",
    ("checks", "timeout"): "one question is given up after this",
    (
        "checks",
        "jobs",
    ): "of `check_in`: each with `period`, `grace` and `longest`; see [config/examples/check-in.yml](../../config/examples/check-in.yml)",
    (
        "checks",
        "mounts",
    ): "of `disk`: each with `path`, `warn`, `critical`, `warn_free`, `critical_free`, `ballast`, `ballast_in`, `contact`, `influxdb`; see [config/examples/disk.yml](../../config/examples/disk.yml)",
    (
        "checks",
        "ahead",
    ): "of `disk`: a disk that is foretold to be full within so long is told of, nothing is done about it",
    (
        "checks",
        "windows",
    ): "of `disk`: what the forecast rests on; each is used once half of it was seen, and believed four times as far ahead",
    ("checks", "memory"): "of `host`: the share of memory in use from which on people are told",
    ("checks", "load"): "of `host`: the same for the load of the last minute for each processor",
    ("checks", "lasts"): "of `host`: how long without a break",
    ("step", "older_than"): "points before the beginning of that day (UTC) are deleted",
    ("step", "window"): "what is copied out of each bucket before; less, where that is more than 8 MiB",
    ("step", "answers"): "how long InfluxDB may take to answer again",
    ("step", "on"): "another target to act on than the one in trouble: a feeder for a series",
    (
        "step",
        "when",
    ): "the findings that it is for ([findings.md](findings.md)); while another one is found it is passed over; default: all",
    ("step", "rules"): "the file of rules, without its ending, in the folder `diagnoses`",
    ("step", "url"): "where the feeder answers `/health` and `/metrics`",
    ("step", "exchange"): "whom it gets its data from: connected to, nothing is sent",
    (
        "step",
        "independent",
    ): "hosts that have nothing to do with each other: if none can be connected to, nothing is touched",
    ("", "version"): "the version of this file's form; always 1",
    (
        "",
        "autonomy",
    ): "the most that any playbook may do by itself: only tell (`observe`); ask first (`propose`, answered by `watchdog approve`); heal (`act`)",
    (
        "",
        "playbooks",
    ): "the folder of the playbooks, relative to this file; default: `playbooks` beside this file, "
    "else those that watchdog ships with",
    ("watch", "project"): "every container of this Compose project",
    ("watch", "label"): "or: every container with this label",
    ("engine", "socket"): "the engine's socket",
    ("engine", "reconnect_longest"): "the longest wait between two tries to reach an engine that is away",
    (
        "web",
        "listen",
    ): "an IP address and a port for `/healthz` and `/metrics`, or `off`; `WATCHDOG_LISTEN` wins",
    ("checks", "kind"): "which kind of check; its own parameters stand beside it, see below",
    ("checks", "playbook"): "the remedy for what this check finds",
    ("checks", "severity"): "how loud a trouble is",
    ("targets", "enable"): "`false`: not even watched",
    ("targets", "hold"): "`true`: watched, told, never touched",
    ("targets", "severity"): "instead of the check's",
    ("targets", "depends_on"): "targets that it needs, beside those that Compose knows of",
    (
        "targets",
        "priority",
    ): "who is started first of those that may be started: the greater one; 0 by default",
    ("notifiers", "kind"): "which kind of notifier; its own parameters stand beside it, see below",
    ("notifiers", "url"): "never written here: `WATCHDOG_WEBHOOK_URL` says it",
    ("notifiers", "token"): "never written here: `TELEGRAM_BOT_TOKEN` says it",
    ("notifiers", "chat"): "the numeric id of the chat, negative for groups; default: `TELEGRAM_CHAT_ID`",
    ("notifiers", "api"): "of a Bot API server of your own",
    ("notifiers", "form"): "whose shape the JSON has; default: by the host of the URL, else `json`",
    ("notifiers", "headers"): "sent with every notification; secret ones only as `{env: NAME}`",
    ("notifiers", "tellings"): "what is sent; default: everything but `acting`, the beginning of each step",
    ("maintenance", "name"): "a name of your own: small letters, digits and -",
    (
        "maintenance",
        "cron",
    ): "minute, hour, day, month, day of the week (by name), in the local time of `TZ`; also in the nights when the clocks change each time happens once",
    ("maintenance", "for"): "how long nothing is touched",
    ("maintenance", "targets"): "targets, or services for all of their replicas; default: the whole stack",
    ("playbook file", "playbook"): "its name: that of the file without `.yml`",
    (
        "playbook file",
        "kind",
    ): "a remedy climbs until the target is well; a procedure does all of its steps (none yet)",
    ("playbook file", "autonomy"): "what it may do without a human yes; the smaller of this and the file's",
    ("playbook file", "otherwise"): "the last rung: a human is told",
    ("title", "en"): "in English",
    ("title", "fr"): "in French",
    ("for", "kind"): "the kind of check that it is a remedy for",
    ("step", "attempts"): "how often this rung is tried before the next one",
    ("step", "autonomy"): "the most that this step may do by itself; the smaller of this and the playbook's",
    ("step", "verify"): "what must be seen before the step counts, see below",
    ("verify", "within"): "the target must be well within this; its own start period comes on top",
    ("verify", "stable"): "and then stay well for so long without a break",
}

# Findings that are not made in one line with their status.
ABSENT: Mapping[str, tuple[str, ...]] = {
    "could_not_look": ("unknown",),
    "unknown": ("unknown",),
    "missing": ("critical",),
    "removed": ("critical",),
    "undefined": ("ok",),
    "froze": ("only told",),
    "released": ("only told",),
    "maintenance": ("only told",),
    # core/freshness.py, core/check_in.py
    "fresh": ("ok",),
    "closed": ("ok",),
    "late": ("warning",),
    "behind": ("warning",),
    "silent": ("critical",),
    "no_points": ("unknown",),
    "from_the_future": ("unknown",),
    "clock_was_set": ("unknown",),
    "misconfigured": ("unknown",),
    "checked_in": ("ok",),
    "check_in_awaited": ("ok, moving",),
    "check_in_late": ("warning",),
    "check_in_missed": ("critical",),
    "job_running": ("ok",),
    "job_overran": ("critical",),
    "job_failed": ("critical",),
    # core/disk.py, core/host.py, checks/disk.py
    "disk_roomy": ("ok",),
    "disk_low": ("warning",),
    "disk_critical": ("critical",),
    "inodes_low": ("warning",),
    "inodes_critical": ("critical",),
    "disk_steady": ("ok",),
    "disk_forecast": ("warning",),
    "inodes_forecast": ("warning",),
    "writes_doubtful": ("warning",),
    "writes_broken": ("critical",),
    "memory_fine": ("ok",),
    "memory_high": ("warning",),
    "load_fine": ("ok",),
    "load_high": ("warning",),
}
# What the codes mean where it matters which command answered.
ANSWERS = (
    (
        "`watchdog status`, `watchdog probe`",
        "0 all is well (a held target is), 1 something is not, or the engine is lost",
    ),
    ("`watchdog heal`", "0 it is well, 1 it is not, or not yet (`--wait`)"),
    ("`watchdog hold`, `watchdog release`, `watchdog retry`", "0 taken down, 1 refused"),
    (
        "`watchdog maintenance`, `watchdog silence`",
        "0 begun, ended or listed, 1 refused (several, and none is named), 4 there is none of that name",
    ),
    ("`watchdog config check`", "0 it can be used, 78 it cannot"),
    (
        "`watchdog run`",
        (
            "0 after SIGTERM or Ctrl-C, 1 the journal cannot be used, another watchdog runs, or it froze and ended "
            "itself, 75 the engine's socket refused for `engine.refused_exit` and had better be mounted anew, "
            "78 the configuration, or a journal of a newer watchdog"
        ),
    ),
)


def main() -> int:
    """Write every page, or say which one is stale."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in sys.argv[1:]:
        print(*(f"stale: {path.relative_to(ROOT)}" for path in stale), sep="\n")
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in stale:
        path.write_text(pages()[path], encoding="utf-8")
        print(f"written: {path.relative_to(ROOT)}")
    return 0


def pages() -> dict[Path, str]:
    """Every page with the text that it should have."""
    made: Mapping[str, Callable[[], str]] = {
        "cli.md": _cli,
        "exit-codes.md": _exit_codes,
        "configuration.md": _configuration,
        "playbooks.md": _playbooks,
        "findings.md": _findings,
        "socket.md": _socket,
    }
    return {FOLDER / name: f"{MADE}\n{page().strip()}\n" for name, page in made.items()}


def _cli() -> str:
    command = typer.main.get_command(app)
    told = get_docs_for_click(
        obj=command, ctx=typer.Context(command), name="watchdog", title="The command line"
    )
    return f"{told}\nWhat the exit codes mean: [exit-codes.md](exit-codes.md).\n"


def _exit_codes() -> str:
    meaning = dict(re.findall(r"(\d+) ([^,.]+(?:, failed or refused|, playbook or incident)?)", _all_exits()))
    rows = [
        (str(code.value), code.name.lower().replace("_", " "), meaning.get(str(code.value), ""))
        for code in Exit
    ]
    return "\n\n".join(
        ["# Exit codes", _table(("code", "name", "when"), rows), _table(("command", "its answers"), ANSWERS)]
    )


def _all_exits() -> str:
    return str(app.info.epilog)


def _configuration() -> str:
    parts = [
        "# Configuration",
        (
            "`watchdog.yml` says what is watched and how; playbooks say what is done; the environment says where things "
            "are and holds secrets. `watchdog config check` names every mistake at once, with its line and a fix. "
            "A commented file with every default: [config/watchdog.yml](../../config/watchdog.yml). "
            "Durations are written `30s`, `5m`, `1h30m`; a number without a unit is a mistake."
        ),
        "## watchdog.yml",
        *_sections(SECTIONS),
    ]
    for title, kinds in (("kinds of check", CHECKS), ("kinds of notifier", NOTIFIERS)):
        parts.append(f"## Parameters of the {title}")
        for name, kind in kinds.items():
            parts.append(f"### `kind: {name}`\n\n{_first(kind)}")
            parts.append(_keys("checks" if kinds is CHECKS else "notifiers", kind.parameters_type))
    parts += ["## A playbook file", *_sections(PLAYBOOK_SECTIONS), "## Parameters of the actions"]
    for name, action in ACTIONS.items():
        parts.append(f"### `{name}`\n\n{_first(action)}")
        parts.append(_keys("step", action.parameters_type))
    parts += [
        "## Labels of a container",
        _table(
            ("label", "what it says"),
            [
                ("`watchdog.enable=false`", "out of sight: not watched at all"),
                ("`watchdog.hold=true`", "watched and told, never touched"),
                (
                    "`watchdog.expect=running`",
                    "found down, and nobody saw who stopped it: bring it back, do not ask",
                ),
            ],
        ),
        "## Environment",
        (
            "From the environment, from `.env` in the folder where watchdog is started, or from files in `/run/secrets`, "
            "in this order of weight. Every variable whose name looks like that of a secret is kept out of logs, "
            "messages and the journal."
        ),
        _table(("variable", "one of", "default"), [_variable(name) for name in Settings.model_fields]),
    ]
    return "\n\n".join(parts)


def _variable(name: str) -> tuple[str, ...]:
    field = Settings.model_fields[name]
    known = {
        "config": "`config/watchdog.yml`; in an image `/etc/watchdog/watchdog.yml`",
        "listen": "what `web.listen` says",
        "state_dir": "`/var/lib/watchdog` if it can be written, else `~/.local/state/watchdog`",
    }
    return f"`WATCHDOG_{name.upper()}`", _type(field.annotation), known.get(name) or _default(field)


def _sections(which: Mapping[str, tuple[str, type[BaseModel]]]) -> Iterable[str]:
    for title, (name, model) in which.items():
        yield f"### {title}"
        yield _keys(name, model)


def _keys(section: str, model: type[BaseModel]) -> str:
    if not model.model_fields:
        return "Nothing to set."
    rows = []
    for name, field in ((field.alias or name, field) for name, field in model.model_fields.items()):
        rows.append((f"`{name}`", _values(field), _default(field), _meaning(section, name, model)))
    return _table(("key", "value", "default", "meaning"), rows)


def _values(field: Any) -> str:
    bounds = {
        name: getattr(each, name) for each in field.metadata for name in ("ge", "le") if hasattr(each, name)
    }
    span = any(getattr(each, "func", None) is parse_duration for each in field.metadata)
    show = (
        (lambda number: show_duration(number) if number else "0s") if span else (lambda number: f"{number:g}")
    )
    text = "duration" if span else field.description or _type(field.annotation)
    if "ge" in bounds and "le" in bounds:
        text += f", {show(bounds['ge'])} to {show(bounds['le'])}"
    elif "ge" in bounds:
        text += f", at least {show(bounds['ge'])}"
    return text


def _type(kind: Any) -> str:
    text = str(kind)
    choices = [each.value for each in _enum(kind)]
    if "Literal" in text:
        choices = re.findall(r"'([^']*)'", text)
    if choices:
        return " \\| ".join(f"`{choice}`" for choice in choices)
    plain = {"int": "whole number", "float": "number", "bool": "`true` \\| `false`", "Path": "path"}
    return next(
        (words for word, words in plain.items() if word in text), "a mapping" if "Any" in text else "text"
    )


def _enum(kind: Any) -> Iterable[Any]:
    if inspect.isclass(kind) and hasattr(kind, "__members__"):
        return tuple(kind)
    return tuple(each for inner in getattr(kind, "__args__", ()) for each in _enum(inner))


def _default(field: Any) -> str:
    if field.default is PydanticUndefined:
        return "required"
    if field.default is None or field.default == "":
        return ""
    default = getattr(field.default, "value", field.default)
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, float) and "duration" in _values(field):
        return f"`{show_duration(default) if default else '0s'}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def _meaning(section: str, name: str, model: type[BaseModel]) -> str:
    if (section, name) in WORDS:
        return WORDS[section, name]
    text = (ROOT / "config" / "watchdog.yml").read_text("utf-8")
    found = re.search(rf"^[# ]*{name}: [^#\n]*?# (.+)$", text, re.MULTILINE)
    if found:
        return found[1].strip()
    if section == "targets":
        found = re.search(rf"^  # {name}: \S+\s+(.+)$", text, re.MULTILINE)
        if found:
            return found[1].strip()
    if issubclass(model, Parameters):
        return (inspect.getdoc(model) or "").splitlines()[0]
    raise SystemExit(
        f"scripts/docs.py has no words for {section}.{name}: add them to WORDS or to config/watchdog.yml"
    )


def _head(file: Path) -> list[str]:
    """What a playbook's file says of itself before its first key."""
    lines = file.read_text("utf-8").splitlines()
    said = itertools.takewhile(lambda line: line.startswith("#"), lines)
    text = " ".join(line.lstrip("# ") for line in said)
    return [text] if text else []


def _does(step: Step) -> str:
    does = ENGLISH.actions.get(step.action, step.action)
    asks = "; needs a human yes" if step.autonomy is Autonomy.PROPOSE else ""
    when = f"; only when {', '.join(f'`{each}`' for each in sorted(step.when))}" if step.when else ""
    return f"{does}{asks}{when}"


def _playbooks() -> str:
    report = Report()
    shelf = read_playbooks(ROOT / "config" / "playbooks", report)
    parts = [
        "# Playbooks",
        (
            "The remedies that watchdog ships with, from [config/playbooks](../../config/playbooks). "
            "What one would do to a target right now: `watchdog plan PLAYBOOK TARGET`."
        ),
    ]
    for name, playbook in sorted(shelf.playbooks.items()):
        titles = "; ".join(f"{language}: {title}" for language, title in playbook.title.items())
        parts.append(f"## {name}")
        parts.append(
            f"{titles}. A {playbook.kind.value} for checks of kind `{playbook.target_kind}`, "
            f"autonomy `{playbook.autonomy.value}`."
        )
        parts += _head(shelf.names[name])
        rows: list[tuple[str, ...]] = []
        for number, rung in enumerate(playbook.rungs, 1):
            verify = rung.step.verify
            rows.append(
                (
                    str(number),
                    f"`{rung.step.action}`" + (f" on `{rung.step.on}`" if rung.step.on else ""),
                    _does(rung.step),
                    ", ".join(
                        " ".join(
                            (f"`{each.action}`", *(f"{key}: {value}" for key, value in each.params.items()))
                        )
                        for each in rung.companions
                    ),
                    f"`{rung.decider.action}`" if rung.decider else "",
                    str(rung.step.attempts),
                    f"within {show_duration(verify.within)}, stable {show_duration(verify.stable)}",
                )
            )
        rows.append(
            (str(len(playbook.rungs) + 1), "a human", "is told (`otherwise: escalate`)", "", "", "", "")
        )
        columns = (
            "rung",
            "action",
            "what it does",
            "beside it",
            "decided by",
            "attempts",
            "counts when well",
        )
        parts.append(_table(columns, rows))
    parts += [
        "## Actions",
        _table(
            ("action", "what it is", "changes something", "may be done once more after a crash of watchdog"),
            [
                (f"`{name}`", _first(action), _yes(action.changes), _yes(action.repeatable))
                for name, action in ACTIONS.items()
            ],
        ),
    ]
    return "\n\n".join(parts)


def _findings() -> str:
    seen = _judged()
    rows = [
        (f"`{kind}`", words, ", ".join(sorted(seen.get(kind, set()))) or "")
        for kind, words in ENGLISH.findings.items()
    ]
    standings = [
        (f"`{state}`", standing.word, standing.next, "<br>".join(f"`{each}`" for each in standing.commands))
        for state, standing in ENGLISH.standings.items()
    ]
    tellings = [(f"`{name}`", told.title, "<br>".join(told.lines)) for name, told in ENGLISH.tellings.items()]
    return "\n\n".join(
        [
            "# Findings, standings, tellings",
            (
                "The closed lists of words that JSON, journal and messages share, with what people read. `{...}` is filled "
                "in. These keys are never renamed; the words may change."
            ),
            "## What a check can find",
            (
                "Read after the name of the target. Only `critical` is a reason to act, and only when it is settled: "
                "*moving* means that it is looked at again first. `unknown` is never a reason."
            ),
            _table(("finding", "in words", "judged"), rows),
            "## How a target can stand (`watchdog status`, key `state`)",
            _table(("state", "in a word", "what is next", "you can"), standings),
            "## What people are told",
            _table(("telling", "title", "lines"), tellings),
            "## Why a human is needed",
            _table(("reason", "in words"), [(f"`{k}`", v) for k, v in ENGLISH.reasons.items()]),
            "## How a step and an incident can end",
            _table(("result of a step", "in words"), [(f"`{k}`", v) for k, v in ENGLISH.results.items()]),
            _table(
                ("ending of an incident", "in words"), [(f"`{k}`", v) for k, v in ENGLISH.endings.items()]
            ),
        ]
    )


def _judged() -> dict[str, set[str]]:
    """By finding: the statuses that core/judgement.py gives it, read from its source."""
    found = {kind: set(judged) for kind, judged in ABSENT.items()}
    for call in ast.walk(ast.parse(inspect.getsource(judgement))):
        if not isinstance(call, ast.Call) or len(call.args) < 2:  # noqa: PLR2004 - status and kind
            continue
        status, kind = call.args[0], call.args[1]
        if isinstance(status, ast.Attribute) and isinstance(kind, ast.Constant):
            moving = any(
                word.arg == "settled" and isinstance(word.value, ast.Constant) and word.value.value is False
                for word in call.keywords
            )
            found.setdefault(str(kind.value), set()).add(
                f"{status.attr.lower()}{', moving' if moving else ''}"
            )
    return found


def _socket() -> str:
    return "\n\n".join(
        [
            "# The control socket",
            (
                "What the command line speaks, for programs of your own: HTTP and JSON over `control.sock` in the state "
                "folder. Try: `curl -s --unix-socket .run/state/control.sock http://watchdog/status`."
            ),
            "```text\n" + (inspect.getdoc(control) or "") + "\n```",
            "## Shapes",
            "```text\n" + (inspect.getdoc(shapes) or "") + "\n```",
        ]
    )


def _first(kind: type[Any]) -> str:
    return (inspect.getdoc(kind) or "").splitlines()[0]


def _yes(truth: object) -> str:
    return "yes" if truth else "no"


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "\n".join("| " + " | ".join(cell.replace("\n", " ") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
