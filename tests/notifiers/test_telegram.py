"""What a chat shows of an incident, as the stand-in reads it."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import typer.main
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from tests.fakes import FakeClock
from tests.telegram_api import CHAT, LONGEST, TOKEN, TelegramApi, read_text, serving
from watchdog.cli.main import app
from watchdog.core.errors import DeliveryError
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Finding
from watchdog.notifiers import telegram
from watchdog.notifiers.telegram import Telegram, TelegramParameters, compose
from watchdog.plugins import DELIVERY_WITHIN, Letter
from watchdog.wording import ENGLISH

HOSTILE = (
    "<b>x</b>", "&lt;&amp", "</code><a href='tg://user?id=1'>y</a>", "@everyone", "hi @admin_of_all,", "/heal all",
    "#tag", "$BTC", "t.me/joinchat/abc", "https://evil.example.com/x?y=z#w", "tg://resolve?domain=evil",
    "1.2.3.4:80/x", "mail@evil.com", "a\u202eb", "\x1b[31mred\x1b[0m", "\x00", "_*[`~", "x" * 100_000, "@" * 9000,
    "😀" * 5000, "&" * 9000, "; rm -rf ~", "$(reboot)", "watchdog hold x",
)  # fmt: skip

# Those that have words.
TOLD = [telling for telling in Telling if telling.value in ENGLISH.tellings]


def tell(telling: Telling = Telling.OPENED, target: str = "api", /, **changed: Any) -> Notification:
    """A notification with all the facts that any telling wants."""
    facts = {
        "exit_code": 1, "attempt": 1, "attempts": 2, "action": "restart_container", "seconds": 12.0, "stable": 10.0,
        "reason": "attempts-spent", "hindrance": "none", "proposal": "3", "act": "stopped", "by": "root",
        "since": "12:00", "problem": "x", "problems": 1,
    }  # fmt: skip
    values: dict[str, Any] = {
        "telling": telling,
        "target": target,
        "at": FakeClock().now(),
        "finding": Finding("exited", {"exit_code": 1}),
        "incident": "7",
        "facts": facts,
    }
    return Notification(**values | changed)


def letter(*notifications: Notification, **changed: Any) -> Letter:
    """What the dispatcher would hand over."""
    return Letter(notifications=notifications or (tell(),), **changed)


def parameters(**changed: Any) -> TelegramParameters:
    """Those of the stand-in's bot and chat."""
    return TelegramParameters.model_validate({"token": SecretStr(TOKEN), "chat": CHAT} | changed)


@asynccontextmanager
async def telling_to(**changed: Any) -> AsyncIterator[tuple[TelegramApi, Telegram]]:
    """A notifier, and the stand-in that it tells."""
    async with serving() as api:
        notifier = Telegram("telegram", parameters(api=api.url, **changed))
        try:
            yield api, notifier
        finally:
            await notifier.close()


def seen(told: Letter) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text and the entities that the letter becomes."""
    return read_text({"text": compose(told)[0], "parse_mode": "HTML"})


async def test_an_incident_is_one_message_that_grows() -> None:
    """Opened, a step, healed: the same message each time, its title the latest, what was before in a timeline."""
    async with telling_to() as (api, notifier):
        told = [tell()]
        receipt = await notifier.deliver(letter(*told))
        assert receipt == f"{CHAT}:1"
        for telling in (Telling.ACTING, Telling.HEALED):
            told.append(tell(telling))
            assert await notifier.deliver(letter(*told, receipt=receipt)) == receipt
        (message,) = api.posted()
        assert [text[:1] for text in message.before] == ["🔴", "🟡"]
        assert message.title.startswith("✅ api is well again")
        assert "attempt 1" in message.text
        assert ("bold", message.title) in message.entities
        assert ("code", "watchdog incidents 7") in message.entities


async def test_a_message_that_was_deleted_is_posted_anew() -> None:
    """Somebody tidied up the chat: the news comes as a new message, with a new receipt."""
    async with telling_to() as (api, notifier):
        receipt = await notifier.deliver(letter())
        api.delete(api.posted()[0])
        assert await notifier.deliver(letter(tell(Telling.HEALED), receipt=receipt)) == f"{CHAT}:2"


@pytest.mark.parametrize("receipt", ["", "nonsense", f"{CHAT - 1}:1", "log", f"{CHAT}:", "1:1:1"])
async def test_a_receipt_that_is_not_of_this_chat_is_none(receipt: str) -> None:
    """After the chat was changed in the configuration, incidents go on in the new one."""
    async with telling_to() as (api, notifier):
        await notifier.deliver(letter())
        assert (
            await notifier.deliver(letter(tell(Telling.HEALED), receipt=receipt, reply_to=receipt))
            == f"{CHAT}:2"
        )
        assert api.posted()[1].reply_to is None


async def test_what_comes_later_answers_the_first_message_and_quiet_is_silent() -> None:
    """An escalation is an answer to the incident's message; at night nothing rings."""
    async with telling_to() as (api, notifier):
        first = await notifier.deliver(letter(loud=False))
        await notifier.deliver(letter(tell(Telling.ESCALATED), reply_to=first))
        one, two = api.posted()
        assert (one.silent, two.silent, two.reply_to) == (True, False, one.number)


