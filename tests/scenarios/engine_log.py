"""The engine's own event log: the witness that no scenario can talk into anything."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tests.scenarios.failed import Failed

# What changes a container, by whoever's hand. A death and a change of health are consequences, not acts.
ACTS = frozenset({"start", "stop", "kill", "create", "destroy", "pause", "unpause", "restart"})
HEARD = ACTS | {"die", "oom", "health_status"}
SHOWN = 40


@dataclass(frozen=True, slots=True)
class Told:
    """One event of the engine: its clock in seconds, what, to which service, and the details."""

    at: float
    action: str
    service: str
    container_id: str
    attributes: Mapping[str, str]


class EngineLog:
    """Everything the engine tells of one project, from the moment of opening on."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._events: list[Told] = []
        self._news = threading.Condition()
        self._reader: subprocess.Popen[str] | None = None

    def open(self) -> None:
        """Begin to listen. What happened in the minute before is told too."""
        if self._reader is not None:
            return
        label = f"label=com.docker.compose.project={self._project}"
        command = ["docker", "events", "--format", "{{json .}}", "--filter", "type=container"]
        command += ["--filter", label, "--since", str(int(time.time()) - 60)]
        self._reader = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        threading.Thread(target=self._read, args=(self._reader,), daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        if self._reader is not None:
            self._reader.kill()
            self._reader.wait(5)

    def all(self) -> list[Told]:
        """Every event so far, in the order in which it was told."""
        with self._news:
            return list(self._events)

    def told(self, service: str, action: str, *, after: float = 0) -> list[Told]:
        """The events of one kind of a service since a mark."""
        with self._news:
            return [t for t in self._events if t.service == service and t.action == action and t.at > after]

    def acts(self, *, after: float) -> dict[str, Counter[str]]:
        """How often each act was done to each service since a mark."""
        counted: dict[str, Counter[str]] = {}
        with self._news:
            for told in self._events:
                if told.at > after and told.action in ACTS:
                    counted.setdefault(told.service, Counter())[told.action] += 1
        return counted

    def only(self, after: float, allowed: Mapping[str, Mapping[str, int]]) -> None:
        """Exactly these acts were done since a mark, and nothing else to anybody; Failed otherwise."""
        seen = {service: dict(acts) for service, acts in self.acts(after=after).items()}
        wanted = {service: dict(acts) for service, acts in allowed.items() if acts}
        if seen != wanted:
            differ = {s for s in {*seen, *wanted} if seen.get(s) != wanted.get(s)}
            lines = [f"  {s}: done {seen.get(s, {})}, promised {wanted.get(s, {})}" for s in sorted(differ)]
            raise Failed("\n".join(["other acts than promised", *lines, self.recent()]))

    def await_event(
        self, service: str, action: str, *, after: float = 0, within: float = 30, count: int = 1
    ) -> Told:
        """The first such event, or number `count`, since a mark; Failed if it does not come within so many seconds."""
        deadline = time.monotonic() + within
        while True:
            found = self.told(service, action, after=after)
            if len(found) >= count:
                return found[count - 1]
            left = deadline - time.monotonic()
            if left <= 0:
                raise Failed(f"no {action!r} of {service} ({count}.) within {within:g} s\n{self.recent()}")
            with self._news:
                self._news.wait(min(left, 0.5))

    def recent(self) -> str:
        """The latest events, for an error message."""
        with self._news:
            lines = [
                f"  {t.at:.3f} {t.service} {t.action} {t.container_id[:12]} {dict(t.attributes)}"
                for t in self._events[-SHOWN:]
            ]
        return "\n".join(["latest events:", *lines])

    def _read(self, reader: subprocess.Popen[str]) -> None:
        assert reader.stdout is not None
        for line in reader.stdout:
            event = json.loads(line)
            action, _, health = event["Action"].partition(": ")
            if action not in HEARD:
                continue
            labels = dict(event["Actor"]["Attributes"])
            kept = {k: v for k, v in labels.items() if k in ("exitCode", "signal")}
            if health:
                kept["health"] = health
            told = Told(
                at=event["timeNano"] / 1e9,
                action=action,
                service=labels.get("com.docker.compose.service", ""),
                container_id=event["Actor"]["ID"],
                attributes=kept,
            )
            with self._news:
                self._events.append(told)
                self._news.notify_all()
