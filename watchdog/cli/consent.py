"""What is shown of proposals, and of the answers to them."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from watchdog.cli.show import ago, local_time, mark, say
from watchdog.wording import describe_span

Json = dict[str, Any]


def report_proposals(console: Console, listed: Json) -> None:
    """What waits for a yes, each in full: a person decides by it."""
    if not listed["proposals"]:
        say(console, "Nothing waits for a yes.")
    for number, proposal in enumerate(listed["proposals"]):
        if number:
            say(console, "")
        report_proposal(console, proposal, listed["at"])


def report_proposal(console: Console, proposal: Json, now: str | None = None) -> None:
    """One proposal: what exactly it would do, and how to answer."""
    target, incident = proposal["target"], proposal["incident"]
    say(
        console,
        mark(proposal["state"]),
        (f"Proposal {proposal['id']}: {proposal['action']} for {target}", "bold"),
        f" (incident {incident})",
    )
    _field(console, "state", proposal["word"] + (f", by {proposal['by']}" if proposal["by"] else ""))
    _field(console, "made", f"{local_time(proposal['made'])}, {ago(proposal['made'], now)}")
    if proposal["reason"]:
        _field(console, "why", proposal["reason"])
    _field(console, "does", proposal["does"])
    for name, value in proposal["pins"].items():
        _field(console, f"  {name}", value)
    if proposal["left"]:
        _field(console, "answer", f"within {describe_span(proposal['left'])}; no answer is a no")
    for number, command in enumerate(proposal["commands"]):
        _field(console, "you can" if number == 0 else "", command)


def report_answer(console: Console, answered: Json) -> None:
    """What follows from an answer; or, of a dry run, what would be done."""
    if answered.get("dry_run"):
        report_proposal(console, answered["proposal"])
        if answered["differs"]:
            say(console, mark("warning"), "It is not as it was shown: ", answered["differs"])
        return
    target = answered["status"]["target"]
    say(console, (f"{answered['answer']} {answered['proposal']['id']}", "bold"), f": {answered['follows']}")
    say(
        console,
        f"To see what becomes of it: watchdog status, watchdog incidents {answered['proposal']['incident']}",
    )
    say(console, f"To keep watchdog's hands off: watchdog hold {target}")


def _field(console: Console, name: str, value: str) -> None:
    say(console, f"    {name:<10}", value)
