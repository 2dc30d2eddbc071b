"""Playbook files -> playbooks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from watchdog.config.diagnoses import Rulebook, read_rulebook
from watchdog.config.document import Node, read_document
from watchdog.config.files import Disk, Files
from watchdog.config.kinds import asked, find
from watchdog.config.reading import is_mapping, read, report_unknown
from watchdog.config.sections import (
    ForSection,
    GuardrailsSection,
    PlaybookSection,
    StepSection,
    TitleSection,
    VerifySection,
)
from watchdog.core.guardrail import Limits
from watchdog.core.playbook import Autonomy, Playbook, Step, Verification
from watchdog.core.problem import Place, Report, show_key, show_text, suggest
from watchdog.registry import ACTION_KINDS, ACTIONS, CHECK_KINDS, CHECKS
from watchdog.wording import ENGLISH

_PACKAGE = Path(__file__).resolve().parents[1]
# In an installed package; in a checkout.
_SHIPPED = (_PACKAGE / "_shipped" / "playbooks", _PACKAGE.parent / "config" / "playbooks")
_STEP_KEYS = tuple(StepSection.model_fields)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The playbooks of one folder, and the rules that they go by.

    `names` has those too that could not be read: they do exist.
    """

    folder: Path
    playbooks: dict[str, Playbook] = field(default_factory=dict)
    names: dict[str, Path] = field(default_factory=dict)
    rulebook: Rulebook = field(default_factory=Rulebook)


def find_folder(beside: Path, files: Files) -> Path:
    """Where playbooks are when the file does not say: beside it, else those that watchdog ships with."""
    own = beside / "playbooks"
    if files.is_folder(own):
        return own
    return next((folder for folder in _SHIPPED if folder.is_dir()), own)


def read_playbooks(folder: Path, report: Report, files: Files | None = None) -> Shelf:
    """Every playbook of the folder, the unused ones too: a remedy has to be right before it is needed."""
    kept = files or Disk()
    shelf = Shelf(folder, rulebook=read_rulebook(folder, report, kept))
    # Those of this very version, whatever was kept from another.
    files = Disk() if folder in _SHIPPED else kept
    try:
        found = files.in_folder(folder)
    except OSError:
        return shelf
    for file in found:
        if file.suffix not in (".yml", ".yaml") or file.name.startswith("."):
            continue
        if file.stem in shelf.names:
            report.add(
                Place(str(file)), f"{shelf.names[file.stem].name} has the same name", fix="keep one of them"
            )
            continue
        shelf.names[file.stem] = file
        root = read_document(file, report, files)
        if root is None:
            if not report.mentions(str(file)):
                report.add(Place(str(file)), "is empty", fix="write a playbook or remove the file")
            continue
        playbook = _read_playbook(root, file, report, shelf.rulebook.names)
        if playbook is not None:
            shelf.playbooks[playbook.name] = playbook
    return shelf


def _read_playbook(root: Node, file: Path, report: Report, rules: Collection[str]) -> Playbook | None:
    before = len(report)
    if not is_mapping(root, report):
        return None
    section = read(PlaybookSection, root, report, leave=("title", "for", "steps", "limits"))
    title = _read_title(root, report)
    target_kind = _read_for(root, report)
    steps = _read_steps(root, report, rules, _findings_of(target_kind))
    limits = root.entries.get("limits")
    own = read(GuardrailsSection, limits, report) if limits is not None else None
    if section is not None and section.playbook != file.stem:
        report.add(
            root.place_of("playbook"),
            f'"{section.playbook}" is not the name of its file',
            key="playbook",
            fix=f'write "playbook: {file.stem}" or rename the file',
        )
    if section is None or len(report) > before:
        return None
    return Playbook(
        name=section.playbook,
        kind=section.kind,
        title=title,
        target_kind=target_kind,
        steps=steps,
        autonomy=section.autonomy,
        limits=Limits(**dict(own)) if own is not None else None,
    )


def _read_title(root: Node, report: Report) -> dict[str, str]:
    node = root.entries.get("title")
    if node is None or node.value is None:
        report.add(root.place_of("title"), "missing", key="title", fix='add "title: {en: ..., fr: ...}"')
        return {}
    section = read(TitleSection, node, report)
    if section is None:
        return {}
    english, french = section.en or section.fr, section.fr or section.en
    if english is None or french is None:
        report.add(node.place, "has no language", key="title", fix='write "title: {en: ..., fr: ...}"')
        return {}
    return {"en": english, "fr": french}


def _read_for(root: Node, report: Report) -> str:
    node = root.entries.get("for")
    if node is None or node.value is None:
        report.add(root.place_of("for"), "missing", key="for", fix='add "for: {kind: container}"')
        return ""
    section = read(ForSection, node, report)
    if section is None:
        return ""
    if section.kind not in CHECK_KINDS:
        report_unknown(node, "kind", "kind of check", CHECK_KINDS, report)
    return section.kind


