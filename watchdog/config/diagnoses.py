"""Files of rules that tell causes apart -> rules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from watchdog.config.document import Node, read_document
from watchdog.config.files import Disk, Files
from watchdog.config.reading import is_mapping, read
from watchdog.config.sections import Section
from watchdog.core.diagnosis import Rule, Rules, Sign
from watchdog.core.problem import Place, Report
from watchdog.core.run import Then, Way
from watchdog.plugins import Duration

_PACKAGE = Path(__file__).resolve().parents[1]
# In an installed package; in a checkout.
_SHIPPED = (_PACKAGE / "_shipped" / "diagnoses", _PACKAGE.parent / "config" / "diagnoses")
_LONGEST_PATTERN = 500
_GROUPS = {"wait", "until", "date"}


def _compiles(pattern: str) -> str:
    try:
        groups = set(re.compile(pattern).groupindex)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"is no regular expression ({error}); test it with python3 -c") from None
    if not groups <= _GROUPS:
        raise ValueError(
            f"names a group {min(groups - _GROUPS)}; known are (?P<wait>...), (?P<until>...), (?P<date>...)"
        )
    return pattern


Pattern = Annotated[str, Field(min_length=1, max_length=_LONGEST_PATTERN), AfterValidator(_compiles)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Host = Literal["reachable", "unreachable"]


class MetricOlderSection(Section):
    """A metric that is a Unix time, and how long ago that is at least."""

    name: str = Field(min_length=1)
    than: Duration = Field(ge=1)


class MetricAboveSection(Section):
    """A metric, and the number that it is above of."""

    name: str = Field(min_length=1)
    than: Annotated[float, Field(strict=False)]


class HealthSection(Section):
    """What stands at a path of /health."""

    path: str = Field(min_length=1)
    is_: str | int | float | bool | None = Field(alias="is")


class SignSection(Section):
    """One sign; all that it names must be so."""

    log: Pattern | None = None
    recent: Duration = Field(default=300.0, ge=1, le=30 * 86400)
    quiet: Duration | None = Field(default=None, ge=1)
    younger: Duration | None = Field(default=None, ge=1)
    answers: bool | None = None
    health: HealthSection | None = None
    metric_older: MetricOlderSection | None = None
    metric_above: MetricAboveSection | None = None
    exchange: Host | None = None
    independent: Host | None = None
    down: str = ""

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.model_fields_set - {"recent"}:
            raise ValueError("names no sign; write log, quiet, answers, down ...")
        return self

    @property
    def sign(self) -> Sign:
        """The same, for core."""
        older, above = self.metric_older, self.metric_above
        return Sign(
            log=None if self.log is None else re.compile(self.log),
            recent=self.recent,
            quiet=self.quiet,
            younger=self.younger,
            answers=self.answers,
            health_path=self.health.path if self.health else "",
            health_value=self.health.is_ if self.health else None,
            metric_older=(older.name, older.than) if older else None,
            metric_above=(above.name, above.than) if above else None,
            exchange=None if self.exchange is None else self.exchange == "reachable",
            independent=None if self.independent is None else self.independent == "reachable",
            down=self.down,
        )


class ThenSection(Section):
    """What follows: a wait, standing by for another target, or so many restarts."""

    wait: Duration | None = Field(default=None, ge=1, le=86400)
    as_told: bool = False
    stand_by: str = ""
    restart: int | None = Field(default=None, ge=1, le=100)

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.restart is None) == (self.wait is None):
            raise ValueError("must be one of wait, stand_by (with wait) and restart")
        if (self.as_told or self.stand_by) and self.wait is None:
            raise ValueError("needs a wait, too: how long until it is looked into again")
        return self


class CauseSection(Section):
    """One cause."""

    cause: Word
    signs: tuple[SignSection, ...] = Field(default=(), strict=False)
    then: Literal["human", "restart"] | ThenSection


class DiagnosisSection(Section):
    """The whole file."""

    diagnosis: Word
    lines: Pattern | None = None


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules. `names` has those too that could not be read: they do exist."""

    rules: dict[str, Rules] = field(default_factory=dict)
    names: dict[str, Path] = field(default_factory=dict)


