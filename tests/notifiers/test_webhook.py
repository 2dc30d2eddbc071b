"""Notifications over real sockets, to a receiver of the test's own."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from tests.fakes import FakeClock
from watchdog.config import load_config
from watchdog.core.errors import ConfigError, DeliveryError
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Finding
from watchdog.notifiers import webhook
from watchdog.notifiers.webhook import Webhook, WebhookParameters
from watchdog.plugins import DELIVERY_WITHIN, Letter

ROOT = Path(__file__).parents[2]
CANARY = "kAnArY-5f3c1a2b"
HEAD = "version: 1\nwatch: {project: shop}\nnotifiers:\n"


@dataclass(frozen=True, slots=True)
class Heard:
    """One request."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Receiver:
    """A web server of the test's own. `status`, `headers`, `text`: what each request gets; `delay`: when."""

    heard: list[Heard] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    text: str = "ok"
    delay: float = 0.0
    port: int = 0

    async def handle(self, request: web.Request) -> web.Response:
        assert request.method == "POST"
        self.heard.append(Heard(request.path_qs, dict(request.headers), await request.json()))
        await asyncio.sleep(self.delay)
        return web.Response(status=self.status, headers=self.headers, text=self.text)

    def url(self, path: str = f"/hook/{CANARY}") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def notifier(self, path: str = f"/hook/{CANARY}", **parameters: Any) -> Webhook:
        return make(self.url(path), **parameters)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", receiver.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own proxies play no part."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def make(url: str, **parameters: Any) -> Webhook:
    return Webhook("hook", WebhookParameters.model_validate({"url": url, **parameters}))


def letter(telling: Telling = Telling.OPENED, *, loud: bool = True, language: str = "en") -> Letter:
    notification = Notification(
        telling=telling,
        target="api",
        at=FakeClock().now(),
        finding=Finding("exited", {"end": "x", "exit_code": 1}),
        severity=Severity.CRITICAL,
        incident="7",
    )
    return Letter(notifications=(notification,), loud=loud, language=language)


async def refusal(notifier: Webhook) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await notifier.deliver(letter())
    return caught.value


def given(url: str) -> dict[str, dict[str, object]]:
    """What the settings hand to the loader."""
    return {"webhook": {"url": SecretStr(url)}}


def problems(folder: Path, entry: str, url: str = f"https://me.example/{CANARY}") -> str:
    file = folder / "watchdog.yml"
    file.write_text(f"{HEAD}  hook: {entry}\n")
    with pytest.raises(ConfigError) as caught:
        load_config(file, given=given(url))
    assert CANARY not in str(caught.value)
    return str(caught.value)


async def test_a_notification_arrives_as_json() -> None:
    """One POST with all there is to say, in words and in facts; what cannot be edited has no receipt."""
    async with receiving() as receiver:
        assert await receiver.notifier().deliver(letter()) == ""
        (heard,) = receiver.heard
    assert heard.path == f"/hook/{CANARY}"
    assert heard.headers["Content-Type"] == "application/json"
    assert heard.headers["User-Agent"] == "compose-watchdog"
    assert (heard.body["telling"], heard.body["target"], heard.body["incident"]) == ("opened", "api", "7")
    assert heard.body["title"].startswith("api has ended")
    assert heard.body["text"].startswith(f"{heard.body['title']}\n")
    assert any("watchdog hold api" in line for line in heard.body["lines"])


@pytest.mark.parametrize(
    ("form", "path", "sent_to", "keys"),
    [
        ("ntfy", "/topic", "/", {"topic", "title", "message", "priority", "tags"}),
        ("slack", "/services/T/B/X", "/services/T/B/X", {"text", "mrkdwn"}),
        (
            "discord",
            "/api/webhooks/1/x",
            "/api/v10/webhooks/1/x?wait=true",
            {"content", "allowed_mentions", "flags"},
        ),
    ],
)
async def test_each_service_gets_its_own_shape(form: str, path: str, sent_to: str, keys: set[str]) -> None:
    """Exactly the documented keys, where the service wants them."""
    async with receiving() as receiver:
        await receiver.notifier(path, form=form).deliver(letter())
        (heard,) = receiver.heard
    assert heard.path == sent_to
    assert heard.body.keys() == keys


