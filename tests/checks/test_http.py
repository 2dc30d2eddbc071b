"""A page on two or three ways, against real servers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

import pytest
from aiohttp import web
from pydantic import ValidationError

from tests.engine.parts import Stand
from tests.gateways.pages import Site, serving
from watchdog.checks.http import Http, HttpParameters
from watchdog.core.observation import Observation, Status


def check(page: Mapping[str, object], **more: object) -> Http:
    return Http("web", HttpParameters.model_validate({"pages": {"dashboard": page}, **more}))


async def look(page: Mapping[str, object], **more: object) -> Observation:
    stand = Stand()
    await stand.arrive()
    return await check(page, **more).probe("dashboard", stand.tools)


def nobody() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


@pytest.fixture
async def stack() -> AsyncIterator[tuple[Site, Site]]:
    """A front and an application; both answer as Grafana does."""

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"database": "ok", "version": "11.4.0"})

    async with AsyncExitStack() as made:
        yield (
            await made.enter_async_context(serving(health)),
            await made.enter_async_context(serving(health)),
        )


def page(front: Site, app: Site, **more: object) -> dict[str, object]:
    return {
        "url": "http://dash.example.com/api/health",
        "at": f"127.0.0.1:{front.port}",
        "direct": app.url("/api/health"),
        "front": "nginx",
        "app": "grafana",
        "values": {"database": "ok"},
        **more,
    }


async def test_a_page_that_is_well_on_both_ways_is_well(stack: tuple[Site, Site]) -> None:
    """Each way is asked once, with how long it took; the front hears the public name."""
    seen = await look(page(*stack))
    assert (seen.check, seen.target, seen.status, seen.finding.kind) == (
        "web",
        "dashboard",
        Status.OK,
        "web_well",
    )
    assert seen.stopped_by is None
    assert seen.evidence == ("through the front: as expected", "straight at the application: as expected")
    assert set(seen.measurements) == {"front_seconds", "direct_seconds"}
    assert [site.heard for site in stack] == [
        [("dash.example.com", "/api/health")],
        [(f"127.0.0.1:{stack[1].port}", "/api/health")],
    ]


async def test_front_down_application_down_stale_and_both_are_told_apart(stack: tuple[Site, Site]) -> None:
    """Four troubles that look alike to who opens the page have four names, with who is meant."""
    front, app = stack

    async def bad_gateway(_: web.Request) -> web.Response:
        return web.Response(status=502)

    dead = f"127.0.0.1:{nobody()}"
    gone = f"http://{dead}/api/health"
    down = await look(page(front, app, at=dead))
    assert (down.finding.kind, down.because_of) == ("web_front_down", ("nginx",))
    assert down.explains == ()
    both = await look(page(front, app, at=dead, direct=gone))
    assert (both.finding.kind, both.because_of) == ("web_both_down", ("nginx", "grafana"))
    front.answer = bad_gateway
    stale = await look(page(front, app))
    assert (stale.status, stale.finding.kind) == (Status.CRITICAL, "web_upstream_stale")
    assert (stale.finding.facts["front"], stale.finding.facts["app"]) == ("nginx", "grafana")
    assert (stale.because_of, stale.explains) == ((), ("nginx",))
    behind = await look(page(front, app, direct=gone))
    assert (behind.finding.kind, behind.because_of) == ("web_app_down", ("grafana",))


async def test_trouble_outside_is_told_apart(stack: tuple[Site, Site]) -> None:
    """Inside all is well and the public name is not found: nobody's restart mends that."""
    seen = await look({**page(*stack, outside=True), "url": "http://no-such-name.invalid/api/health"})
    assert (seen.status, seen.finding.kind) == (Status.UNKNOWN, "web_no_name")


async def test_a_database_that_is_down_shows_through_its_status(stack: tuple[Site, Site]) -> None:
    """A page that answers, but not as it should, is its application's trouble."""

    async def failing(_: web.Request) -> web.Response:
        return web.json_response({"database": "failing"})

    for site in stack:
        site.answer = failing
    seen = await look(page(*stack))
    assert (seen.finding.kind, seen.finding.facts["direct"]) == ("web_app_down", "wrong_value")


