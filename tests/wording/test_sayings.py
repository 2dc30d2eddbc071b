# ruff: noqa: RUF001 - the French have an apostrophe of their own
"""Sentences of core and the engine room in another language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import watchdog
from watchdog.wording import ENGLISH, describe_saying, words_of
from watchdog.wording.sayings import SAYINGS

CORE = Path(watchdog.__file__).parent / "core"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("still moving", "encore en mouvement"),
        ("released by a start", "rendu par un démarrage"),
        (
            "escalated: attempts-spent",
            "confié à un humain : toutes les tentatives permises par les règles ont été faites",
        ),
        ("restart_container: attempt 2", "le redémarrer : tentative 2"),
        ("the step is done: looking again", "étape terminée (fait) : nouvelle observation"),
        (
            "the Docker engine did not answer within 5 s",
            "le moteur Docker n’a pas répondu en 5 s",
        ),
        ("held by {by} {0}", "laissé en l’état par {by} {0}"),
        ("held by\x1b[2J ada", "laissé en l’état par ada"),
        ("a sentence that nobody foresaw", "a sentence that nobody foresaw"),
        ("", ""),
    ],
)
def test_a_sentence_is_told_in_the_language(said: str, told: str) -> None:
    """What is known is translated with its facts; what is not stays as it was said, and harmless."""
    assert describe_saying(said, words_of("fr")).replace("\u00a0", " ") == told


def test_english_stays_as_it_was_said() -> None:
    """Nothing is looked up for who reads English."""
    assert describe_saying("escalated: attempts-spent\n", ENGLISH) == "escalated: attempts-spent"


def reasons() -> Iterator[str]:
    """What every decision in core gives as its reason, with `{}` for what is filled in."""
    for file in sorted(CORE.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id
            if isinstance(node, ast.Call) and called == "Decision" and len(node.args) == 3:
                yield from _texts(node.args[2])


def _texts(said: ast.expr) -> Iterator[str]:
    match said:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _texts(body)
            yield from _texts(orelse)


def test_every_reason_of_a_decision_can_be_told() -> None:
    """Why a target stands as it does is told in every language."""
    said = set(reasons())
    assert len(said) > 20
    assert {text for text in said if not any(_fits(text, saying) for saying in SAYINGS)} == set()


def _fits(text: str, saying: str) -> bool:
    """Whether one may be the other, with whatever is filled in at either's gaps."""
    gap = re.compile(r"\{[a-z]*\}")
    wider, narrower = (".+".join(map(re.escape, gap.split(each))) for each in (saying, text))
    return bool(re.fullmatch(wider, text) or re.fullmatch(narrower, saying))
