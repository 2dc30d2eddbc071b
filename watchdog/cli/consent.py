"""What is shown of proposals, and of the answers to them."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from watchdog.cli.language import own_words
from watchdog.cli.show import ago, field, local_time, mark, say
from watchdog.wording import describe_span

Json = dict[str, Any]


def report_proposals(console: Console, listed: Json) -> None:
    """What waits for a yes, each in full: a person decides by it."""
    if not listed["proposals"]:
        say(console, own_words().screen["nothing_proposed"])
    for number, proposal in enumerate(listed["proposals"]):
        if number:
            say(console, "")
        report_proposal(console, proposal, listed["at"])


def report_proposal(console: Console, proposal: Json, now: str | None = None) -> None:
    """One proposal: what exactly it would do, and how to answer."""
    words = own_words()
    screen, by = words.screen, proposal["by"]
    title = screen["proposal"].format(
        proposal=proposal["id"], action=proposal["action"], target=proposal["target"]
    )
    of_incident = screen["of_incident"].format(incident=proposal["incident"])
    say(console, mark(proposal["state"]), (title, "bold"), of_incident)

    def show(label: str, value: str) -> None:
        field(console, words, label, value, wider=1)

    show("state", screen["answered_by"].format(word=proposal["word"], by=by) if by else proposal["word"])
    show("made", f"{local_time(proposal['made'])}, {ago(proposal['made'], words, now)}")
    if proposal["reason"]:
        show("why", proposal["reason"])
    show("does", proposal["does"])
    for name, value in proposal["pins"].items():
        show(f"  {name}", value)
    if proposal["left"]:
        show("answer", screen["answer_within"].format(span=describe_span(proposal["left"], words)))
    for number, command in enumerate(proposal["commands"]):
        show("you_can" if number == 0 else "", command)


def report_answer(console: Console, answered: Json) -> None:
    """What follows from an answer; or, of a dry run, what would be done."""
    screen = own_words().screen
    if answered.get("dry_run"):
        report_proposal(console, answered["proposal"])
        if answered["differs"]:
            say(console, mark("warning"), screen["differs"].format(differs=answered["differs"]))
        return
    target, proposal = answered["status"]["target"], answered["proposal"]
    follows = screen["does"].format(does=answered["follows"])
    say(console, (f"{answered['answer']} {proposal['id']}", "bold"), follows)
    say(console, screen["what_becomes"].format(incident=proposal["incident"]))
    say(console, screen["hands_off"].format(target=target))