async def test_an_application_that_runs_is_not_down_because_we_do_not_find_its_name(
    stack: tuple[Site, Site],
) -> None:
    """A mistake in `direct`, or a network that we are not in: nothing is restarted for it."""

    async def missing(_: web.Request) -> web.Response:
        return web.Response(status=404)

    stack[0].answer = missing
    lost = {**page(*stack), "direct": "http://no-such-name.invalid/api/health", "app": "api"}
    stand = Stand()
    stand.engine.add("api")
    await stand.arrive()
    seen = await check(lost).probe("dashboard", stand.tools)
    assert (seen.finding.kind, seen.because_of) == ("web_wrong_answer", ())
    unknown = await check({**lost, "app": "nobody"}).probe("dashboard", stand.tools)
    assert unknown.finding.kind == "web_app_down"


async def test_a_page_without_a_certificate_that_is_trusted_waits_for_its_domains(
    stack: tuple[Site, Site],
) -> None:
    """Where that is watched, its own remedy comes first: nobody is called for the page meanwhile."""
    seen = await look({**page(*stack), "url": "https://dash.example.com/api/health"})
    assert (seen.finding.kind, seen.because_of) == ("web_tls", ("dash.example.com",))


async def test_both_ways_are_asked_at_once(stack: tuple[Site, Site]) -> None:
    """Two ways that hang take no longer than one."""

    async def hang(_: web.Request) -> web.Response:
        await asyncio.sleep(20)
        return web.Response()

    for site in stack:
        site.answer = hang
    async with asyncio.timeout(0.9):
        seen = await look(page(*stack), timeout="500ms")
    assert seen.finding.kind == "web_app_down"
    assert seen.finding.facts["through"] == "timed_out"


async def test_being_asked_too_often_is_no_trouble(stack: tuple[Site, Site]) -> None:
    """A rate limit tells of who asks, not of the page."""

    async def limited(_: web.Request) -> web.Response:
        return web.Response(status=429)

    stack[0].answer = limited
    assert (await look(page(*stack))).status is Status.UNKNOWN


def test_it_has_targets_of_its_own() -> None:
    """Each page is a target, which cannot do without its front and its application."""
    made = Http(
        "web",
        HttpParameters.model_validate(
            {
                "pages": {
                    "a": {"url": "http://a/", "front": "nginx", "app": "grafana"},
                    "b": {"url": "http://b/"},
                }
            }
        ),
    )
    assert made.targets() == ("a", "b")


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"url": ""},
        {"url": "ftp://x/"},
        {"url": "http://169.254.169.254/"},
        {"url": "https://user:hunter2-hunter2@x/"},
        {"url": "http://10.0.0.1/", "at": "nginx"},
        {"url": "http://x/", "at": "nginx/"},
        {"url": "http://x/", "at": "nginx:99999"},
        {"url": "http://x/", "outside": True},
        {"url": "http://x/", "direct": "file:///x"},
        {"url": "http://x/", "status": []},
        {"url": "http://x/", "status": [99]},
        {"url": "http://x/", "tls": "sometimes"},
        {"url": "http://x/", "values": {"a": ["list"]}},
        {"url": "http://x/", "unknown": 1},
    ],
)
def test_a_page_that_cannot_be_asked_is_refused(wrong: Mapping[str, object]) -> None:
    """A mistake in the configuration is an error when it is read, and shows no secret."""
    with pytest.raises(ValidationError) as caught:
        check(wrong)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "verifies"), [("verify", True), (True, True), ("off", False), (False, False)]
)
def test_trust_is_named_plainly(written: object, verifies: bool) -> None:
    """YAML reads `off` as False: both are understood."""
    made = check({"url": "https://x/", "tls": written})
    assert made.parameters.pages["dashboard"].tls.verify is verifies
    assert (
        check({"url": "https://x/", "tls": "/etc/ca.pem"}).parameters.pages["dashboard"].tls.ca
        == "/etc/ca.pem"
    )


def test_one_look_that_fails_is_not_believed() -> None:
    """A connection that breaks once is no page that is down."""
    assert Http.failures == 2


def test_no_page_is_no_check() -> None:
    """A check that would ask nothing is a mistake."""
    with pytest.raises(ValidationError):
        HttpParameters.model_validate({"pages": {}})