async def test_severities_have_topics_of_their_own() -> None:
    """What is critical goes to its thread, the rest to the common one."""
    async with telling_to(topic=5, topics={"critical": 9}) as (api, notifier):
        for severity in Severity:
            await notifier.deliver(letter(tell(severity=severity)))
        assert [message.topic for message in api.posted()] == [9, 5, 5]


@pytest.mark.parametrize("telling", TOLD)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_telling_has_a_sign_and_commands_to_tap(telling: Telling, language: str) -> None:
    """From afar one sees what kind of news it is, and each command that a message names can be copied whole."""
    text, entities = seen(letter(tell(telling), language=language))
    assert text[0] not in "▪ "
    assert not text[0].isalnum()
    assert {kind for kind, _ in entities} <= {"bold", "code"}
    commands = [covered for kind, covered in entities if kind == "code"]
    assert text.count(" watchdog ") + text.count("(watchdog ") >= len(commands)
    assert all(command.startswith("watchdog ") and command.isprintable() for command in commands)
    assert "{" not in text


def test_every_command_that_a_message_names_can_be_tapped() -> None:
    """No template names a command that is not made out as one, and none that does not exist."""
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    for name, told in ENGLISH.tellings.items():
        for line in told.lines:
            filled = (
                line.replace("{target}", "api")
                .replace("{incident}", "7")
                .replace("{proposal}", "3")
                .replace("{window}", "m1")
            )
            found = telegram._COMMAND.findall(filled)
            named = [word for word in re.findall(r"watchdog ([a-z]+)", filled) if word in known]
            assert [command.split()[1] for command in found] == named, f"{name}: {filled}"


def test_a_warning_is_not_as_red_as_the_rest() -> None:
    """Severity shows in the sign of a new trouble."""
    assert seen(letter(tell(severity=Severity.WARNING)))[0].startswith("🟠")
    assert seen(letter(tell(severity=Severity.CRITICAL)))[0].startswith("🔴")


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("telling", [Telling.OPENED, Telling.HEALED, Telling.ESCALATED, Telling.RELEASED])
def test_nothing_in_a_name_becomes_markup_a_link_or_a_mention(name: str, telling: Telling) -> None:
    """A container may be called what it likes: it is shown as text, in both forms, and within the limits."""
    facts = dict.fromkeys(
        ("reason", "hindrance", "act", "by", "problem", "action", "since", "proposal"), name
    )
    told = letter(
        *[tell(Telling.ACTING, name, facts={"action": name, "attempt": 1})] * 12,
        tell(
            telling,
            name,
            facts=facts | {"attempts": 1, "seconds": 1.0, "problems": 2},
            finding=Finding("start_failed", {"error": name}),
            incident=name,
        ),
    )
    marked, bare = compose(told)
    for form in ({"text": marked, "parse_mode": "HTML"}, {"text": bare}):
        text, entities = read_text(form)
        assert {kind for kind, _ in entities} <= {"bold", "code"}
        assert len(text) <= LONGEST
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert all(
        command.isascii() and not set(command) & set(";$()`|&<>*~")
        for kind, command in entities
        if kind == "code"
    )


@given(st.text(max_size=300), st.sampled_from(TOLD))
def test_any_text_makes_a_message_that_telegram_can_read(name: str, telling: Telling) -> None:
    """Whatever stands in a name, the markup is whole and there is no link."""
    text, entities = seen(letter(tell(telling, name, finding=Finding("start_failed", {"error": name}))))
    assert {kind for kind, _ in entities} <= {"bold", "code"}
    assert text


