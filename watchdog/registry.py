"""Which kinds there are: one explicit line a kind, found by reading rather than by magic."""

from __future__ import annotations

from typing import Any

from watchdog.actions.collect_logs import CollectLogs
from watchdog.actions.rebuild_service import RebuildService
from watchdog.actions.recreate_service import RecreateService
from watchdog.actions.restart_container import RestartContainer
from watchdog.checks.container import Container
from watchdog.core.playbook import Step
from watchdog.notifiers.log import Log
from watchdog.notifiers.telegram import Telegram
from watchdog.notifiers.webhook import Webhook
from watchdog.plugins import Action, Check, Notifier

CHECKS: dict[str, type[Check[Any]]] = {
    "container": Container,
}

ACTIONS: dict[str, type[Action[Any]]] = {
    "collect_logs": CollectLogs,
    "restart_container": RestartContainer,
    "recreate_service": RecreateService,
    "rebuild_service": RebuildService,
}

NOTIFIERS: dict[str, type[Notifier[Any]]] = {
    "log": Log,
    "telegram": Telegram,
    "webhook": Webhook,
}


def build_action(step: Step) -> Action[Any]:
    """The action that a step of a loaded playbook names, with its parameters.

    Raises KeyError or pydantic's ValidationError for a step that no loader has validated.
    """
    kind = ACTIONS[step.action]
    return kind(kind.parameters_type.model_validate(dict(step.params)))
