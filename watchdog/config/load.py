"""watchdog.yml and its playbooks -> Config, or every problem of all files at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from watchdog import __version__
from watchdog.config.channels import Given, default_notifiers, read_notifier
from watchdog.config.checks import make_check
from watchdog.config.document import Node, read_document
from watchdog.config.files import Disk, Files
from watchdog.config.kinds import build
from watchdog.config.playbooks import Shelf, find_folder, read_playbooks
from watchdog.config.reading import is_mapping, read
from watchdog.config.records import (
    CheckConfig,
    ComposeLimits,
    Config,
    DependencyLimits,
    EngineLimits,
    JournalLimits,
    Messages,
    ProposalLimits,
    TargetConfig,
    Watch,
    Web,
)
from watchdog.config.recurring import read_recurring
from watchdog.config.sections import (
    AsideSection,
    BudgetSection,
    CheckSection,
    ComposeSection,
    DependenciesSection,
    EngineSection,
    FileSection,
    FlappingSection,
    GuardrailsSection,
    HeartbeatSection,
    JournalSection,
    LivenessSection,
    MessagesSection,
    ProposalsSection,
    Section,
    StormSection,
    TargetSection,
    WatchSection,
    WebSection,
    is_target_name,
)
from watchdog.config.waits import check_heartbeat, check_waits
from watchdog.core.budget import BudgetLimits
from watchdog.core.dependency import find_cycle
from watchdog.core.errors import ConfigError
from watchdog.core.flapping import FlapLimits
from watchdog.core.freeze import Liveness
from watchdog.core.guardrail import Limits
from watchdog.core.playbook import NO_PLAYBOOK, PlaybookKind
from watchdog.core.problem import Place, Report, show_text, suggest
from watchdog.core.progress import Pace
from watchdog.core.redaction import hide
from watchdog.core.stand_aside import AsideLimits
from watchdog.core.storm import StormLimits
from watchdog.core.target import Wishes
from watchdog.plugins import Check, Notifier
from watchdog.registry import CHECK_KINDS, CHECKS
from watchdog.settings import known_secrets

VERSION = 1
# What a file gets that says nothing of checks and notifiers.
DEFAULT_CHECK = "containers"
DEFAULT_KIND = "container"
DEFAULT_PLAYBOOK = "container-crash"
# Of a target that a check brings of its own.
_NO_CONTAINER, _REMOVE = "is for containers, and this one is what a check brings of its own", "remove the key"

# By field of Config: the section that says it, the key where that stands, and the record that is made of it.
_LIMITS: dict[str, tuple[type[Section], str, type[Any]]] = {
    "web": (WebSection, "web", Web),
    "engine": (EngineSection, "engine", EngineLimits),
    "compose": (ComposeSection, "compose", ComposeLimits),
    "proposals": (ProposalsSection, "proposals", ProposalLimits),
    "heartbeat": (HeartbeatSection, "heartbeat", Pace),
    "liveness": (LivenessSection, "liveness", Liveness),
    "journal": (JournalSection, "journal", JournalLimits),
    "limits": (GuardrailsSection, "guardrails", Limits),
    "messages": (MessagesSection, "messages", Messages),
    "budget": (BudgetSection, "budget", BudgetLimits),
    "storm": (StormSection, "storm", StormLimits),
    "flapping": (FlappingSection, "flapping", FlapLimits),
    "dependencies": (DependenciesSection, "dependencies", DependencyLimits),
    "stand_aside": (AsideSection, "stand_aside", AsideLimits),
}
_SECTIONS = (
    "watch",
    *(key for _, key, _ in _LIMITS.values()),
    "checks",
    "targets",
    "notifiers",
    "maintenance",
)
K = TypeVar("K")


def load_config(path: Path, files: Files | None = None, given: Given | None = None) -> Config:
    """The configuration in this file and its playbooks, on the disk or as they were kept.

    `given`: what the environment says for notifiers.

    Raises:
        ConfigError: with all problems of all files, one line each: FILE:LINE:COL KEY: what. Fix: how. A secret
            that stands in the wrong place is not shown.
    """
    try:
        return _load(path, files, given)
    except ConfigError as error:
        secrets = known_secrets()
        problems = tuple(hide(problem, secrets) for problem in error.problems)
    raise ConfigError(problems)


def _load(path: Path, files: Files | None, given: Given | None) -> Config:
    path = Path(os.path.normpath(path))
    report = Report()
    files = files or Disk()
    root = read_document(path, report, files)
    if root is None and not len(report):
        fix = 'write at least "version: 1" and "watch: {project: NAME}"'
        report.add(Place(str(path)), "is empty: nothing would be watched", fix=fix)
    if root is not None and is_mapping(root, report) and _reads_version(root, report):
        return _Loader(root, path, report, files, given or {}).load()
    if path.is_file():
        read_playbooks(find_folder(path.parent, files), report, files)
    raise report.error()


def _reads_version(root: Node, report: Report) -> bool:
    """Whether this watchdog knows what the keys of the file mean: another version has others."""
    version = root.value.get("version") if isinstance(root.value, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version == VERSION:
        return True
    what = f"{version} needs another watchdog (this is {__version__}, which reads {VERSION})"
    report.add(
        root.place_of("version"), what, key="version", fix=f"update watchdog, or write version: {VERSION}"
    )
    return False


class _Loader:
    """Reads section by section, then checks what refers to what."""

    def __init__(self, root: Node, path: Path, report: Report, files: Files, given: Given) -> None:
        self._given = given
        self._root = root
        self._path = path
        self._report = report
        self._files = files

    def load(self) -> Config:
        """The whole file."""
        root, report = self._root, self._report
        file = read(FileSection, root, report, leave=_SECTIONS)
        watch = self._watch()
        limits = {name: self._section(*found) for name, found in _LIMITS.items()}
        shelf = self._shelf()
        checks = self._checks(shelf)
        targets = self._targets(shelf, checks)
        notifiers = self._notifiers()
        maintenance = read_recurring(root, report)
        guardrails, heartbeat = limits["limits"], limits["heartbeat"]
        check_waits(
            root, report, file, guardrails if isinstance(guardrails, GuardrailsSection) else None, checks
        )
        check_heartbeat(root, report, heartbeat if isinstance(heartbeat, HeartbeatSection) else None)
        if len(report) or file is None or watch is None:
            raise report.error()
        return Config(
            watch=watch,
            checks=tuple(checks),
            playbooks=shelf.playbooks,
            notifiers=tuple(notifiers),
            targets=targets,
            autonomy=file.autonomy,
            sweep=file.sweep,
            boot_grace=file.boot_grace,
            tell_hold_after=file.tell_hold_after,
            tell_warning_after=file.tell_warning_after,
            verify_every=file.verify_every,
            diagnoses=shelf.rulebook.rules,
            maintenance=maintenance,
            sources=(self._path, *shelf.names.values(), *shelf.rulebook.names.values()),
            **{name: _LIMITS[name][2](**dict(found)) for name, found in limits.items() if found is not None},
        )

    def _section(self, model: type[Section], key: str, _: type[Any]) -> Section | None:
        node = self._root.entries.get(key)
        return model() if node is None else read(model, node, self._report)

    def _watch(self) -> Watch | None:
        """Exactly one of project and label: an empty selection must never come to mean "everything"."""
        node = self._root.entries.get("watch")
        fix = 'write "watch: {project: NAME}" or "watch: {label: autoheal=true}"'
        if node is None or node.value is None:
            what = "missing: nothing says which containers are watched"
            self._report.add(self._root.place_of("watch"), what, key="watch", fix=fix)
            return None
        section = read(WatchSection, node, self._report)
        if section is None:
            return None
        if not section.project and not section.label:
            what = "is empty: it would match every container"
            self._report.add(self._root.place_of("watch"), what, key="watch", fix=fix)
            return None
        if section.project and section.label:
            what = "has both a project and a label"
            self._report.add(self._root.place_of("watch"), what, key="watch", fix="keep one of the two")
            return None
        return Watch(project=section.project, label=section.label)

    def _shelf(self) -> Shelf:
        node = self._root.entries.get("playbooks")
        named = node.value if node is not None else None
        if node is None or not isinstance(named, str) or not named:
            return read_playbooks(find_folder(self._path.parent, self._files), self._report, self._files)
        folder = Path(os.path.normpath(self._path.parent / named))
        if not self._files.is_folder(folder):
            what = f"there is no folder {show_text(str(folder))}"
            fix = "make it, or remove the key to use the playbooks that watchdog ships with"
            self._report.add(self._root.place_of("playbooks"), what, key="playbooks", fix=fix)
        return read_playbooks(folder, self._report, self._files)

    def _checks(self, shelf: Shelf) -> list[CheckConfig]:
        node = self._root.entries.get("checks")
        if node is None or node.value is None:
            return self._default_checks(shelf)
        checks = []
        for name, entry in self._entries(node, "nothing would be looked at"):
            section = read(CheckSection, entry, self._report, leave=_others(entry, CheckSection))
            check = build(CHECK_KINDS, CheckSection, "check", name=name, entry=entry, report=self._report)
            self._refer(entry, shelf, None if check is None else (check.kind,))
            if section is not None and check is not None:
                if section.playbook is None and check.targets() is None:
                    fix = f"add it, or write playbook: {NO_PLAYBOOK.name} to be told only"
                    self._report.add(entry.place, "missing", key=f"{entry.key}.playbook", fix=fix)
                checks.append(make_check(name, check, section))
        return checks

    def _default_checks(self, shelf: Shelf) -> list[CheckConfig]:
        if DEFAULT_PLAYBOOK not in shelf.names:
            what = f'left out, so that containers are healed by "{DEFAULT_PLAYBOOK}", which is not in {shelf.folder}'
            fix = f"write {shelf.folder / DEFAULT_PLAYBOOK}.yml, or the checks"
            self._report.add(self._root.place_of("checks"), what, key="checks", fix=fix)
        kind = CHECKS[DEFAULT_KIND]
        check: Check[Any] = kind(DEFAULT_CHECK, kind.parameters_type())
        return [CheckConfig(name=DEFAULT_CHECK, check=check, playbook=DEFAULT_PLAYBOOK)]

    def _targets(self, shelf: Shelf, checks: list[CheckConfig]) -> dict[str, TargetConfig]:
        node = self._root.entries.get("targets")
        if node is None or not is_mapping(node, self._report):
            return {}
        targets = {}
        kinds = tuple({each.check.kind for each in checks})
        own = {name for each in checks for name in each.check.targets() or ()}
        for name, entry in node.entries.items():
            if not is_target_name(name):
                what = "is no name of a Compose service or container"
                fix = "letters, digits, - _ and . only; api#2 is the second replica of api"
                self._report.add(node.key_places[name], what, key=entry.key, fix=fix)
            section = read(TargetSection, entry, self._report)
            self._refer(entry, shelf, kinds or None)
            for key in ("depends_on", "expect") if name in own and isinstance(entry.value, dict) else ():
                if key in entry.value:
                    self._report.add(
                        entry.place_of(key), _NO_CONTAINER, key=f"{entry.key}.{key}", fix=_REMOVE
                    )
            if section is not None:
                targets[name] = TargetConfig(
                    wishes=Wishes(
                        enabled=section.enable,
                        hold=section.hold,
                        expect_running=section.expect == "running",
                        depends_on=None if section.depends_on is None else tuple(section.depends_on),
                        priority=section.priority,
                    ),
                    severity=section.severity,
                    playbook=section.playbook,
                )
        self._refuse_cycles(node, targets)
        return targets

    def _refuse_cycles(self, node: Node, targets: Mapping[str, TargetConfig]) -> None:
        """Who waits for whom must come to an end."""
        needs = {name: target.wishes.depends_on or () for name, target in targets.items()}
        cycle = find_cycle((name, on) for name, its in needs.items() for on in its)
        if cycle is not None:
            entry = node.entries[cycle[0]]
            what = f"goes round in a circle: {' -> '.join(show_text(name) for name in cycle)}"
            self._report.add(
                entry.place_of("depends_on"), what, key=f"{entry.key}.depends_on", fix="take one of them out"
            )

    def _notifiers(self) -> list[Notifier[Any]]:
        node = self._root.entries.get("notifiers")
        if node is None or node.value is None:
            return default_notifiers(self._given)
        entries = self._entries(node, "nobody would be told anything")
        found = [read_notifier(name, entry, self._given, self._report) for name, entry in entries]
        return [notifier for notifier in found if notifier is not None]

    def _entries(self, node: Node, without: str) -> list[tuple[str, Node]]:
        """The named entries of a section that must not be empty once it is written."""
        if not is_mapping(node, self._report):
            return []
        if not node.entries:
            what = f"is empty: {without}"
            self._report.add(
                self._root.place_of(node.key), what, key=node.key, fix="remove the key to get the default"
            )
        return list(node.entries.items())

    def _refer(self, entry: Node, shelf: Shelf, kinds: tuple[str, ...] | None) -> None:
        """Check that the playbook that an entry names is there and fits."""
        name = entry.value.get("playbook") if isinstance(entry.value, dict) else None
        if not isinstance(name, str) or name in ("", NO_PLAYBOOK.name):
            return
        shown, place, key = show_text(name, quoted=True), entry.place_of("playbook"), f"{entry.key}.playbook"
        if name not in shelf.names:
            what = f"{shown} does not exist in {show_text(str(shelf.folder))}"
            if shelf.folder.is_dir():
                fix = suggest(name, shelf.names) if shelf.names else "write it there"
                self._report.add(place, what, key=key, fix=fix)
            return
        playbook = shelf.playbooks.get(name)
        if playbook is None:
            return
        if playbook.kind is not PlaybookKind.REMEDY:
            what = f"{shown} is a {playbook.kind.value}, which heals nothing"
            self._report.add(place, what, key=key, fix="name a remedy")
        elif kinds is not None and playbook.target_kind not in kinds:
            what = f"{shown} is for checks of kind {playbook.target_kind}"
            self._report.add(place, what, key=key, fix=f"name one for {', '.join(kinds)}")


def _others(entry: Node, model: type[Section]) -> list[str]:
    """The keys that are not of this model but of the entry's kind."""
    return [key for key in entry.entries if key not in model.model_fields]
