"""YAML text -> nodes with places."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from watchdog.config.document import DEEPEST, LARGEST, Node, parse_document, read_document
from watchdog.core.problem import Report


def parse(text: str) -> Node:
    report = Report()
    node = parse_document(text, "f.yml", report)
    assert node is not None, report.error()
    assert len(report) == 0, report.error()
    return node


def test_every_key_and_value_knows_its_place() -> None:
    """Lines and columns count from 1, as editors do."""
    node = parse("a: 1\nb:\n  - c: two\n")
    inner = node.entries["b"].items[0]
    assert (str(node.key_places["b"]), inner.key, str(inner.place_of("c"))) == (
        "f.yml:2:1",
        "b[0]",
        "f.yml:3:8",
    )
    assert node.value == {"a": 1, "b": [{"c": "two"}]}


def test_keys_are_taken_as_written() -> None:
    """A service named `on` or `5` is not turned into a truth or a number."""
    assert list(parse("on: 1\n5: 2\nnull: 3\n1.0: 4\n").entries) == ["on", "5", "null", "1.0"]


def test_a_merge_fills_in_what_is_not_written() -> None:
    """`<<` works as in Compose files: what stands in the mapping itself wins, then the first source."""
    node = parse("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {<<: [*x, *y], a: 0}\n")
    assert node.value["z"] == {"a": 0, "b": 1, "c": 2}


def test_a_value_of_two_places_is_read_once() -> None:
    """Aliases that double at each level cost nothing: each value is built once."""
    levels = "\n".join(f"l{n}: &l{n} [*l{n - 1}, *l{n - 1}]" for n in range(1, 60))
    node = parse(f"l0: &l0 [x]\n{levels}\n")
    assert node.entries["l59"].items[0] is node.entries["l58"]


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """Files saved by some Windows editors begin with one."""
    (tmp_path / "f.yml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    report = Report()
    node = read_document(tmp_path / "f.yml", report)
    assert node is not None
    assert node.value == {"a": 1}


@pytest.mark.parametrize("text", ["- " * 200_000, "[" * 200_000, "{a: " * 50_000, "? " * 100_000])
def test_depth_does_not_end_the_process(text: str) -> None:
    """The C library would overflow its stack on these; they are refused before they reach it."""
    report = Report()
    assert parse_document(text, "f.yml", report) is None
    assert f"nested deeper than {DEEPEST}" in str(report.error())


def place_folder(path: Path) -> None:
    path.mkdir()


def place_pipe(path: Path) -> None:
    os.mkfifo(path)


def place_large(path: Path) -> None:
    path.write_text("#" * (LARGEST + 1))


def place_latin(path: Path) -> None:
    path.write_bytes("a: 1\nb: é\n".encode("latin-1"))


def place_nothing(path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (place_nothing, ": not found. Fix: mount it there, or set WATCHDOG_CONFIG"),
        (place_folder, ": is a folder. Fix: Docker makes a folder"),
        (place_pipe, ": is no regular file. Fix: "),
        (place_large, ": is larger than 256 KiB. Fix: "),
        (place_latin, ":2:1: is not UTF-8 text. Fix: save it as UTF-8"),
    ],
)
def test_what_is_no_file_is_told(tmp_path: Path, place: object, expected: str) -> None:
    """Whatever stands in the file's place, people get one line that says so."""
    assert callable(place)
    place(tmp_path / "f.yml")
    report = Report()
    assert read_document(tmp_path / "f.yml", report) is None
    (problem,) = report.error().problems
    assert problem.startswith(f"{tmp_path}/f.yml{expected}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    """A permission problem is named, with who has to be let in."""
    (tmp_path / "f.yml").write_text("a: 1\n")
    (tmp_path / "f.yml").chmod(0)
    report = Report()
    assert read_document(tmp_path / "f.yml", report) is None
    assert "cannot be read: Permission denied" in str(report.error())


def test_a_path_that_is_none_is_told() -> None:
    """Neither a NUL nor a name that is too long raises anything but a problem."""
    report = Report()
    assert read_document(Path("a\0b"), report) is None
    assert read_document(Path("x" * 5000), report) is None
    assert len(report) == 2