async def test_words_are_of_the_language_of_the_letter() -> None:
    """What is stored is facts: the same notification can be told in another language."""
    async with receiving() as receiver:
        await receiver.notifier().deliver(letter(language="fr"))
        (heard,) = receiver.heard
    assert heard.body["language"] == "fr"


async def test_steps_are_not_pushed_unless_they_are_asked_for() -> None:
    """By default everything is sent but each single step; a list narrows or widens that."""
    async with receiving() as receiver:
        for telling in Telling:
            await receiver.notifier().deliver(letter(telling))
        assert [heard.body["telling"] for heard in receiver.heard] == [
            telling.value for telling in Telling if telling is not Telling.ACTING
        ]
        receiver.heard.clear()
        for telling in Telling:
            await receiver.notifier(tellings=["escalated", "acting"]).deliver(letter(telling))
        assert {heard.body["telling"] for heard in receiver.heard} == {"escalated", "acting"}


async def test_headers_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain ones as written, secret ones from the environment."""
    monkeypatch.setenv("NTFY_TOKEN", f"Bearer {CANARY}\n")
    headers = {"Authorization": {"env": "NTFY_TOKEN"}, "X-From": "watchdog"}
    async with receiving() as receiver:
        notifier = receiver.notifier(headers=headers)
        await notifier.deliver(letter())
        (heard,) = receiver.heard
    assert heard.headers["Authorization"] == f"Bearer {CANARY}"
    assert heard.headers["X-From"] == "watchdog"
    assert CANARY not in repr(notifier.parameters)


async def test_a_404_blocks_until_a_person_mends_it() -> None:
    """The reason says who answered, what and why, and what to do."""
    async with receiving() as receiver:
        receiver.status, receiver.text = 404, "no_service"
        error = await refusal(receiver.notifier())
    assert error.blocked
    assert str(error) == (
        "127.0.0.1 answered 404 Not Found (no_service): there is no such webhook; it was deleted, or the URL is wrong"
    )


async def test_a_429_is_kept() -> None:
    """So many seconds the other side is left alone."""
    async with receiving() as receiver:
        receiver.status, receiver.headers = 429, {"Retry-After": "37"}
        error = await refusal(receiver.notifier())
        receiver.headers, receiver.text = {}, json.dumps({"message": "slow", "retry_after": 2.5})
        discord = await refusal(receiver.notifier())
    assert (error.retry_after, discord.retry_after) == (37.0, 2.5)


async def test_a_redirect_is_told_and_not_followed() -> None:
    """Nobody else gets what was posted."""
    async with receiving() as receiver:
        receiver.status, receiver.headers = 308, {"Location": receiver.url("/other")}
        error = await refusal(receiver.notifier())
        assert len(receiver.heard) == 1
    assert error.blocked


async def test_nobody_there_is_tried_again() -> None:
    """A network that is down is nobody's mistake."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    error = await refusal(make(f"http://127.0.0.1:{port}/{CANARY}"))
    assert (error.blocked, error.permanent) == (False, False)
    assert str(error).startswith("127.0.0.1: cannot be connected to")
    assert CANARY not in str(error)


async def test_a_receiver_that_is_slow_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has 15 s, less than the dispatcher waits; the name server's time counts."""
    assert webhook.WITHIN < DELIVERY_WITHIN
    monkeypatch.setattr(webhook, "WITHIN", 0.1)
    async with receiving() as receiver:
        receiver.delay = 5
        error = await refusal(receiver.notifier())
    assert "no answer within 0.1 s" in str(error)
    assert (error.blocked, error.permanent) == (False, False)


