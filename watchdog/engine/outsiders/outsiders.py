"""All outsiders of one daemon."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from watchdog.engine.outsiders.action import OutsideAction, Task
from watchdog.engine.outsiders.check import OutsideCheck
from watchdog.engine.outsiders.notifier import OutsideEditor, OutsideNotifier
from watchdog.engine.outsiders.room import Room, Slot
from watchdog.plugins import Action, Check, Notifier, Tools

R = TypeVar("R")


class Outsiders:
    """All of them. Belongs to the daemon's loop. The same name gets the same thread for as long as it is stuck.

    `failed` is told of a check that went wrong too often, and why.
    """

    def __init__(self, tools: Tools, failed: Callable[[str, str], None], lend: Callable[[], Slot]) -> None:
        self._tools = tools
        self._failed = failed
        self._lend = lend
        self._checks: dict[str, OutsideCheck] = {}
        self._notifiers: dict[str, OutsideNotifier] = {}
        self._acting: dict[str, list[Room]] = {}

    def check(self, check: Check[Any], within: float, origin: str) -> OutsideCheck:
        """The check, to be asked in its thread. `within`: seconds; `origin`: where it comes from, for people."""
        known = self._checks.get(check.name)
        if known is None or known.asks is not check:
            room = known.room if known is not None else self._room(check.name)
            known = self._checks[check.name] = OutsideCheck(check, room, origin, self._failed)
        known.within = within
        return known

    def action(self, kind: type[Action[Any]], build: Callable[[], Action[Any]], origin: str) -> OutsideAction:
        """An action of this kind, to be made by `build` and done in a thread of its own."""
        return OutsideAction(kind, build, origin, self._act)

    def notifier(self, notifier: Notifier[Any], origin: str) -> OutsideNotifier:
        """The notifier, to deliver in its thread."""
        known = self._notifiers.get(notifier.name)
        if known is None or known.tells_by is not notifier:
            room = known.room if known is not None else self._room(f"notifier {notifier.name}")
            made = OutsideEditor if notifier.edits is True else OutsideNotifier
            known = self._notifiers[notifier.name] = made(notifier, room, origin)
        return known

    def hindrance(self, target: str) -> str:
        """Why nothing may be done to this target now; "" if it may."""
        rooms = [room for room in self._acting.get(target, ()) if room.thread.stuck]
        return "" if not rooms else f"the plug-in {rooms[0].name} has not come back from this target"

    def forgive(self) -> None:
        """Count from the beginning: the configuration is another one."""
        for check in self._checks.values():
            check.conduct.answered()

    def close(self) -> None:
        """End all threads that let themselves be ended."""
        for room in (
            *(check.room for check in self._checks.values()),
            *(notifier.room for notifier in self._notifiers.values()),
            *(room for rooms in self._acting.values() for room in rooms),
        ):
            room.thread.close()

    def _room(self, name: str) -> Room:
        return Room(name, self._tools, self._lend())

    async def _act(self, act: Task, work: Callable[[Tools], Coroutine[Any, Any, R]]) -> R:
        room = self._room(f"action {act.name}")
        if act.changes:
            self._acting.setdefault(act.target, []).append(room)
        try:
            return await room.run(act.target, work)
        finally:
            room.end()
            rooms = [room for room in self._acting.pop(act.target, ()) if not room.over]
            if rooms:
                self._acting[act.target] = rooms