def test_a_story_too_long_is_told_by_its_end() -> None:
    """What a human can do stays; the older lines go, and their number is told."""
    long = "😀@a " * 400
    steps = [tell(Telling.ACTING, facts={"action": long, "attempt": number}) for number in range(30)]
    text, entities = seen(
        letter(
            *steps, tell(Telling.ESCALATED, facts={"reason": long, "attempts": 3, "hindrance": "no " + long})
        )
    )
    assert len(text.encode("utf-16-le")) // 2 <= LONGEST
    assert "\n… +" in text
    assert ("code", "watchdog retry api") in entities


def test_a_cut_leaves_whole_characters() -> None:
    """Half an emoji is none."""
    assert telegram._cut("😀😀😀", 4) == "😀…"
    assert telegram._cut("abcd", 4) == "abcd"
    assert telegram._cut("abcde", 4) == "abc…"


async def test_markup_that_is_refused_comes_as_plain_text() -> None:
    """The same message without its markup, at once."""
    async with telling_to() as (api, notifier):
        api.fail_next(400, "Bad Request: can't parse entities: unsupported")
        await notifier.deliver(letter())
        (message,) = api.posted()
        assert message.entities == ()
        assert message.title.startswith("🔴 api has ended")


async def test_a_telegram_that_swallows_requests_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dispatcher's own patience is longer, so that the reason is told from here."""
    assert telegram.WITHIN < DELIVERY_WITHIN
    monkeypatch.setattr(telegram, "WITHIN", 0.2)
    async with telling_to() as (api, notifier):
        await notifier.prepare()
        api.blackhole = True
        with pytest.raises(DeliveryError, match=r"no answer within 0.2 s"):
            await notifier.deliver(letter())
        api.blackhole = False
        assert await notifier.deliver(letter())


async def test_closing_what_was_never_opened_is_nothing() -> None:
    """A daemon that told nothing has nothing to let go of."""
    await Telegram("telegram", parameters()).close()


async def test_a_daemon_without_telegram_does_not_load_it() -> None:
    """Its 21 MiB and half a second are paid by the first delivery, or when it is prepared."""
    program = (
        "import sys; from watchdog.registry import NOTIFIERS; from watchdog.notifiers.telegram import *;"
        f"Telegram('t', TelegramParameters(token={TOKEN!r}, chat=1));"
        "print(sorted({'telegram', 'httpx', 'watchdog.gateways.telegram'} & set(sys.modules)))"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    out, _ = await process.communicate()
    assert out.strip() == b"[]"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"token": "secret-1"}, r"does not look like 123456:AA... \(8 characters, value hidden\)"),
        ({"chat": "@ops"}, "write it as in -100"),
        ({"chat": 0}, "no numeric id"),
        ({"chat": True}, "no numeric id"),
        ({"chat": 1.5}, "no numeric id"),
        ({"chat": 1001234567890}, "write -1001234567890"),
        ({"topic": 0}, "greater than or equal to 1"),
        ({"topics": {"loud": 3}}, "critical"),
        ({"topics": {"high": 0}}, "greater than or equal to 1"),
        ({"api": "api.telegram.org"}, "no address of a Bot API"),
        ({"api": "https://user:pass@host"}, "no address of a Bot API"),
        ({"api": "https://host/?x=1"}, "no address of a Bot API"),
        ({"api": "https://host:99999"}, "no address of a Bot API"),
        ({"apo": "x"}, "Extra inputs"),
    ],
)
def test_parameters_that_cannot_be_are_refused_with_what_to_write(changed: dict[str, Any], says: str) -> None:
    """A name in place of an id, a missing minus, an address that is none; and no secret is shown."""
    with pytest.raises(ValidationError, match=says) as caught:
        parameters(**changed)
    assert "secret-1" not in str(caught.value)


def test_parameters_show_no_token() -> None:
    """However they are printed."""
    made = parameters(chat=" -5 ", api="http://127.0.0.1:8081/")
    assert (made.chat, made.api) == (-5, "http://127.0.0.1:8081")
    assert TOKEN.partition(":")[2] not in f"{made!r} {made} {made.model_dump()} {made.model_dump_json()}"
