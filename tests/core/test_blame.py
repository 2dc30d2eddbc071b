"""Whose trouble is behind what a look shows."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes import FakeClock
from watchdog.core.blame import find_explanation, find_root, is_given_up, suspects
from watchdog.core.dependency import Graph, Member, build_graph
from watchdog.core.incident import Incident, Phase
from watchdog.core.notification import Severity
from watchdog.core.observation import Finding, Hand, Observation, Status

NOW = FakeClock().now()


def stack() -> Graph:
    """Nginx needs Grafana; the page is no container, and stands in no graph."""
    return build_graph((Member(target="nginx", compose=("grafana",)), Member(target="grafana")))


def page(*because_of: str) -> Observation:
    return Observation(
        check="pages",
        target="dashboard",
        status=Status.CRITICAL,
        finding=Finding("web_front_down"),
        at=NOW,
        because_of=because_of,
    )


def incident(target: str, phase: Phase) -> dict[str, Incident]:
    return {
        target: Incident(
            id="1",
            check="containers",
            target=target,
            playbook="container-crash",
            severity=Severity.HIGH,
            opened=NOW,
            finding=Finding("exited"),
            phase=phase,
        )
    }


def test_what_a_look_names_is_the_cause_while_it_is_sick() -> None:
    """A page behind a front that is down waits for the front, and for nobody who is well."""
    assert find_root(stack(), "dashboard", page("nginx"), {"nginx"}, {}) == "nginx"
    assert find_root(stack(), "dashboard", page("grafana"), {"nginx"}, {}) is None
    assert find_root(stack(), "dashboard", page(), {"nginx", "grafana"}, {}) is None
    assert find_root(stack(), "dashboard", None, {"nginx"}, {}) is None


def test_a_cause_need_not_be_a_container() -> None:
    """A page waits for the certificate of its domain, which stands in no graph."""
    domain = "dash.example.com"
    assert find_root(stack(), "dashboard", page(domain), {domain}, {}) == domain
    assert find_root(stack(), "dashboard", page(domain), {"nginx"}, {}) is None


def test_the_cause_of_the_cause_is_named() -> None:
    """Where it begins is what people want to know."""
    assert find_root(stack(), "dashboard", page("nginx"), {"nginx", "grafana"}, {}) == "grafana"


def test_what_a_cause_needs_counts_although_it_looks_well() -> None:
    """A Grafana that answers its healthcheck and serves nothing waits for its database."""
    assert find_root(stack(), "dashboard", page("nginx"), {"grafana"}, {}) == "grafana"


def test_what_was_handed_to_a_human_is_not_waited_for() -> None:
    """A front that cannot come up is the very reason for an emergency bypass."""
    escalated = incident("nginx", Phase.ESCALATED)
    assert find_root(stack(), "dashboard", page("nginx"), {"nginx"}, escalated) is None
    assert is_given_up(page("nginx"), escalated)
    assert not is_given_up(page("nginx"), incident("nginx", Phase.VERIFYING))
    assert not is_given_up(None, escalated)


def test_what_the_graph_says_counts_first_whatever_became_of_it() -> None:
    """A dependant waits for its cause also when that is a human's by now."""
    escalated = incident("grafana", Phase.ESCALATED)
    assert find_root(stack(), "nginx", None, {"grafana"}, escalated) == "grafana"


def test_whom_to_look_at_first() -> None:
    """What the look names, if there is such a target, and what the graph knows."""
    assert suspects(stack(), "dashboard", page("nginx", "nobody"), {"nginx", "grafana"}) == {"nginx"}
    assert suspects(stack(), "nginx", None, {"nginx", "grafana"}) == {"grafana"}


def test_a_front_that_runs_is_explained_by_its_page() -> None:
    """It is called unhealthy because of what is behind it; down it would be another matter."""
    front = replace(page(), target="nginx", finding=Finding("unhealthy"))
    shows = replace(page(), explains=("nginx",))
    assert find_explanation(front, [page(), shows], {}) == shows
    assert find_explanation(replace(front, target="api"), [shows], {}) is None
    assert find_explanation(replace(front, stopped_by=Hand.ITSELF), [shows], {}) is None
    assert find_explanation(None, [shows], {}) is None


def test_a_page_that_is_well_or_with_a_human_explains_nothing() -> None:
    """Then the front's own remedy has its turn."""
    front = replace(page(), target="nginx", finding=Finding("unhealthy"))
    shows = replace(page(), explains=("nginx",))
    assert find_explanation(front, [replace(shows, status=Status.OK)], {}) is None
    assert find_explanation(front, [shows], incident("dashboard", Phase.ESCALATED)) is None