async def test_no_secret_is_shown_anywhere(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the other side does, even repeating it: the URL and the headers stand in no log, error or repr."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("HOOK_SECRET", f"Bearer {CANARY}-header")
    path = f"/{CANARY}/hook?key={CANARY}-query"
    async with receiving() as receiver:
        notifier = receiver.notifier(path, headers={"Authorization": {"env": "HOOK_SECRET"}})
        shown = [repr(notifier), repr(notifier.parameters), str(notifier.parameters)]
        for status in (200, 302, 400, 401, 404, 429, 500, 599):
            receiver.status = status
            receiver.headers = {"Location": receiver.url(path), "X-Echo": CANARY}
            for text in (CANARY, json.dumps({"error": f"POST {path}", "message": f"{CANARY}-header"})):
                receiver.text = text
                try:
                    await notifier.deliver(letter())
                except DeliveryError as error:
                    shown += [str(error), repr(error), repr(error.__cause__), repr(error.__context__)]
    shown += [record.getMessage() + str(vars(record)) for record in caplog.records]
    assert len(shown) > 20
    assert CANARY not in "\n".join(shown)


async def test_the_host_decides_where_nothing_is_written() -> None:
    """The URL alone is enough for the services that are known."""
    hosts = {
        "https://hooks.slack.com/services/T/B/X": "slack",
        "https://discord.com/api/webhooks/1/x": "discord",
        "https://ntfy.sh/topic": "ntfy",
        "https://me.example/x": "json",
    }
    assert {url: make(url).parameters.spelled.value for url in hosts} == hosts
    assert make("https://hooks.slack.com/x", form="json").parameters.spelled.value == "json"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{kind: webhook, form: slak}", 'must be one of json, ntfy, slack, discord (got "slak")'),
        ("{kind: webhook, tellings: [healed, opend]}", 'did you mean "opened"?'),
        ("{kind: webhook, tellings: []}", "is empty: nothing would be sent"),
        ("{kind: webhook, tellings: opened}", "must be a list"),
        ("{kind: webhook, headers: {Host: x}}", "cannot set Host"),
        ("{kind: webhook, headers: {'X Y': x}}", "has a name that no header can have"),
        ("{kind: webhook, headers: {X-A: 5}}", "must be text"),
        ('{kind: webhook, headers: {X-A: "a\\r\\nb"}}', "has characters that no header can hold"),
        (
            f"{{kind: webhook, headers: {{Authorization: Bearer {CANARY}}}}}",
            "has Authorization, which is a secret, and this file is none",
        ),
        (f"{{kind: webhook, headers: {{X-Api-Key: {CANARY}}}}}", "has X-Api-Key, which is a secret"),
        ("{kind: webhook, headers: {X-A: {env: HOME}}}", "names HOME, which is not named like a secret"),
        ("{kind: webhook, headers: {X-A: {env: NO_SUCH_TOKEN}}}", "names NO_SUCH_TOKEN, which is not set"),
        ("{kind: webhook, headers: {X-A: {file: x}}}", "can only be text, or {env: NAME}"),
        ("{kind: webhook, url: x}", "WATCHDOG_WEBHOOK_URL"),
    ],
)
def test_a_mistake_in_the_file_is_told(entry: str, told: str, tmp_path: Path) -> None:
    """Each with its place and a fix, and none with a secret."""
    line = problems(tmp_path, entry)
    assert f"{tmp_path}/watchdog.yml:4:" in line
    assert told in line
    assert "Fix: " in line


def test_a_url_of_another_form_is_told_by_the_loader(tmp_path: Path) -> None:
    """The variable is named, its value is not."""
    line = problems(tmp_path, "{kind: webhook, form: ntfy}", f"https://x.example/{CANARY}/a%20b")
    assert "has a URL (WATCHDOG_WEBHOOK_URL) that ends in no topic" in line


def test_the_example_is_a_notifier_as_it_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped example: the log, and what wakes people goes to their phones."""
    monkeypatch.setenv("NTFY_TOKEN", "Bearer tk_x")
    example = load_config(ROOT / "config/examples/notifiers.yml", given=given("https://ntfy.example/topic"))
    notifiers = {notifier.name: notifier for notifier in example.notifiers}
    assert notifiers.keys() == {"log", "phone"}
    phone = notifiers["phone"]
    assert isinstance(phone, Webhook)
    assert phone.parameters.spelled.value == "ntfy"
