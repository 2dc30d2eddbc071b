"""The lists of kinds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from watchdog.actions.collect_logs import CollectLogs, CollectLogsParameters
from watchdog.core.playbook import Step
from watchdog.plugins import Action, Check, Notifier
from watchdog.registry import ACTIONS, CHECKS, NOTIFIERS, build_action


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
