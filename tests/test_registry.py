"""The lists of kinds."""

from __future__ import annotations

import re
import threading
from types import ModuleType
from typing import Any

import pytest

from tests.evil import ORIGIN
from watchdog.actions.collect_logs import CollectLogs, CollectLogsParameters
from watchdog.core.errors import Misbehaved
from watchdog.core.playbook import Step
from watchdog.plugins import Action, Check, Notifier
from watchdog.registry import (
    ACTION_KINDS,
    ACTIONS,
    CHECK_KINDS,
    CHECKS,
    NOTIFIER_KINDS,
    NOTIFIERS,
    OURS,
    build_action,
    guarded,
    is_foreign_code_loaded,
)


def test_each_kind_is_listed_by_its_own_name() -> None:
    """What a file says is what the class calls itself."""
    assert {name: kind.name for name, kind in ACTIONS.items()} == {name: name for name in ACTIONS}
    assert {name: kind.kind for name, kind in CHECKS.items()} == {name: name for name in CHECKS}
    assert {name: kind.kind for name, kind in NOTIFIERS.items()} == {name: name for name in NOTIFIERS}


def test_actions_are_named_verb_noun() -> None:
    """Playbooks read like sentences."""
    assert [name for name in ACTIONS if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name)] == []


@pytest.mark.parametrize("kind", [*CHECKS.values(), *ACTIONS.values(), *NOTIFIERS.values()])
def test_parameters_forbid_what_they_do_not_know_and_hide_what_they_got(
    kind: type[Check[Any] | Action[Any] | Notifier[Any]],
) -> None:
    """A typo never passes silently, and no kind prints a secret in an error."""
    parameters = kind.parameters_type
    assert parameters.model_config.get("extra") == "forbid"
    assert parameters.model_config.get("frozen") is True
    assert parameters.model_config.get("hide_input_in_errors") is True


def test_a_step_becomes_its_action_with_its_parameters() -> None:
    """The parameters of the file arrive in the action."""
    action = build_action(Step(action="collect_logs", params={"tail": 7}))
    assert isinstance(action, CollectLogs)
    assert action.parameters == CollectLogsParameters(tail=7)


# --- what installed packages bring ---


def test_a_plug_in_is_found_and_said_where_it_comes_from(evil: ModuleType) -> None:
    """A kind of an installed package is one more kind; it is imported when it is asked for."""
    assert "evil" in CHECK_KINDS
    assert not is_foreign_code_loaded()
    assert CHECK_KINDS["evil"] is evil.Evil
    assert ACTION_KINDS["do_evil"] is evil.DoEvil
    assert NOTIFIER_KINDS["evil_news"] is evil.EvilNews
    assert is_foreign_code_loaded()
    assert CHECK_KINDS.origin("evil") == f"{ORIGIN} (evil_plugins:Evil)"
    assert CHECK_KINDS.origin("container") == OURS
    assert not CHECK_KINDS.is_ours(CHECK_KINDS["evil"])
    assert CHECK_KINDS.is_ours(CHECK_KINDS["container"])
    assert len(CHECK_KINDS) == len(CHECKS) + 7
    assert build_action(Step(action="do_evil", params={"does": "well"})).parameters == evil.EvilParameters()


def test_nothing_takes_the_place_of_a_kind_of_ours(evil: ModuleType) -> None:
    """A package that brings a kind by one of our names is refused by name, and ours is used."""
    assert CHECK_KINDS["container"] is CHECKS["container"]
    assert [(each.name, each.reason) for each in CHECK_KINDS.refused()] == [
        ("container", "watchdog has a kind of that name in watchdog.checks")
    ]
    assert [each.name for each in ACTION_KINDS.refused()] == ["restart_container"]
    assert NOTIFIER_KINDS.refused() == ()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("another_name", "evil_plugins:Evil does not say kind = 'another_name'"),
        ("no_check", "evil_plugins:Bystander is no Check"),
        ("not_there", "AttributeError: module 'evil_plugins' has no attribute 'Nowhere'"),
        ("no_module", "ModuleNotFoundError: No module named 'evil_nowhere'"),
        ("ends_all", "SystemExit: 3"),
        ("half", "evil_plugins:Half lacks probe"),
    ],
)
def test_a_plug_in_that_cannot_be_used_says_why(evil: ModuleType, name: str, why: str) -> None:
    """Whatever is wrong with it is said in a line, and ends nothing."""
    with pytest.raises(Misbehaved) as caught:
        CHECK_KINDS[name]
    assert str(caught.value) == why


def test_an_import_that_never_ends_is_given_up() -> None:
    """A start does not wait for ever for somebody's module."""
    let_go = threading.Event()
    with pytest.raises(Misbehaved, match=r"it is not done within 0\.05 s"):
        guarded(lambda: let_go.wait(20), within=0.05)
    let_go.set()


def test_a_name_that_nobody_brings_is_no_kind(evil: ModuleType) -> None:
    """A typing mistake is one, also with plug-ins installed."""
    assert "evli" not in CHECK_KINDS
    with pytest.raises(KeyError):
        CHECK_KINDS["evli"]
