"""Files of rules that tell causes apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchdog.config.diagnoses import read_diagnoses, read_rulebook
from watchdog.config.files import Disk
from watchdog.core.problem import Report
from watchdog.core.run import Way

HEAD = "diagnosis: feeder\ncauses:\n"
GOOD = HEAD + (
    "  - {cause: limited, signs: [{log: '429', recent: 1h}], then: {wait: 1m, as_told: true}}\n"
    "  - {cause: influx, signs: [{down: influxdb}, {answers: true, quiet: 2m}], then: {stand_by: influxdb, wait: 1m}}\n"
    "  - {cause: key, signs: [{health: {path: a.b, is: false}}], then: human}\n"
    "  - {cause: net, signs: [{independent: unreachable, exchange: reachable}], then: {wait: 5m}}\n"
    "  - {cause: errors, signs: [{metric_above: {name: x, than: 5}}], then: restart}\n"
    "  - {cause: unknown, then: {restart: 2}}\n"
)


def load(folder: Path, text: str) -> tuple[object, str]:
    (folder / "feeder.yml").write_text(text)
    report = Report()
    found = read_diagnoses(folder, report, Disk())
    return found.get("feeder"), str(report.error())


def test_rules_are_read_in_their_order(tmp_path: Path) -> None:
    """Each with its signs and with what follows."""
    (tmp_path / "feeder.yml").write_text(GOOD)
    report = Report()
    rules = read_diagnoses(tmp_path, report, Disk())["feeder"]
    assert len(report) == 0
    assert [(rule.cause, rule.then.way, rule.then.seconds, rule.told) for rule in rules.rules] == [
        ("limited", Way.WAIT, 60.0, True),
        ("influx", Way.STAND_BY, 60.0, False),
        ("key", Way.HAND_OVER, 0.0, False),
        ("net", Way.WAIT, 300.0, False),
        ("errors", Way.ON, 0.0, False),
        ("unknown", Way.ON, 0.0, False),
    ]
    assert rules.rules[-1].then.attempts == 2
    assert rules.targets == ("influxdb",)
    assert read_diagnoses(tmp_path / "none", report, Disk()) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("- a\n", "must be a mapping"),
        ("diagnosis: other\ncauses: [{cause: a, then: human}]\n", "is not the name of its file"),
        ("diagnosis: feeder\n", "must be a list of causes"),
        (HEAD + "  - {cause: a, then: later}\n", "then"),
        (HEAD + "  - {cause: a, signs: [{log: '('}], then: human}\n", "is no regular expression"),
        (HEAD + "  - {cause: a, signs: [{log: '(?P<x>a)'}], then: human}\n", "names a group x"),
        (HEAD + "  - {cause: a, signs: [{recent: 5m}], then: human}\n", "names no sign"),
        (HEAD + "  - {cause: a, signs: [{lgo: x}], then: human}\n", "unknown key"),
        (HEAD + "  - {cause: a, signs: [{log: x}], then: {stand_by: b}}\n", "must be one of wait"),
        (HEAD + "  - {cause: a, signs: [{log: x}], then: {restart: 1, as_told: true}}\n", "needs a wait"),
        (HEAD + "  - {cause: a, then: human}\n  - {cause: b, then: human}\n", "hides those below"),
        (HEAD + "  - {cause: 'A b', then: human}\n", "cause"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, text: str, words: str) -> None:
    """No file with a mistake is used, and each mistake is named."""
    rules, told = load(tmp_path, text)
    assert rules is None
    assert words in told
    assert str(tmp_path / "feeder.yml") in told


def test_rules_lie_beside_the_playbooks_or_are_those_that_are_shipped(tmp_path: Path) -> None:
    """One's own take the place of the shipped ones of the same name, and the others are there as well."""
    report = Report()
    (tmp_path / "playbooks").mkdir()
    shipped = read_rulebook(tmp_path / "playbooks", report, Disk())
    assert len(shipped.rules["feeder"].rules) > 5

    own = tmp_path / "diagnoses"
    own.mkdir()
    (own / "feeder.yml").write_text(GOOD)
    (own / "other.yml").write_text("diagnosis: other\ncauses: [{cause: a, then: human}]\n")
    both = read_rulebook(tmp_path / "playbooks", report, Disk())

    assert len(report) == 0
    assert len(both.rules["feeder"].rules) == 6
    assert both.names == {"feeder": own / "feeder.yml", "other": own / "other.yml"}
