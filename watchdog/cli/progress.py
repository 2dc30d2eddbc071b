"""Following a heal until it has ended: a line for each step, a spinner on a terminal."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.text import Text

from watchdog.cli.language import own_words
from watchdog.cli.link import Following, Link
from watchdog.cli.show import local_time, say
from watchdog.wording import describe_happening, plain

Json = dict[str, Any]

# How a target stands while its heal goes on.
GOES_ON = frozenset({"moving", "waiting", "acting", "verifying"})
# After one of these it may have ended. Whatever else ends it is found at the next sign of life: one comes
# when there is nothing left to tell, so that no line is lost.
_ENDS = ("incident.resolved", "incident.escalated", "hold.begun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Healed:
    """How it went. `in_time` False: it goes on in the daemon, nobody waits any more."""

    answer: Json
    status: Json
    in_time: bool


def heal(link: Link, target: str, seconds: float, console: Console | None) -> Healed:
    """Order a heal and follow it for at most so many seconds; `console` None says nothing meanwhile."""
    deadline = time.monotonic() + seconds
    progress, screen = _Progress(link, target, console), own_words().screen
    with link.follow(target) as following:
        answer = link.post("orders", body={"order": "heal", "target": target})
        if console is not None:
            say(console, (f"heal {target}", "bold"), screen["does"].format(does=answer["answer"]))
        status: Json = answer["status"]
        if status["state"] not in GOES_ON:
            return Healed(answer=answer, status=status, in_time=True)
        if console is not None:
            say(console, f"{target} {status['summary']}; {status['reason']}")
        if console is None or not console.is_terminal:
            status, in_time = progress.follow(following, deadline)
        else:
            with console.status(Text(plain(status["reason"]))) as spinner:
                progress.spinner = spinner
                status, in_time = progress.follow(following, deadline)
    return Healed(answer=answer, status=status, in_time=in_time)


class _Progress:
    """What is told while a heal goes on."""

    def __init__(self, link: Link, target: str, console: Console | None) -> None:
        self._link = link
        self._target = target
        self._console = console
        self.spinner: Status | None = None

    def follow(self, following: Following, deadline: float) -> tuple[Json, bool]:
        """Tell what happens until it has ended; how the target then stands, and whether that was in time."""
        for happening in following:
            if happening is not None:
                self._tell(happening)
            if happening is None or happening.get("name") in _ENDS:
                status = self._look()
                if status["state"] not in GOES_ON:
                    return status, True
            if time.monotonic() > deadline:
                break
        # The daemon hung up, or time is over; if it is gone, this says so.
        status = self._look()
        return status, status["state"] not in GOES_ON

    def _look(self) -> Json:
        status: Json = self._link.get("status", target=self._target)["targets"][0]
        return status

    def _tell(self, happening: Json) -> None:
        name, facts = happening.get("name", ""), happening.get("facts", {})
        if self.spinner is not None and name == "decision":
            self.spinner.update(Text(plain(str(facts.get("reason", "")))))
        line = describe_happening(name, facts, happening.get("incident"), own_words())
        if line and self._console is not None:
            say(self._console, (local_time(happening["at"], exact=True), "dim"), "  ", line)