def _findings_of(kind: str) -> Collection[str]:
    """What checks of this kind can find; empty: that is not known."""
    if kind not in CHECKS:
        return ()
    return CHECKS[kind].findings or ENGLISH.findings.keys()


def _read_steps(
    root: Node, report: Report, rules: Collection[str], findings: Collection[str]
) -> tuple[Step, ...]:
    node = root.entries.get("steps")
    if node is None or not node.items:
        if node is None or not node.value or not isinstance(node.value, list):
            what = "must be a list of steps" if node is not None and node.value else "has no step"
            report.add(
                root.place_of("steps"), what, key="steps", fix='write "- restart_container: {}" under it'
            )
        return ()
    before = len(report)
    steps = tuple(
        step for item in node.items if (step := _read_step(item, report, rules, findings)) is not None
    )
    if len(report) == before and not any(step.changes for step in steps):
        report.add(
            root.place_of("steps"),
            "only look and change nothing",
            key="steps",
            fix=f"add a step that changes something: {', '.join(n for n, a in ACTIONS.items() if a.changes)}",
        )
    return steps


def _read_step(item: Node, report: Report, rules: Collection[str], findings: Collection[str]) -> Step | None:
    if not isinstance(item.value, dict):
        known = isinstance(item.value, str) and item.value in ACTION_KINDS
        fix = f'write "- {item.value}: {{}}"' if known else 'write "- name_of_action: {}"'
        report.add(item.place, "must be an action with its parameters", key=item.key, got=item.shown, fix=fix)
        return None
    others = [key for key in item.entries if key not in _STEP_KEYS]
    actions = [key for key in others if key in ACTION_KINDS] or others[:1]
    for key in others:
        if key not in actions:
            meant = suggest(key, _STEP_KEYS)
            report.add(item.key_places[key], "unknown key", key=show_key((*item.path, key)), fix=meant)
    if len(actions) != 1:
        what = f"has {len(actions)} actions" if actions else "names no action"
        report.add(item.place, what, key=item.key, fix="one action a step, each with its own `- `")
        return None
    name = actions[0]
    if name not in ACTION_KINDS:
        report.add(
            item.key_places[name],
            "no such action",
            key=item.entries[name].key,
            fix=suggest(name, ACTION_KINDS),
        )
        return None
    _know_findings(item, report, findings)
    return _read_action(item, name, report, rules)


def _know_findings(item: Node, report: Report, findings: Collection[str]) -> None:
    """A step for what no check finds would never be done."""
    node = item.entries.get("when")
    for each in node.items if node is not None else ():
        if findings and isinstance(each.value, str) and each.value not in findings:
            what = f"{show_text(each.value, quoted=True)} is nothing that such a check finds"
            report.add(each.place, what, key=each.key, fix=suggest(each.value, findings))


def _read_action(item: Node, name: str, report: Report, rules: Collection[str]) -> Step | None:
    place, key, node = item.key_places[name], item.entries[name].key, item.entries[name]
    action = find(ACTION_KINDS, name, place, key, report)
    if action is None:
        return None
    kind = action.parameters_type
    params = asked(ACTION_KINDS, name, lambda: read(kind, node, report), place=place, key=key, report=report)
    beside = read(StepSection, item, report, leave=[key for key in item.entries if key not in _STEP_KEYS])
    verify = _read_verify(item, report)
    if not action.changes:
        # What only looks beside another step may look elsewhere.
        for key in _STEP_KEYS:
            if key in item.entries and (key != "on" or action.decides):
                fix = "remove it: it belongs to a step that changes something"
                report.add(item.key_places[key], f"{name} only looks", key=f"{item.key}.{key}", fix=fix)
    wanted = getattr(params, "rules", None) if action.decides else None
    if isinstance(wanted, str) and wanted not in rules:
        what = f"{show_text(wanted, quoted=True)} is no file of rules"
        where = node.place_of("rules") if "rules" in node.entries else place
        report.add(where, what, key=f"{node.key}.rules", fix=suggest(wanted, rules))
    if params is None or beside is None or verify is None:
        return None
    if ACTION_KINDS.is_ours(action) and action(params).needs_a_yes and beside.autonomy == "act":
        fix = "write autonomy: propose beside it"
        report.add(place, "is never done without a human yes", key=key, fix=fix)
    asks = action.asks_unless_told and "autonomy" not in item.entries
    return Step(
        action=name,
        params=dict(item.entries[name].value or {}),
        changes=action.changes,
        decides=action.decides and not action.changes,
        repeatable=action.repeatable,
        verify=verify,
        undoable=action.undoable,
        gentle=action.gentle,
        on=beside.on or "",
        attempts=beside.attempts,
        autonomy=Autonomy.PROPOSE if asks else Autonomy(beside.autonomy),
        when=frozenset(beside.when or ()),
    )


def _read_verify(item: Node, report: Report) -> Verification | None:
    node = item.entries.get("verify")
    if node is None:
        return Verification()
    section = read(VerifySection, node, report)
    return None if section is None else Verification(within=section.within, stable=section.stable)
