"""What each command shows to a person: from the JSON of the daemon to lines."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from watchdog.cli.consent import report_answer, report_proposals
from watchdog.cli.show import ago, coloured, local_time, mark, say, show_rows
from watchdog.wording import ENGLISH, describe_span

Json = dict[str, Any]

# Those with a file of their own.
REPORTS = (report_answer, report_proposals)


def report_status(console: Console, status: Json) -> None:
    """Is everything well; what is not, since when, what was done, what is next, what can I do."""
    targets, now = status["targets"], status["at"]
    troubled = [each for each in targets if not each["well"]]
    if not status["engine"]["connected"]:
        reason = status["engine"]["lost_because"]
        say(console, mark("unknown"), ("the Docker engine cannot be asked: ", "bold magenta"), reason)
        say(console, "  Nothing is done until it answers again. You can: docker info")
    _report_config(console, status["config"])
    for sentence in status["degraded"]:
        say(console, mark("warning"), (sentence, "yellow"))
    if not targets:
        say(console, mark("unknown"), ("nothing is watched", "bold magenta"))
        say(console, "  No container matches `watch` in the configuration: watchdog config check")
        return
    if not troubled and status["engine"]["connected"] and not status["config"]["broken"]:
        held = sum(each["state"] == "held" for each in targets)
        rest = f" ({held} held)" if held else ""
        say(console, mark("well"), (f"All is well: {_count(len(targets), 'target')}{rest}.", "bold green"))
    elif troubled:
        verb = "is" if len(troubled) == 1 else "are"
        line = f"{len(troubled)} of {_count(len(targets), 'target')} {verb} not well."
        say(console, mark("sick"), (line, "bold red"))
    for target in sorted(troubled, key=lambda each: each["target"]):
        say(console, "")
        report_target(console, target, now)
    calm = [each for each in targets if each["well"]]
    if calm:
        say(console, "")
        show_rows(
            console,
            ("target", "is", "seen", ""),
            [
                (
                    each["target"],
                    coloured(each["word"], each["state"]),
                    ago(each["seen"], now) if each["seen"] else "",
                    _why(each),
                )
                for each in calm
            ],
        )


def report_target(console: Console, target: Json, now: str | None = None) -> None:
    """One target in full."""
    state = target["state"]
    say(console, mark(state), (target["target"], "bold"), " ", target["summary"] or "was not seen yet")
    _field(console, "state", (target["word"], mark(state)[1]))
    if target["since"]:
        incident = f" (incident {target['incident']['id']})" if target["incident"] else ""
        _field(console, "since", f"{local_time(target['since'])}, {ago(target['since'], now)}{incident}")
    if target["hold"]:
        _field(console, "held", f"{target['hold']['words']} (by {target['hold']['by']})")
    for number, attempt in enumerate(target["attempts"], 1):
        action = ENGLISH.actions.get(attempt["action"], attempt["action"])
        _field(console, "done" if number == 1 else "", f"{number}. {action}, {ago(attempt['at'], now)}")
    escalated = target["incident"] and target["incident"]["reason_words"]
    if target["reason"] != target["word"]:
        _field(console, "why", escalated or target["reason"])
    for line in target["evidence"]:
        _field(console, "said", (line, "dim"))
    if target["next"]:
        _field(console, "next", target["next"])
    for number, command in enumerate(target["commands"]):
        _field(console, "you can" if number == 0 else "", (command, "bold"))


def report_observations(console: Console, probed: Json) -> None:
    """What was seen just now."""
    for seen in probed["observations"]:
        say(console, mark(seen["status"]), (seen["target"], "bold"), " ", seen["summary"])
        for line in seen["evidence"]:
            say(console, "    | ", (line, "dim"))
    if not probed["observations"]:
        say(console, mark("unknown"), "nothing is watched")


def report_incidents(console: Console, listed: Json) -> None:
    """The newest incidents."""
    if not listed["incidents"]:
        say(console, "No incidents.")
        return
    rows: list[tuple[Text | str, ...]] = [
        (
            each["id"],
            local_time(each["opened"]),
            each["target"],
            coloured(each["word"], each["ending"] or each["phase"]),
            describe_span(each["seconds"]),
            str(each["attempts"]),
            each["summary"],
        )
        for each in listed["incidents"]
    ]
    show_rows(console, ("id", "opened", "target", "ended", "lasted", "attempts", "what it was"), rows)


def report_story(console: Console, story: Json) -> None:
    """An incident from its first line to its last."""
    incident = story["incident"]
    kind = incident["ending"] or incident["phase"]
    say(
        console,
        mark(kind),
        (f"Incident {incident['id']}: {incident['target']} {incident['summary']}", "bold"),
    )
    _field(console, "state", (incident["word"], mark(kind)[1]))
    _field(console, "opened", local_time(incident["opened"]))
    _field(console, "lasted", describe_span(incident["seconds"]))
    _field(console, "attempts", str(incident["attempts"]))
    _field(console, "playbook", incident["playbook"])
    if incident["reason"]:
        _field(console, "why", incident["reason_words"])
    say(console, "")
    for line in story["timeline"]:
        style = "bold" if line["kind"] in ("step.begun", "step.ended", "told") else ""
        prefix = "told: " if line["kind"] == "told" else ""
        say(console, (local_time(line["at"], exact=True), "dim"), "  ", (f"{prefix}{line['text']}", style))
        for kept in line["evidence"]:
            say(console, "              | ", (kept, "dim"))
        for delivery in line.get("deliveries", ()):
            if delivery["state"] != "delivered":
                say(
                    console,
                    f"              {delivery['notifier']}: {delivery['state']}, {delivery['error']}",
                )


def report_plan(console: Console, plan: Json) -> None:
    """What would be done, step by step; also of a dry run, which holds its plan."""
    plan = plan.get("plan", plan)
    title = plan["title"].get("en") or plan["playbook"]
    say(console, (f"{plan['playbook']} for {plan['target']}: {title}", "bold"))
    say(console, f"autonomy: {plan['autonomy']}")
    for number, rung in enumerate(plan["rungs"], 1):
        say(console, "")
        say(console, (f"{number}. {rung['action']}", "bold"), f": {rung['does']}")
        for name, value in rung.get("pins", {}).items():
            say(console, f"   {name}: {value}")
        for beside in rung["beside"]:
            say(console, f"   beside it, {beside['action']}: {beside['does']}")
        if not rung["waits"]:
            say(console, "   never reached: the attempts that the limits allow are spent before it")
            continue
        if rung.get("asks"):
            say(console, "   waits for a human yes, however many attempts were made before it")
        waits = ", ".join(
            "at once" if wait == 0 else f"after {describe_span(wait)}" for wait in rung["waits"]
        )
        say(console, f"   attempts: {rung['attempts']} ({waits})")
        verify = rung["verify"]
        within, stable = describe_span(verify["within"]), describe_span(verify["stable"])
        say(console, f"   counts when: well within {within}, and for {stable} without a break")
    say(console, "")
    say(console, f"{len(plan['rungs']) + 1}. a human is told")
    say(console, (f"plan {plan['hash']}", "dim"))


def report_order(console: Console, answer: Json) -> None:
    """What follows from an order."""
    say(console, (f"{answer['order']} {answer['target']}", "bold"), f": {answer['answer']}")
    report_target(console, answer["status"])


def report_reload(console: Console, answer: Json) -> None:
    """What is another now, or all that is wrong."""
    if not answer["ok"]:
        for problem in answer["problems"]:
            say(console, problem)
        count = _count(len(answer["problems"]), "problem")
        say(console, mark("sick"), (f"{count}: the old configuration stays", "bold red"))
        return
    if not answer["changes"]:
        say(console, mark("well"), ("Loaded again: nothing has changed.", "bold green"))
    else:
        changed = _count(len(answer["changes"]), "change")
        say(console, mark("well"), (f"Loaded again, {changed}:", "bold green"))
    for change in answer["changes"]:
        before, after = (change[name] or "not set" for name in ("before", "after"))
        restart = "  (needs a restart)" if change["needs_restart"] else ""
        say(console, f"  {change['key']}: {before} -> {after}", (restart, "yellow"))
    if answer["needs_restart"]:
        say(
            console,
            mark("warning"),
            ("Not in force until the daemon is restarted: ", "yellow"),
            ", ".join(answer["needs_restart"]),
        )
    for incident in answer["unasked"]:
        say(
            console,
            mark("warning"),
            f"The check of incident {incident} is configured no more: nobody looks after it.",
        )


def _report_config(console: Console, config: Json) -> None:
    """What is wrong with the configuration itself."""
    if config["broken"]:
        words = f"the configuration is broken: what was last good is in force, of {local_time(config['last_good'])}"
        say(console, mark("sick"), (words, "bold red"))
    elif not config["ok"]:
        say(
            console,
            mark("warning"),
            ("the configuration files are broken: the old configuration stays", "bold yellow"),
        )
    for problem in config["problems"]:
        say(console, f"    {problem}")
    if not config["ok"]:
        say(console, "  Mend it, then: watchdog reload")
    if config["needs_restart"]:
        say(
            console,
            mark("warning"),
            "changed, and waiting for a restart of the daemon: ",
            ", ".join(config["needs_restart"]),
        )


def _why(target: Json) -> str:
    if target["hold"]:
        return f"{target['summary']}; {target['hold']['words']}; {target['commands'][0]}"
    return str(target["summary"])


def _field(console: Console, name: str, value: str | tuple[str, str]) -> None:
    say(console, f"    {name:<9}", value)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
