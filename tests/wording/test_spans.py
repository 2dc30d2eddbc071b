import pytest

from watchdog.wording import describe_span, words_of


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.26, "0.3 s"),
        (9.97, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (252, "4 min 12 s"),
        (3599.7, "1 h 0 min"),
        (7320, "2 h 2 min"),
        (90000, "1 d 1 h"),
        (-1, "0 s"),
    ],
)
def test_a_span_is_told_in_two_units_at_most(seconds: float, words: str) -> None:
    """A span is short to read, and exact where a heal is measured."""
    assert describe_span(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.26, "0,3 s"), (12, "12 s"), (250, "4 min 10 s"), (7500, "2 h 5 min"), (273600, "3 j 4 h")],
)
def test_a_span_in_french_has_a_comma_and_days_of_its_own(seconds: float, words: str) -> None:
    """Units are those of the language; the number is not parted from its unit."""
    told = describe_span(seconds, words_of("fr"))
    assert told.replace("\u00a0", " ") == words
    assert "\u00a0" in told
