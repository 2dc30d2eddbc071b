"""Which kinds there are: one explicit line a kind of ours, and those that installed packages bring as entry points.

Ours are found by reading rather than by magic, and nothing takes the place of one. What a package brings is
imported when a configuration names it, and not before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from watchdog.actions.collect_logs import CollectLogs
from watchdog.actions.delete_old_points import DeleteOldPoints
from watchdog.actions.diagnose_feeder import DiagnoseFeeder
from watchdog.actions.install_certificate import InstallCertificate
from watchdog.actions.list_consumers import ListConsumers
from watchdog.actions.open_bypass import OpenBypass
from watchdog.actions.prune_build_cache import PruneBuildCache
from watchdog.actions.prune_images import PruneImages
from watchdog.actions.rebuild_service import RebuildService
from watchdog.actions.recreate_service import RecreateService
from watchdog.actions.release_ballast import ReleaseBallast
from watchdog.actions.reload_nginx import ReloadNginx
from watchdog.actions.renew_certificate import RenewCertificate
from watchdog.actions.restart_container import RestartContainer
from watchdog.actions.restart_influxdb import RestartInfluxdb
from watchdog.actions.restart_nginx import RestartNginx
from watchdog.actions.shrink_retention import ShrinkRetention
from watchdog.actions.truncate_log import TruncateLog
from watchdog.checks.certificate import Certificate
from watchdog.checks.check_in import CheckIn
from watchdog.checks.container import Container
from watchdog.checks.disk import Disk
from watchdog.checks.freshness import Freshness
from watchdog.checks.host import Host
from watchdog.checks.http import Http
from watchdog.core.errors import Misbehaved
from watchdog.core.playbook import Step
from watchdog.notifiers.log import Log
from watchdog.notifiers.telegram import Telegram
from watchdog.notifiers.webhook import Webhook
from watchdog.plugins import Action, Check, Notifier, Parameters

CHECKS: dict[str, type[Check[Any]]] = {
    "container": Container,
    "freshness": Freshness,
    "check_in": CheckIn,
    "http": Http,
    "certificate": Certificate,
    "disk": Disk,
    "host": Host,
}

ACTIONS: dict[str, type[Action[Any]]] = {
    "collect_logs": CollectLogs,
    "diagnose_feeder": DiagnoseFeeder,
    "restart_container": RestartContainer,
    "recreate_service": RecreateService,
    "rebuild_service": RebuildService,
    "reload_nginx": ReloadNginx,
    "restart_nginx": RestartNginx,
    "install_certificate": InstallCertificate,
    "renew_certificate": RenewCertificate,
    "open_bypass": OpenBypass,
    "list_consumers": ListConsumers,
    "release_ballast": ReleaseBallast,
    "prune_images": PruneImages,
    "prune_build_cache": PruneBuildCache,
    "truncate_log": TruncateLog,
    "shrink_retention": ShrinkRetention,
    "delete_old_points": DeleteOldPoints,
    "restart_influxdb": RestartInfluxdb,
}

NOTIFIERS: dict[str, type[Notifier[Any]]] = {
    "log": Log,
    "telegram": Telegram,
    "webhook": Webhook,
}

# A module that is not imported by then is given up.
IMPORTED_WITHIN = 10.0
OURS = "watchdog"
# What a kind may say of itself with True or False; and with a number.
FLAGS = ("changes", "repeatable", "gentle", "undoable", "edits")
NUMBERS, MOST = ("every", "failures", "successes"), 86400

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Refused:
    """A plug-in that is not used, and why."""

    name: str
    origin: str
    reason: str


class Kinds(Mapping[str, type[K]], Generic[K]):
    """All kinds of one sort by name. Looking one up imports it: raises `Misbehaved` for one that cannot be used."""

    def __init__(self, group: str, base: type[Any], ours: Mapping[str, type[K]], name_of: str) -> None:
        """`group`: of entry points; `name_of`: the attribute by which a kind says its own name."""
        self.group = group
        self._base = base
        self._ours = ours
        self._name_of = name_of
        self._loaded: dict[str, type[K]] = {}

    def __getitem__(self, name: str) -> type[K]:
        if name in self._ours:
            return self._ours[name]
        if name in self._loaded:
            return self._loaded[name]
        found = self._foreign(name)
        if not found:
            raise KeyError(name)
        if len(found) > 1:
            raise Misbehaved(f"several packages bring it: {', '.join(map(_origin, found))}")
        self._loaded[name] = self._load(found[0])
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._ours or bool(self._foreign(name))

    def __iter__(self) -> Iterator[str]:
        yield from self._ours
        yield from sorted({point.name for point in self._points()} - self._ours.keys())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def loaded(self) -> tuple[str, ...]:
        """Those that were imported."""
        return tuple(self._loaded)

    def origin(self, name: str) -> str:
        """Where a kind comes from: `watchdog`, or the package with its version and the class."""
        found = () if name in self._ours else self._foreign(name)
        return _origin(found[0]) if found else OURS

    def is_ours(self, kind: type[Any]) -> bool:
        """Whether it is not one that was found as an entry point."""
        return kind not in self._loaded.values()

    def refused(self) -> tuple[Refused, ...]:
        """The plug-ins that would take the place of another, which none may."""
        names = [point.name for point in self._points()]
        return tuple(
            Refused(
                point.name,
                _origin(point),
                f"watchdog has a kind of that name in {self.group}"
                if point.name in self._ours
                else "several packages bring it",
            )
            for point in self._points()
            if point.name in self._ours or names.count(point.name) > 1
        )

    def _points(self) -> tuple[EntryPoint, ...]:
        # Read each time: a package may have been installed since, and a reload shall find it.
        try:
            return tuple(dict.fromkeys(entry_points(group=self.group)))
        except Exception:  # noqa: BLE001 - what some package says of itself cannot be read
            return ()

    def _foreign(self, name: object) -> list[EntryPoint]:
        return [point for point in self._points() if point.name == name]

    def _load(self, point: EntryPoint) -> type[K]:
        kind = guarded(point.load)
        if not isinstance(kind, type) or not issubclass(kind, self._base):
            raise Misbehaved(f"{point.value} is no {self._base.__name__}")
        lacking = sorted(getattr(kind, "__abstractmethods__", ()))
        if lacking:
            raise Misbehaved(f"{point.value} lacks {', '.join(lacking)}")
        for flag in FLAGS:
            if not isinstance(getattr(kind, flag, False), bool):
                raise Misbehaved(f"{point.value} has a {flag} that is neither True nor False")
        if getattr(kind, self._name_of, None) != point.name:
            raise Misbehaved(f"{point.value} does not say {self._name_of} = {point.name!r}")
        for number in NUMBERS:
            value = getattr(kind, number, 0)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST:
                raise Misbehaved(f"{point.value} has a {number} that is no number from 0 to {MOST}")
        parameters = getattr(kind, "parameters_type", None)
        if not isinstance(parameters, type) or not issubclass(parameters, Parameters):
            raise Misbehaved(f"{point.value} has no parameters_type that is made from Parameters")
        if kind in self._ours.values():
            raise Misbehaved(f"{point.value} is watchdog's own")
        return kind


CHECK_KINDS: Kinds[Check[Any]] = Kinds("watchdog.checks", Check, CHECKS, "kind")
ACTION_KINDS: Kinds[Action[Any]] = Kinds("watchdog.actions", Action, ACTIONS, "name")
NOTIFIER_KINDS: Kinds[Notifier[Any]] = Kinds("watchdog.notifiers", Notifier, NOTIFIERS, "kind")


def guarded(work: Callable[[], Any], within: float = IMPORTED_WITHIN) -> Any:
    """What somebody else's code returns that runs while a configuration is read.

    Raises:
        Misbehaved: it raised anything at all, or did not end within so many seconds.
    """
    answers: list[Any] = []
    troubles: list[str] = []

    def run() -> None:
        try:
            answers.append(work())
        except Misbehaved as trouble:
            troubles.append(str(trouble))
        except BaseException as error:  # noqa: BLE001 - SystemExit too: it is no reason to end
            troubles.append(_words(error))

    thread = threading.Thread(target=run, name="watchdog-plugin-import", daemon=True)
    thread.start()
    thread.join(within)
    if answers:
        return answers[0]
    raise Misbehaved(troubles[0] if troubles else f"it is not done within {within:g} s")


def build_action(step: Step) -> Action[Any]:
    """The action that a step of a loaded playbook names, with its parameters.

    Raises KeyError, `Misbehaved` or pydantic's ValidationError for a step that no loader has validated.
    """
    kind = ACTION_KINDS[step.action]
    return kind(kind.parameters_type.model_validate(dict(step.params)))


def is_foreign_code_loaded() -> bool:
    """Whether the code of any plug-in was imported."""
    return any(kinds.loaded for kinds in (CHECK_KINDS, ACTION_KINDS, NOTIFIER_KINDS))


def _origin(point: EntryPoint) -> str:
    package = f"{point.dist.name} {point.dist.version}" if point.dist is not None else "an unknown package"
    return f"{package} ({point.value})"


def _words(error: BaseException) -> str:
    try:
        text = str(error)[:200]
    except Exception:  # noqa: BLE001 - even its words can break
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
