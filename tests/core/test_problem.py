"""One mistake as the line that people get."""

from __future__ import annotations

from watchdog.core.problem import Place, Report, show_key, show_text, suggest


def test_problems_are_told_file_by_file_from_top_to_bottom() -> None:
    """Files keep the order in which they were read; the same problem is told once."""
    report = Report()
    report.add(Place("b.yml", 9, 2), "late", key="k", got="x", fix="y")
    report.add(Place("a.yml"), "whole file")
    report.add(Place("b.yml", 1), "early")
    report.add(Place("b.yml", 1), "early")
    assert report.error().problems == (
        "b.yml:1:1: early",
        "b.yml:9:2 k: late (got x). Fix: y",
        "a.yml: whole file",
    )
    assert (report.mentions("a.yml"), report.mentions("c.yml"), len(report)) == (True, False, 3)


def test_text_is_shown_on_one_line_bounded_and_without_control_characters() -> None:
    """What somebody wrote into a file cannot move the cursor of a terminal."""
    assert show_text("a\n\x1b[2Jé\u202e", quoted=True) == '"a\\n\\x1b[2Jé\\u202e"'
    assert show_text("x" * 100) == "x" * 80 + "…"
    assert show_text("password=hunter2") == "password=[hidden]"


def test_keys_are_shown_as_a_path() -> None:
    """Lists by number, odd keys in quotes."""
    assert show_key(("steps", 1, "a b", "api#2")) == 'steps[1]."a b".api#2'


def test_the_nearest_known_word_is_suggested() -> None:
    """A typo gets its word, anything else all words."""
    assert suggest("intervall", ["interval", "within"]) == 'did you mean "interval"?'
    assert suggest("xyz", ["b", "a"]) == "known here: a, b"
    assert suggest("xyz", []) == "remove it"
