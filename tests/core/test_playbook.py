from __future__ import annotations

from dataclasses import replace

from tests.core.tale import LOGS, RECREATE, RESTART, remedy

START, REPLACE = "restart_container", "recreate_service"


def test_each_rung_is_tried_as_often_as_it_says() -> None:
    """Three starts, two replacements, then a human."""
    ladder = remedy()
    climbed, made = [], list[str]()
    while (index := ladder.rung_after(made, frozenset())) is not None:
        climbed.append(index)
        made.append(ladder.rungs[index].step.action)
    assert climbed == [0, 0, 0, 1, 1]


def test_a_rung_that_cannot_help_leaves_its_attempts_to_nobody() -> None:
    """A start that can never work is passed over, and the container is not replaced more often for it."""
    spent = frozenset({0})
    assert remedy().rung_after([START], spent) == 1
    assert remedy().rung_after([START, REPLACE], spent) == 1
    assert remedy().rung_after([START, REPLACE, REPLACE], spent) is None


def test_a_rung_that_stands_twice_is_tried_twice() -> None:
    """The attempts of an action fill the rungs from below."""
    ladder = remedy(LOGS, RESTART, RECREATE, RESTART)
    assert ladder.rung_after([START] * 3, frozenset()) == 1
    assert ladder.rung_after([START] * 3 + [REPLACE] * 2, frozenset()) == 2
    assert ladder.rung_after([START] * 6 + [REPLACE] * 2, frozenset()) is None


def test_a_rung_for_other_findings_is_named() -> None:
    """A step says for which findings it is; one that says nothing is for all."""
    ladder = remedy(LOGS, replace(RESTART, when=frozenset({"a", "b"})), LOGS, RECREATE)
    assert ladder.not_meant_for("a") == frozenset()
    assert ladder.not_meant_for("c") == {0}


def test_what_looks_before_a_rung_that_is_passed_over_looks_all_the_same() -> None:
    """Logs are kept before the first step that is done, whichever that is."""
    other = replace(RESTART, when=frozenset({"a"}))
    ladder = remedy(LOGS, other, other, LOGS, RECREATE)
    assert ladder.rung_at(2, frozenset({0, 1})).companions == (LOGS, LOGS)
    assert ladder.rung_at(2, frozenset({0})).companions == (LOGS,)
    assert ladder.rung_at(0, frozenset()) == ladder.rungs[0]