def read_rulebook(playbooks: Path, report: Report, files: Files) -> Rulebook:
    """The files of rules that go with a folder of playbooks: in `diagnoses` beside it, and those that are shipped.

    Of two with the same name the one beside counts.
    """
    own = playbooks.parent / "diagnoses"
    shipped = next((folder for folder in _SHIPPED if folder.is_dir()), own)
    found = _files_in(own, files) if own != shipped else ()
    taken = {file.stem for file in found}
    book = Rulebook()
    # Those of this very version, whatever was kept from another.
    others = (file for file in _files_in(shipped, Disk()) if file.stem not in taken)
    _read_files(others, book, report, Disk())
    _read_files(found, book, report, files)
    return book


def read_diagnoses(folder: Path, report: Report, files: Files) -> dict[str, Rules]:
    """Every file of rules in one folder by its name; none if there is no such folder."""
    book = Rulebook()
    _read_files(_files_in(folder, files), book, report, files)
    return book.rules


def _files_in(folder: Path, files: Files) -> tuple[Path, ...]:
    try:
        found = files.in_folder(folder)
    except OSError:
        return ()
    return tuple(file for file in found if file.suffix in (".yml", ".yaml") and file.name[0] != ".")


def _read_files(found: Iterable[Path], book: Rulebook, report: Report, files: Files) -> None:
    for file in found:
        book.names[file.stem] = file
        rules = _read_file(file, report, files)
        if rules is not None:
            book.rules[rules.name] = rules


def _read_file(file: Path, report: Report, files: Files) -> Rules | None:
    root = read_document(file, report, files)
    if root is None:
        if not report.mentions(str(file)):
            report.add(Place(str(file)), "is empty", fix="write rules or remove the file")
        return None
    before = len(report)
    if not is_mapping(root, report):
        return None
    section = read(DiagnosisSection, root, report, leave=("causes",))
    rules = _read_causes(root, report)
    if section is not None and section.diagnosis != file.stem:
        what = f'"{section.diagnosis}" is not the name of its file'
        fix = f'write "diagnosis: {file.stem}" or rename the file'
        report.add(root.place_of("diagnosis"), what, key="diagnosis", fix=fix)
    if section is None or len(report) > before:
        return None
    lines = None if section.lines is None else re.compile(section.lines)
    return Rules(name=section.diagnosis, rules=rules, lines=lines)


def _read_causes(root: Node, report: Report) -> tuple[Rule, ...]:
    node = root.entries.get("causes")
    if node is None or not node.items:
        fix = 'write "- cause: ..." with signs and then under it'
        report.add(root.place_of("causes"), "must be a list of causes", key="causes", fix=fix)
        return ()
    rules = []
    for item in node.items:
        section = read(CauseSection, item, report)
        if section is not None:
            rules.append(_rule(section))
            if not section.signs and item is not node.items[-1]:
                fix = "give it signs, or write it last"
                report.add(item.place, "fits always, and hides those below", key=item.key, fix=fix)
    return tuple(rules)


def _rule(section: CauseSection) -> Rule:
    given: Any = section.then
    told = isinstance(given, ThenSection) and given.as_told
    return Rule(
        cause=section.cause,
        signs=tuple(each.sign for each in section.signs),
        then=_then(section.cause, given),
        told=told,
    )


def _then(cause: str, given: str | ThenSection) -> Then:
    match given:
        case "human":
            return Then(way=Way.HAND_OVER, cause=cause)
        case ThenSection(wait=float(wait), stand_by=target) if target:
            return Then(way=Way.STAND_BY, cause=cause, seconds=wait, target=target)
        case ThenSection(wait=float(wait)):
            return Then(way=Way.WAIT, cause=cause, seconds=wait)
        case ThenSection(restart=attempts):
            return Then(way=Way.ON, cause=cause, attempts=attempts)
        case _:
            return Then(way=Way.ON, cause=cause)
