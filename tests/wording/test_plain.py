import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog.wording import plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\r\nb\tc", "a b c"),
        ("a\u202eb\u200bc", "abc"),
        ("ça va\u202f? non\u00a0!", "ça va\u202f? non\u00a0!"),
        ("a\u00a0\u202f\u00a0b\u3000c\u00a0", "a b c\u00a0"),
        ("naïve café ✓ 日本", "naïve café ✓ 日本"),
        ("\x9b31mred", "31mred"),
    ],
)
def test_what_a_terminal_would_obey_is_taken_out(text: str, expected: str) -> None:
    """Only what can be read is left."""
    assert plain(text) == expected


def test_a_long_text_is_cut_and_says_so() -> None:
    """A flood is cut, with a sign that it was."""
    assert plain("x" * 50, 10) == "x" * 9 + "…"


@given(st.text())
def test_nothing_that_steers_ever_gets_through(text: str) -> None:
    """Whatever comes in, one printable line comes out, and a second pass changes nothing."""
    shown = plain(text)
    assert shown.translate({0xA0: " ", 0x202F: " "}).isprintable()
    assert "\n" not in shown
    assert "\x1b" not in shown
    assert plain(shown) == shown
