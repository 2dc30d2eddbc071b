from bench.figures import NEVER, Figure, median, ratio, show, spread


def test_a_goal_is_reached_missed_or_not_set() -> None:
    """At the limit is reached; what never ended is missed; without a goal nothing is judged."""
    assert Figure(name="x", value=0.85, unit="x", limit=0.85).verdict == "reached"
    assert Figure(name="x", value=NEVER, unit="x", limit=0.85).verdict == "MISSED"
    assert Figure(name="x", value=9, unit="x").verdict == "-"


def test_what_never_happened_has_no_ratio() -> None:
    """A contestant that never healed, or was not measured, makes no flattering number."""
    assert ratio([NEVER], [1.0]) == NEVER
    assert ratio([1.0], []) == NEVER
    assert ratio([1.0, 2.0, 9.0], [4.0]) == 0.5
    assert median([]) == NEVER
    assert spread([NEVER, NEVER]) == "never (n=2)"


def test_the_table_says_what_was_measured_beside_its_goal() -> None:
    """One line of Markdown a figure, with the load of the machine."""
    table = show([Figure(name="start", value=0.5, unit="s", limit=1.5, detail="n=3", load=0.25)])
    assert table.splitlines()[-1] == "| start | 0.500 s | <= 1.50 s | reached | n=3 | 0.2 |"
