"""Where what did not come with watchdog is told from what did, and put behind threads of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from watchdog.config import CheckConfig
from watchdog.core.playbook import Step
from watchdog.engine.monitor import Question
from watchdog.engine.outsiders import Outsiders
from watchdog.engine.outsiders.check import SLACK
from watchdog.plugins import Action, Notifier
from watchdog.registry import ACTION_KINDS, CHECK_KINDS, NOTIFIER_KINDS, build_action


class Foreign:
    """What the parts of the engine are handed: ours as it is, everything else as an outsider."""

    def __init__(self, outsiders: Outsiders) -> None:
        self._outsiders = outsiders

    def questions(self, checks: Iterable[CheckConfig], off: Iterable[str]) -> list[Question]:
        """The checks to be asked, but for those that are switched off."""
        return [self._question(each) for each in checks if each.name not in off]

    def action(self, step: Step) -> Action[Any]:
        """The action that a step names, with its parameters."""
        kind = ACTION_KINDS[step.action]
        if ACTION_KINDS.is_ours(kind):
            return build_action(step)
        origin = f"the plug-in action {step.action} of {ACTION_KINDS.origin(step.action)}"
        return self._outsiders.action(kind, lambda: build_action(step), origin)

    def notifiers(self, notifiers: Iterable[Notifier[Any]]) -> tuple[Notifier[Any], ...]:
        """Those that deliver; one that stays as it was is the very same each time."""
        return tuple(
            each
            if NOTIFIER_KINDS.is_ours(type(each))
            else self._outsiders.notifier(
                each, f"the plug-in notifier {each.kind} of {NOTIFIER_KINDS.origin(each.kind)}"
            )
            for each in notifiers
        )

    def _question(self, each: CheckConfig) -> Question:
        check = each.check
        if CHECK_KINDS.is_ours(type(check)):
            return Question(check, each.within, each.threshold, each.every)
        origin = f"the plug-in check {check.kind} of {CHECK_KINDS.origin(check.kind)}"
        outsider = self._outsiders.check(check, each.within, origin)
        return Question(outsider, each.within + SLACK, each.threshold, each.every)
