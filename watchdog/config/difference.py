"""What is different between two configurations, key by key as a person would have written it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from enum import Enum
from typing import Any

from pydantic import BaseModel, BeforeValidator, SecretStr

from watchdog.config.records import CheckConfig, Config, Recurring, TargetConfig
from watchdog.core.diagnosis import Rule, Rules, Sign
from watchdog.core.duration import parse_duration, show_duration
from watchdog.core.playbook import Playbook, Step
from watchdog.core.problem import show_text
from watchdog.core.redaction import names_secret
from watchdog.core.run import Then
from watchdog.plugins import Notifier

# What takes its place while the daemon runs. All the rest is what the daemon was built with, and stays.
SWAPPED = frozenset(
    {
        "autonomy",
        "boot_grace",
        "budget",
        "checks",
        "dependencies",
        "flapping",
        "journal",
        "limits",
        "diagnoses",
        "maintenance",
        "messages",
        "notifiers",
        "playbooks",
        "proposals",
        "stand_aside",
        "storm",
        "sweep",
        "targets",
        "tell_hold_after",
        "tell_warning_after",
        "verify_every",
    }
)
_NOT_WRITTEN = frozenset({"sources"})
_IN_THEIR_OWN_WAY = _NOT_WRITTEN | {"checks", "notifiers", "targets", "playbooks", "diagnoses", "maintenance"}
_KEYS = {"limits": "guardrails"}
# Our own fractions are spans in seconds, but for these.
_NO_SPANS = frozenset({"guardrails.factor", "storm.share", "storm.over_below"})
# What a step says beside its action; the rest is the action's own.
_STEP_KEYS = frozenset({"verify", "on", "attempts", "autonomy"})
_LONGEST = 400
_HIDDEN = "[hidden]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One key that says something else than before.

    Attributes:
        key: as in the file: `guardrails.attempts`; of a playbook file `playbooks.NAME.steps`.
        before, after: fit to be shown, secrets hidden; None where the key was not, or is no more.
        needs_restart: it is not in force yet.
    """

    key: str
    before: str | None
    after: str | None
    needs_restart: bool = False


def compare(old: Config, new: Config) -> tuple[Change, ...]:
    """Every key that differs, by name."""
    before, after = dict(_flatten(old)), dict(_flatten(new))
    restart = {_KEYS.get(name, name) for name in _built_with()}
    return tuple(
        Change(
            key=key,
            before=_show(key, before[key]) if key in before else None,
            after=_show(key, after[key]) if key in after else None,
            needs_restart=key.partition(".")[0] in restart,
        )
        for key in sorted({*before, *after})
        if before.get(key, MISSING) != after.get(key, MISSING)
    )


def take_over(old: Config, new: Config) -> Config:
    """The new configuration as far as it can be in force without a restart.

    Checks and notifiers that are configured as before stay the very same, with what they remember.
    """
    stays = {name: getattr(old, name) for name in _built_with()}
    checks = tuple(
        next((replace(check, check=same.check) for same in old.checks if _is_same(same, check)), check)
        for check in new.checks
    )
    notifiers = tuple(
        next((same for same in old.notifiers if _plain_notifier(same) == _plain_notifier(notifier)), notifier)
        for notifier in new.notifiers
    )
    return replace(new, checks=checks, notifiers=notifiers, **stays)


def _built_with() -> tuple[str, ...]:
    return tuple(each.name for each in fields(Config) if each.name not in SWAPPED | _NOT_WRITTEN)


def _is_same(one: CheckConfig, other: CheckConfig) -> bool:
    return (one.name, one.check.kind, one.check.parameters) == (
        other.name,
        other.check.kind,
        other.check.parameters,
    )


def _plain_notifier(notifier: Notifier[Any]) -> tuple[Any, ...]:
    return (notifier.name, notifier.kind, notifier.parameters)


@dataclass(frozen=True, slots=True)
class _Span:
    """Seconds."""

    seconds: float


def _flatten(config: Config) -> Iterator[tuple[str, Any]]:
    for check in config.checks:
        key = f"checks.{check.name}"
        yield f"{key}.kind", check.check.kind
        yield from _parameters(key, check.check.parameters)
        for name in ("playbook", "severity", "within"):
            yield from _walk(f"{key}.{name}", getattr(check, name))
    for notifier in config.notifiers:
        yield f"notifiers.{notifier.name}.kind", notifier.kind
        yield from _parameters(f"notifiers.{notifier.name}", notifier.parameters)
    for name, target in config.targets.items():
        yield from _target(f"targets.{name}", target)
    for name, playbook in config.playbooks.items():
        yield from _playbook(f"playbooks.{name}", playbook)
    for name, rules in config.diagnoses.items():
        yield from _rules(f"diagnoses.{name}", rules)
    for name, window in config.maintenance.items():
        yield from _maintenance(f"maintenance.{name}", window)
    for each in fields(Config):
        if each.name not in _IN_THEIR_OWN_WAY:
            yield from _walk(_KEYS.get(each.name, each.name), getattr(config, each.name))


