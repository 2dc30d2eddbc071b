"""What each command shows to a person: from the JSON of the daemon to lines."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from watchdog.cli.consent import report_answer, report_proposals
from watchdog.cli.language import named_language, own_words
from watchdog.cli.show import ago, coloured, field, local_time, mark, say, show_rows
from watchdog.cli.window_reports import (
    report_maintenance,
    report_silences,
    report_window_answer,
    report_windows,
)
from watchdog.wording import Catalogue, describe_saying, describe_span

Json = dict[str, Any]

# Those with a file of their own.
REPORTS = (report_answer, report_proposals, report_maintenance, report_silences, report_window_answer)


def report_status(console: Console, status: Json) -> None:
    """Is everything well; what is not, since when, what was done, what is next, what can I do."""
    words = own_words()
    screen, counts = words.screen, words.counts
    targets, now = status["targets"], status["at"]
    troubled = [each for each in targets if not each["well"]]
    if not status["engine"]["connected"]:
        lost = screen["engine_lost"].format(reason=status["engine"]["lost_because"])
        say(console, mark("unknown"), (lost, "bold magenta"))
        say(console, f"  {screen['engine_advice']}")
    _report_config(console, status["config"], words)
    for sentence in status["degraded"]:
        say(console, mark("warning"), (sentence, "yellow"))
    report_windows(console, [*status["maintenance"], *status["silences"]], now, words)
    if not targets:
        say(console, mark("unknown"), (screen["nothing_watched"], "bold magenta"))
        say(console, f"  {screen['nothing_matches']}")
        return
    many = counts["targets"](len(targets))
    if not troubled and status["engine"]["connected"] and not status["config"]["broken"]:
        held = sum(each["state"] == "held" for each in targets)
        line = screen["all_well"].format(targets=many, held=counts["held"](held) if held else "")
        say(console, mark("well"), (line, "bold green"))
    elif troubled:
        say(console, mark("sick"), (counts["not_well"](len(troubled), targets=many), "bold red"))
    for target in sorted(troubled, key=lambda each: each["target"]):
        say(console, "")
        report_target(console, target, now, words)
    calm = [each for each in targets if each["well"]]
    if calm:
        say(console, "")
        rows: list[tuple[Text | str, ...]] = [
            (
                each["target"],
                coloured(each["word"], each["state"]),
                ago(each["seen"], words, now) if each["seen"] else "",
                _why(each, words),
            )
            for each in calm
        ]
        show_rows(console, (*_headings(words, "target", "is", "seen"), ""), rows)


def report_target(
    console: Console, target: Json, now: str | None = None, words: Catalogue | None = None
) -> None:
    """One target in full."""
    words = words or own_words()
    screen, state = words.screen, target["state"]
    say(console, mark(state), (target["target"], "bold"), " ", target["summary"] or screen["not_seen"])
    field(console, words, "state", (target["word"], mark(state)[1]))
    if target["since"]:
        since = f"{local_time(target['since'])}, {ago(target['since'], words, now)}"
        incident = target["incident"]
        of_incident = screen["of_incident"].format(incident=incident["id"]) if incident else ""
        field(console, words, "since", since + of_incident)
    if target["hold"]:
        by = screen["by"].format(by=target["hold"]["by"])
        field(console, words, "held", target["hold"]["words"] + by)
    for number, attempt in enumerate(target["attempts"], 1):
        action = words.actions.get(attempt["action"], attempt["action"])
        label = "done" if number == 1 else ""
        field(console, words, label, f"{number}. {action}, {ago(attempt['at'], words, now)}")
    escalated = target["incident"] and target["incident"]["reason_words"]
    if target["reason"] != target["word"]:
        field(console, words, "why", escalated or target["reason"])
    for line in target["evidence"]:
        field(console, words, "said", (line, "dim"))
    if target["next"]:
        field(console, words, "next", target["next"])
    for number, command in enumerate(target["commands"]):
        field(console, words, "you_can" if number == 0 else "", (command, "bold"))


def report_observations(console: Console, probed: Json) -> None:
    """What was seen just now."""
    for seen in probed["observations"]:
        say(console, mark(seen["status"]), (seen["target"], "bold"), " ", seen["summary"])
        for line in seen["evidence"]:
            say(console, "    | ", (line, "dim"))
    if not probed["observations"]:
        say(console, mark("unknown"), own_words().screen["nothing_watched"])


def report_incidents(console: Console, listed: Json) -> None:
    """The newest incidents."""
    words = own_words()
    if not listed["incidents"]:
        say(console, words.screen["no_incidents"])
        return
    rows: list[tuple[Text | str, ...]] = [
        (
            each["id"],
            local_time(each["opened"]),
            each["target"],
            coloured(each["word"], each["ending"] or each["phase"]),
            describe_span(each["seconds"], words),
            str(each["attempts"]),
            each["summary"],
        )
        for each in listed["incidents"]
    ]
    names = ("id", "opened", "target", "ended", "lasted", "attempts", "what_it_was")
    show_rows(console, _headings(words, *names), rows)


def report_story(console: Console, story: Json) -> None:
    """An incident from its first line to its last."""
    words = own_words()
    screen, incident = words.screen, story["incident"]
    kind = incident["ending"] or incident["phase"]
    title = screen["incident"].format(
        incident=incident["id"], target=incident["target"], summary=incident["summary"]
    )
    say(console, mark(kind), (title, "bold"))
    field(console, words, "state", (incident["word"], mark(kind)[1]))
    field(console, words, "opened", local_time(incident["opened"]))
    field(console, words, "lasted", describe_span(incident["seconds"], words))
    field(console, words, "attempts", str(incident["attempts"]))
    field(console, words, "playbook", incident["playbook"])
    if incident["reason"]:
        field(console, words, "why", incident["reason_words"])
    say(console, "")
    for line in story["timeline"]:
        style = "bold" if line["kind"] in ("step.begun", "step.ended", "told") else ""
        text = screen["told"].format(title=line["text"]) if line["kind"] == "told" else line["text"]
        say(console, (local_time(line["at"], exact=True), "dim"), "  ", (text, style))
        for kept in line["evidence"]:
            say(console, "              | ", (kept, "dim"))
        for delivery in line.get("deliveries", ()):
            if delivery["state"] != "delivered":
                say(console, f"              {screen['delivery'].format_map(delivery)}")


def report_plan(console: Console, plan: Json) -> None:
    """What would be done, step by step; also of a dry run, which holds its plan."""
    words = own_words()
    screen = words.screen
    plan = plan.get("plan", plan)
    titles = plan["title"]
    title = titles.get(named_language()) or titles.get("en") or plan["playbook"]
    head = screen["plan"].format(playbook=plan["playbook"], target=plan["target"], title=title)
    say(console, (head, "bold"))
    say(console, screen["autonomy"].format(autonomy=plan["autonomy"]))
    for number, rung in enumerate(plan["rungs"], 1):
        say(console, "")
        step = screen["step"].format(number=number, action=rung["action"])
        say(console, (step, "bold"), screen["does"].format(does=describe_saying(rung["does"], words)))
        for name, value in rung.get("pins", {}).items():
            say(console, f"   {screen['pin'].format(name=name, value=value)}")
        for beside in rung["beside"]:
            does = describe_saying(beside["does"], words)
            say(console, f"   {screen['beside'].format(action=beside['action'], does=does)}")
        if not rung["waits"]:
            say(console, f"   {screen['never_reached']}")
            continue
        if rung.get("when"):
            say(console, f"   {screen['only_when'].format(findings=', '.join(rung['when']))}")
        if rung.get("asks"):
            say(console, f"   {screen['asks_first']}")
        waits = ", ".join(
            screen["at_once"] if wait == 0 else screen["after"].format(span=describe_span(wait, words))
            for wait in rung["waits"]
        )
        say(console, f"   {screen['attempts'].format(attempts=rung['attempts'], waits=waits)}")
        spans = {name: describe_span(rung["verify"][name], words) for name in ("within", "stable")}
        say(console, f"   {screen['counts_when'].format_map(spans)}")
    say(console, "")
    say(console, screen["human_is_told"].format(number=len(plan["rungs"]) + 1))
    say(console, (screen["plan_hash"].format(hash=plan["hash"]), "dim"))


def report_order(console: Console, answer: Json) -> None:
    """What follows from an order."""
    follows = own_words().screen["does"].format(does=answer["answer"])
    say(console, (f"{answer['order']} {answer['target']}", "bold"), follows)
    if answer["status"] is not None:  # of a check there is none
        report_target(console, answer["status"])


def report_reload(console: Console, answer: Json) -> None:
    """What is another now, or all that is wrong."""
    words = own_words()
    screen, counts = words.screen, words.counts
    if not answer["ok"]:
        for problem in answer["problems"]:
            say(console, problem)
        problems = counts["problems"](len(answer["problems"]))
        say(console, mark("sick"), (screen["old_stays"].format(problems=problems), "bold red"))
        return
    if not answer["changes"]:
        say(console, mark("well"), (screen["nothing_changed"], "bold green"))
    else:
        changes = counts["changes"](len(answer["changes"]))
        say(console, mark("well"), (screen["loaded"].format(changes=changes), "bold green"))
    for change in answer["changes"]:
        before, after = (change[name] or screen["not_set"] for name in ("before", "after"))
        restart = screen["needs_restart"] if change["needs_restart"] else ""
        line = screen["change"].format(key=change["key"], before=before, after=after)
        say(console, f"  {line}", (restart, "yellow"))
    if answer["needs_restart"]:
        line = screen["not_in_force"].format(keys=", ".join(answer["needs_restart"]))
        say(console, mark("warning"), (line, "yellow"))
    for incident in answer["unasked"]:
        say(console, mark("warning"), screen["unasked"].format(incident=incident))


def _report_config(console: Console, config: Json, words: Catalogue) -> None:
    """What is wrong with the configuration itself."""
    screen = words.screen
    if config["broken"]:
        line = screen["config_broken"].format(since=local_time(config["last_good"]))
        say(console, mark("sick"), (line, "bold red"))
    elif not config["ok"]:
        say(console, mark("warning"), (screen["files_broken"], "bold yellow"))
    for problem in config["problems"]:
        say(console, f"    {problem}")
    if not config["ok"]:
        say(console, f"  {screen['mend_it']}")
    if config["needs_restart"]:
        line = screen["waits_for_restart"].format(keys=", ".join(config["needs_restart"]))
        say(console, mark("warning"), line)


def _why(target: Json, words: Catalogue) -> str:
    summary, hold = str(target["summary"]), target["hold"]
    if not hold:
        return summary
    return words.screen["held"].format(summary=summary, act=hold["words"], command=target["commands"][0])


def _headings(words: Catalogue, *names: str) -> tuple[str, ...]:
    return tuple(words.headings[name] for name in names)
