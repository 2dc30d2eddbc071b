"""What a kind of somebody else's may ask for, and how its complaints are told."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, Field, model_validator

from watchdog.config.document import parse_document
from watchdog.config.reading import read
from watchdog.core.problem import Report
from watchdog.plugins import Duration, Parameters


def _refuse(value: str) -> str:
    raise ValueError(f"{value} is weak; use a longer one")


class Source(Parameters):
    url: str
    password: Annotated[str, AfterValidator(_refuse)] = ""


class Foreign(Parameters):
    """Nested, listed and validated as a plug-in's parameters may be."""

    sources: tuple[Source, ...] = ()
    main: Source | None = None
    pin: int = 0
    colour: Annotated[str, AfterValidator(_refuse)] = ""
    name: Annotated[str, Field(pattern="^x")] = "x"
    wait: Annotated[Duration, Field(gt=1.0, lt=5.0)] = 2.0
    pick: Literal["a", 1] | None = None
    when: tuple[int, int] = (0, 0)

    @model_validator(mode="after")
    def _fits(self) -> Foreign:
        if self.pin > 9:
            raise ValueError("pin and name do not fit")
        return self


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sources: [{url: x}, {}]", "f:1:21 sources[1].url: missing. Fix: add it"),
        ("sources:\n  - url: x\n    uri: y\n", "f:3:5 sources[0].uri: unknown key. Fix: remove it"),
        ("main: {url: 5}", "f:1:13 main.url: must be text (got 5). Fix: write text; quote what looks like a number"),
        ("main: {url: x, password: hunter2}", "f:1:26 main.password: is not valid (got a value that is not shown). Fix: correct it"),
        ("colour: red", "f:1:9 colour: red is weak. Fix: use a longer one"),
        ("name: y", 'f:1:7 name: must be of the form ^x (got "y"). Fix: correct it'),
        ("wait: 1s", 'f:1:7 wait: must be more than 1s (got "1s"). Fix: write more than 1s'),
        ("wait: 6s", 'f:1:7 wait: must be less than 5s (got "6s"). Fix: write less than 5s'),
        ("sources: 5", "f:1:10 sources: must be a list (got 5). Fix: write `- item` lines"),
        ("when: [1]", "f:1:7 when[1]: missing. Fix: add it"),
        ("when: [1, x]", 'f:1:11 when[1]: must be a whole number (got "x"). Fix: write it without quotes, such as 3'),
        ("main: x", 'f:1:7 main: must be a mapping (got "x"). Fix: write `key: value` lines'),
        ("pin: 10", "f:1:1: pin and name do not fit (got a mapping). Fix: correct it"),
    ],
)  # fmt: skip
def test_complaints_of_any_parameters_are_told_with_place_and_fix(text: str, expected: str) -> None:
    """A plug-in's own models get the same kind of messages, and a secret in them is not shown."""
    report = Report()
    node = parse_document(text, "f", report)
    assert node is not None
    assert read(Foreign, node, report) is None
    assert report.error().problems == (expected,)
