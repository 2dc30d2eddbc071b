"""YAML text -> a tree of nodes that know their file, line, column and key: the only file that imports yaml.

Composed rather than loaded, so that every problem can say where it is. Built so that no text whatever brings
down the daemon: depth, size and aliases are bounded before the C library, which recurses, is let loose on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from watchdog.config.files import Disk, Files, NotRegular
from watchdog.core.problem import Place, Report, show_key, show_text
from watchdog.core.redaction import names_secret

LARGEST = 256 * 1024
DEEPEST = 32
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_AS_WRITTEN = frozenset({f"{_TAG}{kind}" for kind in ("str", "timestamp", "value")})
_READ = frozenset({f"{_TAG}{kind}" for kind in ("bool", "float", "int", "null")})
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Node:
    """One value of a file, with its place.

    Attributes:
        path: the keys that lead to it; a number for an item of a list.
        value: as plain data (dict, list, text, number, truth, None).
        text: a scalar as it was written, "" for the others.
        entries: of a mapping, by key; `key_places` says where each key stands.
        items: of a list.
        broken: what is wrong with it was told already, and it stands for nothing.
    """

    place: Place
    path: tuple[str | int, ...] = ()
    value: Any = None
    text: str = ""
    entries: Mapping[str, Node] = field(default_factory=dict)
    key_places: Mapping[str, Place] = field(default_factory=dict)
    items: tuple[Node, ...] = ()
    broken: bool = False

    @property
    def key(self) -> str:
        """Its path as shown to people: `steps[1].verify`."""
        return show_key(self.path)

    @property
    def shown(self) -> str:
        """Its value as shown to people: bounded, and hidden when its key looks like that of a secret."""
        if any(isinstance(part, str) and names_secret(part) for part in self.path):
            return "a value that is not shown"
        if isinstance(self.value, dict | list):
            return "a mapping" if isinstance(self.value, dict) else "a list"
        if self.value is None:
            return "nothing"
        return show_text(self.text, quoted=isinstance(self.value, str))

    def place_of(self, key: str) -> Place:
        """Where the value of this key stands; where the key stands if the value is empty or long."""
        at_key = self.key_places.get(key, self.place)
        child = self.entries.get(key)
        if child is None or not child.text or child.place.line != at_key.line:
            return at_key
        return child.place


def read_document(path: Path, report: Report, files: Files | None = None) -> Node | None:
    """The tree of one file; None, with the reason in the report, when there is none."""
    file = str(path)
    start = Place(file)
    try:
        data = (files or Disk()).read(path, LARGEST + 1)
    except IsADirectoryError:
        fix = "Docker makes a folder of a bind mount whose file is missing: remove it, create the file"
        report.add(start, "is a folder", fix=fix)
        return None
    except NotRegular:
        report.add(start, "is no regular file", fix="write the configuration to a file")
        return None
    except FileNotFoundError:
        report.add(
            start, "not found", fix="mount it there, or set WATCHDOG_CONFIG to the path of your watchdog.yml"
        )
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        report.add(
            start,
            f"cannot be read: {reason}",
            fix="let the user that watchdog runs as read it (chmod, chown)",
        )
        return None
    if len(data) > LARGEST:
        report.add(start, f"is larger than {LARGEST // 1024} KiB", fix="is this the right file?")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        report.add(replace(start, line=line), "is not UTF-8 text", fix="save it as UTF-8")
        return None
    return parse_document(text, file, report)


def parse_document(text: str, file: str, report: Report) -> Node | None:
    """The same for text that was already read. An empty document gives None without a word."""
    try:
        if not _is_shallow(text, file, report):
            return None
        root = yaml.compose(text, _LOADER)
    except yaml.YAMLError as error:
        _report_syntax(error, text, file, report)
        return None
    node = None if root is None else _Builder(file, report).build(root, ())
    return None if node is None or (node.value is None and not node.broken) else node


def _is_shallow(text: str, file: str, report: Report) -> bool:
    """Whether composing is safe: the C composer recurses, and dies on some hundred thousand levels."""
    depth = 0
    for event in yaml.parse(text, _LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                place = _at(file, event)
                report.add(place, f"nested deeper than {DEEPEST} levels", fix="nothing here needs so many")
                return False
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return True


def _report_syntax(error: yaml.YAMLError, text: str, file: str, report: Report) -> None:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        where = text[: getattr(error, "position", 0) or 0]
        place = Place(file, len(_LINE_END.split(where)))
        report.add(place, "holds a character that YAML does not allow", fix="remove control characters")
        return
    lines = _LINE_END.split(text)
    line = lines[mark.line] if mark.line < len(lines) else ""
    indentation = line[: len(line) - len(line.lstrip())]
    if "\t" in indentation:
        place = Place(file, mark.line + 1, indentation.index("\t") + 1)
        report.add(place, "tab used for indentation", fix="use spaces")
        return
    problem = getattr(error, "problem", None) or "cannot be understood"
    if "another document" in problem:
        what, fix = "holds a second document", "keep one, and no `---` between"
    elif "undefined alias" in problem:
        what, fix = "an alias (*name) refers to an anchor (&name) that is not there", "define it above"
    elif "mapping values are not allowed" in problem:
        what, fix = (
            "a second `: ` where one was expected",
            "check the indentation; quote text that holds `: `",
        )
    else:
        what, fix = f"no valid YAML: {problem}", "check indentation, quotes and brackets here and just above"
    report.add(Place(file, mark.line + 1, mark.column + 1), what, fix=fix)


class _Builder:
    """Turns composed YAML nodes into ours, each once however often an alias names it."""

    def __init__(self, file: str, report: Report) -> None:
        self._file = file
        self._report = report
        self._scalars = yaml.constructor.SafeConstructor()
        self._done: dict[yaml.Node, Node] = {}
        self._open: set[yaml.Node] = set()

    def build(self, raw: yaml.Node, path: tuple[str | int, ...]) -> Node:
        if raw in self._done:
            return self._done[raw]
        node = Node(place=self._place(raw), path=path)
        if raw in self._open:
            self._report.add(
                node.place, "an alias (*name) lies inside what it refers to", key=node.key, fix="write it out"
            )
            return replace(node, broken=True)
        self._open.add(raw)
        if isinstance(raw, yaml.MappingNode):
            node = self._build_mapping(raw, node)
        elif isinstance(raw, yaml.SequenceNode):
            node = self._build_list(raw, node)
        else:
            node = self._build_scalar(raw, node)
        self._open.remove(raw)
        self._done[raw] = node
        return node

    def _build_mapping(self, raw: yaml.MappingNode, node: Node) -> Node:
        broken = not self._known_tag(raw, node, f"{_TAG}map")
        entries: dict[str, Node] = {}
        places: dict[str, Place] = {}
        merged: list[Node] = []
        for raw_key, raw_value in raw.value:
            at = self._place(raw_key)
            if not isinstance(raw_key, yaml.ScalarNode):
                self._report.add(at, "a key must be plain text", key=node.key, fix="quote it")
                continue
            if raw_key.tag == _MERGE:
                merged += self._merged(raw_value, node)
                continue
            # As written: `on`, `5` and `null` are keys like any other.
            key = raw_key.value
            child = self.build(raw_value, (*node.path, key))
            if key in entries:
                self._report.add(
                    at,
                    f"defined twice (first at line {places[key].line})",
                    key=show_key((*node.path, key)),
                    fix="remove or rename one of them",
                )
                continue
            entries[key], places[key] = child, at
        for other in merged:
            for key, child in other.entries.items():
                if key not in entries:
                    entries[key], places[key] = child, other.key_places[key]
        value = {key: child.value for key, child in entries.items()}
        return replace(node, value=value, entries=entries, key_places=places, broken=broken)

    def _merged(self, raw: yaml.Node, node: Node) -> list[Node]:
        """What `<<:` brings in, the first winning."""
        sources = raw.value if isinstance(raw, yaml.SequenceNode) else [raw]
        found = []
        for source in sources:
            if isinstance(source, yaml.MappingNode):
                found.append(self.build(source, node.path))
            else:
                self._report.add(
                    self._place(source),
                    "`<<` can only take in mappings",
                    key=node.key,
                    fix="write the keys out",
                )
        return found

    def _build_list(self, raw: yaml.SequenceNode, node: Node) -> Node:
        broken = not self._known_tag(raw, node, f"{_TAG}seq")
        items = tuple(self.build(item, (*node.path, index)) for index, item in enumerate(raw.value))
        return replace(node, value=[item.value for item in items], items=items, broken=broken)

    def _build_scalar(self, raw: yaml.Node, node: Node) -> Node:
        text = str(raw.value)
        node = replace(node, text=text, value=text)
        # 1:30 would be 90 to YAML 1.1, which nobody means.
        if raw.tag in _AS_WRITTEN or ":" in text:
            return node
        if not self._known_tag(raw, node, *_READ):
            return replace(node, broken=True)
        try:
            return replace(node, value=self._scalars.construct_object(raw))
        except (yaml.YAMLError, ValueError, KeyError, ArithmeticError, IndexError):
            kind = raw.tag.removeprefix(_TAG)
            self._report.add(
                node.place,
                f"cannot be read as {kind}",
                key=node.key,
                got=node.shown,
                fix="quote it if it is text",
            )
            return replace(node, broken=True)

    def _known_tag(self, raw: yaml.Node, node: Node, *known: str) -> bool:
        if raw.tag in known:
            return True
        tag = show_text(raw.tag.replace(_TAG, "!!"))
        self._report.add(node.place, f"tag {tag} is not known here", key=node.key, fix="remove the tag")
        return False

    def _place(self, raw: yaml.Node) -> Place:
        return _at(self._file, raw)


def _at(file: str, something: yaml.Node | yaml.Event) -> Place:
    mark: Any = something.start_mark
    return Place(file, mark.line + 1, mark.column + 1)