def _walk(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The keys and values under one key, of records that are held as they are written."""
    if _is_section(value):
        for each in fields(value):
            yield from _walk(f"{key}.{each.name}", getattr(value, each.name))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _walk(f"{key}.{name}", inner)
    elif isinstance(value, float) and key not in _NO_SPANS:
        yield key, _Span(value)
    else:
        yield key, value


def _is_section(value: Any) -> bool:
    """A record, but not one that is written as a single value."""
    return is_dataclass(value) and type(value).__str__ is object.__str__


def _parameters(key: str, parameters: BaseModel) -> Iterator[tuple[str, Any]]:
    for name, field in type(parameters).model_fields.items():
        value = getattr(parameters, name)
        span = any(isinstance(m, BeforeValidator) and m.func is parse_duration for m in field.metadata)
        yield f"{key}.{name}", _Span(value) if span and value is not None else value


def _playbook(key: str, playbook: Playbook) -> Iterator[tuple[str, Any]]:
    yield f"{key}.autonomy", playbook.autonomy
    yield f"{key}.title", ", ".join(f"{language}: {text}" for language, text in playbook.title.items())
    yield f"{key}.steps", ", ".join(map(_step, playbook.steps))


def _maintenance(key: str, window: Recurring) -> Iterator[tuple[str, Any]]:
    yield f"{key}.cron", window.cron
    yield f"{key}.for", _Span(window.lasts)
    if window.targets is not None:
        yield f"{key}.targets", window.targets


def _rules(key: str, rules: Rules) -> Iterator[tuple[str, Any]]:
    yield f"{key}.lines", rules.lines.pattern if rules.lines else ""
    yield f"{key}.causes", ", ".join(map(_rule, rules.rules))


def _target(key: str, target: TargetConfig) -> Iterator[tuple[str, Any]]:
    """What the file says of a target; what it leaves to the check it does not say."""
    if not target.wishes.enabled:
        yield f"{key}.enable", False
    if target.wishes.hold:
        yield f"{key}.hold", True
    if target.wishes.expect_running:
        yield f"{key}.expect", "running"
    for name in ("depends_on", "priority"):
        if getattr(target.wishes, name) is not None:
            yield f"{key}.{name}", getattr(target.wishes, name)
    for name in ("severity", "playbook"):
        if getattr(target, name) is not None:
            yield f"{key}.{name}", getattr(target, name)


def _step(step: Step) -> str:
    """A step in a line: its action, and what is not as it would be by default."""
    said = [f"{name}: {_plain(inner)}" for name, inner in step.params.items()]
    said += [
        f"{each.name}: {_plain(getattr(step, each.name))}"
        for each in fields(Step)
        if each.name in _STEP_KEYS and getattr(step, each.name) != _default(each)
    ]
    return f"{step.action} ({', '.join(said)})" if said else step.action


def _rule(rule: Rule) -> str:
    """A cause in a line: its signs, and what follows."""
    signs = [_said(sign, Sign()) for sign in rule.signs]
    then = _said(rule.then, Then(way=rule.then.way, cause=rule.cause))
    told = " as told" if rule.told else ""
    return f"{rule.cause} ({' or '.join(signs) or 'always'}): {rule.then.way.value}{told} {then}".rstrip()


def _said(record: Any, plain: Any) -> str:
    """What of a record is not as it would be by default."""
    values = {each.name: getattr(record, each.name) for each in fields(record)}
    said = {name: value for name, value in values.items() if value != getattr(plain, name)}
    return ", ".join(
        f"{name}: {value.pattern if isinstance(value, re.Pattern) else _plain(value)}"
        for name, value in said.items()
    )


def _default(each: Field[Any]) -> Any:
    return each.default_factory() if each.default_factory is not MISSING else each.default


def _show(key: str, value: Any) -> str:
    if isinstance(value, SecretStr) or names_secret(key):
        return _HIDDEN
    return show_text(_plain(value), longest=_LONGEST)


def _plain(value: Any) -> str:
    match value:
        case _Span():
            return show_duration(value.seconds)
        case bool():
            return "true" if value else "false"
        case Enum():
            return str(value.value)
        case None:
            return "off"
        case float():
            return f"{value:g}"
        case Mapping():
            return "{" + ", ".join(f"{name}: {_plain(inner)}" for name, inner in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_plain, value)) + "]"
        case _ if _is_section(value):
            held = ((each.name, getattr(value, each.name)) for each in fields(value))
            return _plain({name: _Span(inner) if isinstance(inner, float) else inner for name, inner in held})
        case _:
            return str(value)
