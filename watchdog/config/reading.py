"""One mapping of a file against one model, every complaint translated into a problem with its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from watchdog.config.document import Node
from watchdog.core.duration import parse_duration, show_duration
from watchdog.core.problem import Place, Report, show_key, show_text, suggest
from watchdog.core.redaction import names_secret

M = TypeVar("M", bound=BaseModel)

# What pydantic's types are called by people, and an example of each.
_WANTED = {
    "bool": ("true or false", "write true or false without quotes"),
    "int": ("a whole number", "write it without quotes, such as 3"),
    "float": ("a number", "write it without quotes, such as 1.5"),
    "finite": ("a number", "write it without quotes, such as 1.5"),
    "string": ("text", "write text; quote what looks like a number"),
    "dict": ("a mapping", "write `key: value` lines"),
    "model": ("a mapping", "write `key: value` lines"),
    "list": ("a list", "write `- item` lines"),
    "tuple": ("a list", "write `- item` lines"),
}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}
_FIXES = {
    "ge": "write {} or more",
    "gt": "write more than {}",
    "le": "write {} or less",
    "lt": "write less than {}",
}


def is_mapping(node: Node, report: Report, *, fix: str = "") -> bool:
    """Whether the node can be read as a mapping; an empty one can. Reports it otherwise."""
    if node.value is None or isinstance(node.value, dict):
        return True
    report.add(
        node.place,
        "must be a mapping of keys",
        key=node.key,
        got=node.shown,
        fix=fix or "write `key: value` lines",
    )
    return False


def read(
    model: type[M],
    node: Node,
    report: Report,
    *,
    leave: Iterable[str] = (),
    given: Mapping[str, Any] | None = None,
) -> M | None:
    """The node as this model, or None with every reason in the report.

    Args:
        model: a pydantic model that forbids unknown keys and hides its input in errors.
        node: a mapping.
        report: where problems go.
        leave: keys that somebody else reads.
        given: values from elsewhere, known to be good, for keys that are not written here.
    """
    if not is_mapping(node, report):
        return None
    left = set(leave)
    data = dict(given or {}) | {key: child.value for key, child in node.entries.items() if key not in left}
    try:
        return model.model_validate(data)
    except ValidationError as error:
        known = {field.alias or name for name, field in model.model_fields.items()} | left
        for complaint in error.errors(include_url=False, include_input=False):
            _translate(complaint, node, model, known, report)
        return None


def report_unknown(node: Node, key: str, what: str, known: Iterable[str], report: Report) -> None:
    """Say that the value of this key names something that does not exist."""
    shown = node.entries[key].shown
    path = show_key((*node.path, key))
    report.add(
        node.place_of(key), f"{shown} is no {what}", key=path, fix=suggest(node.entries[key].text, known)
    )


def _translate(
    complaint: Mapping[str, Any], node: Node, model: type[BaseModel], known: set[str], report: Report
) -> None:
    """One complaint of pydantic, in our words."""
    kind, where = str(complaint["type"]), tuple(complaint["loc"])
    holder, rest = _descend(node, where)
    name = str(rest[0]) if rest else ""
    path = (*holder.path, rest[0]) if rest else holder.path
    key = show_key(path)
    if kind == "missing":
        report.add(holder.place, "missing", key=key, fix="add it")
        return
    if kind == "extra_forbidden":
        meant = suggest(name, known if len(where) == 1 else ())
        report.add(holder.key_places.get(name, holder.place), "unknown key", key=key, fix=meant)
        return
    child = holder.entries.get(name, holder)
    described = model.model_fields[name].description if name in model.model_fields else None
    if child.broken:
        return
    what, fix = _explain(kind, complaint, child, described)
    place: Place = holder.place_of(name) if name in holder.entries else child.place
    hidden = any(isinstance(part, str) and names_secret(part) for part in path)
    if hidden and kind in ("value_error", "assertion_error"):
        # A validator's own words may quote what it was given.
        what, fix = "is not valid", "correct it"
    said = kind in ("value_error", "assertion_error") and bool(child.text) and child.text in what
    got = "" if said else child.shown
    report.add(place, what, key=key, got=got, fix=fix)


def _descend(node: Node, where: tuple[int | str, ...]) -> tuple[Node, tuple[int | str, ...]]:
    """The innermost node that the location leads to that has the rest of the location as its key."""
    while len(where) > 1:
        part = where[0]
        if isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        elif (
            isinstance(part, str)
            and part in node.entries
            and isinstance(node.entries[part].value, dict | list)
        ):
            node = node.entries[part]
        else:
            break
        where = where[1:]
    if where and isinstance(where[0], int) and where[0] < len(node.items):
        return node.items[where[0]], ()
    return node, where


def _explain(kind: str, complaint: Mapping[str, Any], child: Node, described: str | None) -> tuple[str, str]:
    """What is wrong, and what to do about it."""
    context = complaint.get("ctx") or {}
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        bound = _in_its_unit(context.get(name), child)
        return f"must be {words} {bound}", _FIXES[name].format(bound)
    if kind in ("enum", "literal_error"):
        choices = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        if len(choices) == 1:
            return f"can only be {choices[0]}", f"write {choices[0]}, or remove the key"
        near = difflib.get_close_matches(child.text[:80], choices, n=1)
        return (
            f"must be one of {', '.join(choices)}",
            f'did you mean "{near[0]}"?' if near else "write one of them",
        )
    if kind == "string_pattern_mismatch":
        return f"must be {described or 'of the form ' + str(context.get('pattern'))}", "correct it"
    if kind == "too_short" and not child.value:
        return "is empty", "name at least one"
    if kind == "string_too_short":
        return "must not be empty", "write something, or remove the key"
    if kind in ("value_error", "assertion_error"):
        what, _, fix = _own_words(str(complaint["msg"])).partition("; ")
        return what, fix or "correct it"
    what, fix = _WANTED.get(kind.partition("_")[0], ("", ""))
    return (f"must be {what}", fix) if what else (_own_words(str(complaint["msg"])), "correct it")


def _own_words(message: str) -> str:
    """A validator's own words, fit to be shown."""
    message = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return show_text(message[:1].lower() + message[1:], longest=200)


def _in_its_unit(bound: Any, child: Node) -> str:
    """A bound of a duration as a duration, any other as it is."""
    if isinstance(child.value, str):
        try:
            parse_duration(child.value)
        except ValueError:
            return f"{bound:g}"
        return show_duration(float(bound))
    return f"{bound:g}" if isinstance(bound, float) else str(bound)
