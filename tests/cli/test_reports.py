import io
from typing import Any

from rich.console import Console

from tests.desk.people import Office
from watchdog.cli import reports
from watchdog.core.incident import Act
from watchdog.core.observation import Status


def told(report: Any, *content: Any) -> str:
    console = Console(file=io.StringIO(), width=200, markup=False, highlight=False)
    report(console, *content)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_story_shows_kept_lines_and_what_could_not_be_delivered() -> None:
    """The last words of a container, and a notification that nobody got, are part of the story."""
    deliveries = [
        {"notifier": "telegram", "state": "refused", "attempts": 1, "error": "chat not found"},
        {"notifier": "log", "state": "delivered", "attempts": 1, "error": ""},
    ]
    at = "2026-11-23T12:00:00.000+00:00"
    incident = {
        "id": "7",
        "target": "api",
        "summary": "is dead",
        "phase": "resolved",
        "ending": "healed",
        "word": "healed",
        "opened": at,
        "seconds": 3.0,
        "attempts": 1,
        "playbook": "p",
        "reason": "",
    }
    timeline = [
        {"at": at, "kind": "step.ended", "text": "done", "evidence": ["panic: [red]cheese"]},
        {"at": at, "kind": "told", "text": "healed", "evidence": [], "deliveries": deliveries},
    ]
    text = told(reports.report_story, {"incident": incident, "timeline": timeline})
    assert "| panic: [red]cheese" in text
    assert "told: healed" in text
    assert "telegram: refused, chat not found" in text
    assert "delivered" not in text


def test_a_question_is_shown_with_both_answers() -> None:
    """A target found down by nobody knows whom asks, and shows how to answer."""
    office = Office()
    office.watch("api", Status.CRITICAL, "found_down")
    office.held("api", Act.UNCLEAR)
    text = told(reports.report_status, office.desk.status())
    assert "shall it run?" in text
    assert "held     it was found down, and nobody knows who stopped it (by ada)" in text
    assert "watchdog release api" in text
    assert "watchdog hold api" in text


def test_a_rung_that_is_never_reached_says_so() -> None:
    """A plan does not promise attempts that the limits do not allow."""
    rung = {"action": "recreate_service", "does": "x", "beside": [], "waits": [], "attempts": 0, "verify": {}}
    plan = {"playbook": "p", "target": "api", "title": {}, "autonomy": "act", "rungs": [rung], "hash": "0"}
    assert "never reached" in told(reports.report_plan, plan)


def test_a_rung_that_asks_first_says_so() -> None:
    """A plan names the yes that it waits for."""
    verify = {"within": 60.0, "stable": 10.0}
    rung = {"action": "rebuild_service", "does": "x", "beside": [], "waits": [0.0], "attempts": 1}
    rung |= {"asks": True, "verify": verify, "when": ["web_front_down"]}
    plan = {"playbook": "p", "target": "api", "title": {}, "autonomy": "act", "rungs": [rung], "hash": "0"}
    text = told(reports.report_plan, plan)
    assert "waits for a human yes" in text
    assert "only when this is found: web_front_down" in text
    assert "never reached" not in text


def test_a_probe_of_nothing_says_so() -> None:
    """No observations are no health."""
    assert "nothing is watched" in told(reports.report_observations, {"observations": []})
