"""The Bot API of the stand-in over real sockets: what each of its answers becomes."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from tests.engine.parts import until
from tests.telegram_api import CHAT, TOKEN, TelegramApi, serving
from watchdog.core.errors import DeliveryError
from watchdog.core.redaction import redact
from watchdog.gateways import telegram
from watchdog.gateways.telegram import Chat

SECRET = TOKEN.partition(":")[2]


@asynccontextmanager
async def chatting(token: str = TOKEN, chat: int = CHAT) -> AsyncIterator[tuple[TelegramApi, Chat]]:
    """A chat, and the stand-in that it is in."""
    async with serving() as api:
        made = Chat(token, chat, api.url)
        try:
            yield api, made
        finally:
            await made.close()


async def fail(chat: Chat) -> DeliveryError:
    """The error of a message that could not be sent; nothing of it knows the token."""
    with pytest.raises(DeliveryError) as caught:
        await chat.send("<b>hello</b>", "hello")
    assert_no_secret(caught.value)
    # What looks like a secret is hidden in every log: a sentence must not.
    assert redact(str(caught.value)) == str(caught.value)
    return caught.value


def assert_no_secret(error: BaseException) -> None:
    """Neither the error nor anything that it came from, however it is shown."""
    seen: list[BaseException] = []
    rest: list[BaseException | None] = [error]
    while rest:
        one = rest.pop()
        if one is None or one in seen:
            continue
        seen.append(one)
        rest += [one.__cause__, one.__context__]
        assert SECRET not in f"{one} {one!r} {one.args} {getattr(one, 'message', '')}"
        assert SECRET not in "".join(traceback.format_exception(one))


async def test_a_message_is_posted_and_changed_in_place() -> None:
    """One message, edited over the same connection; links in it show no preview."""
    async with chatting() as (api, chat):
        number = await chat.send("<b>down</b>", "down", silent=True)
        assert await chat.edit(number, "<b>up</b> &amp; well", "up & well")
        (message,) = api.posted()
        assert (message.text, message.before, message.silent) == ("up & well", ["down"], True)
        assert message.entities == (("bold", "up"),)
        assert all('"is_disabled": true' in each.fields["link_preview_options"] for each in api.received)
        assert len(api.connections) == 1


async def test_nothing_is_asked_before_there_is_something_to_send() -> None:
    """Telegram may be away when watchdog starts: no request but the message itself is made, then or later."""
    async with chatting() as (api, chat):
        await asyncio.sleep(0)
        assert api.received == []
        await chat.send("a", "a")
        assert [each.method for each in api.received] == ["sendmessage"]


async def test_markup_that_telegram_does_not_read_is_sent_once_more_without() -> None:
    """A message arrives in any case: as plain text, at once."""
    async with chatting() as (api, chat):
        number = await chat.send("<b>a</i>", "a")
        assert await chat.edit(number, "<x>", "b < c")
        (message,) = api.posted()
        assert (message.before, message.text, message.entities) == (["a"], "b < c", ())
        assert [each.code for each in api.received] == [400, 200, 400, 200]


async def test_an_edit_that_changes_nothing_is_a_success() -> None:
    """A message that already says so needs no other."""
    async with chatting() as (api, chat):
        number = await chat.send("a", "a")
        assert await chat.edit(number, "a", "a")
        assert api.received[-1].code == 400


@pytest.mark.parametrize(
    "refusal", ["message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID"]
)
async def test_a_message_that_cannot_be_edited_any_more_is_said_to_be_gone(refusal: str) -> None:
    """Somebody deleted it, or it is too old: whoever asked posts a new one."""
    async with chatting() as (api, chat):
        number = await chat.send("a", "a")
        api.fail_next(400, f"Bad Request: {refusal}")
        assert not await chat.edit(number, "b", "b")


async def test_a_reply_to_what_is_gone_is_sent_all_the_same() -> None:
    """The message arrives, as no reply."""
    async with chatting() as (api, chat):
        first = await chat.send("a", "a")
        await chat.send("b", "b", reply_to=first)
        await chat.send("c", "c", reply_to=999)
        assert [message.reply_to for message in api.posted()] == [None, first, None]


async def test_a_topic_that_is_gone_is_told_once_and_the_chat_itself_gets_the_messages(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is lost because somebody closed a thread."""
    async with chatting() as (api, chat):
        api.topics = {7}
        for topic in (7, 8, 8):
            await chat.send("a", "a", topic=topic)
        assert [message.topic for message in api.posted()] == [7, None, None]
        api.fail_next(400, "Bad Request: TOPIC_CLOSED")
        await chat.send("a", "a", topic=7)
        assert api.posted()[-1].topic is None
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        f"the topic {each} of the chat is closed or gone: messages go to the chat itself" for each in (8, 7)
    ]


async def test_a_group_that_became_a_supergroup_is_followed(caplog: pytest.LogCaptureFixture) -> None:
    """Messages go to its new id, and the log says what to set."""
    async with chatting(chat=-5) as (api, chat):
        moved: dict[str, Any] = {"migrate_to_chat_id": CHAT}
        api.fail_next(400, "Bad Request: group chat was upgraded to a supergroup chat", **moved)
        number = await chat.send("a", "a", reply_to=3)
        assert chat.id == CHAT
        assert [(message.chat, message.number, message.reply_to) for message in api.posted()] == [
            (CHAT, number, None)
        ]
        assert f"set TELEGRAM_CHAT_ID={CHAT}" in caplog.text
        api.fail_next(400, "Bad Request: group chat was upgraded to a supergroup chat", **moved)
        assert not await chat.edit(number, "b", "b")


async def test_a_pause_that_is_asked_for_is_handed_on_to_the_second() -> None:
    """Too many messages: 37 s are 37 s."""
    async with chatting() as (api, chat):
        api.fail_next(429, "Too Many Requests: retry after 37", retry_after=37)
        error = await fail(chat)
        assert (error.retry_after, error.blocked, error.permanent) == (37.0, False, False)
        assert str(error) == "Telegram asks for a pause of 37 s"
        await chat.send("a", "a")


@pytest.mark.parametrize(
    ("code", "description", "says"),
    [
        (401, "Unauthorized", "TELEGRAM_BOT_TOKEN"),
        (404, "Not Found", "TELEGRAM_BOT_TOKEN"),
        (403, "Forbidden: bot was kicked from the supergroup chat", "add it again"),
        (403, "Forbidden: bot is not a member of the channel chat", "add it again"),
        (403, "Forbidden: bot was blocked by the user", "press Unblock"),
        (403, "Forbidden: bot can't initiate conversation with a user", "press Start"),
        (403, "Forbidden: user is deactivated", "another TELEGRAM_CHAT_ID"),
        (403, "Forbidden: the group chat was deleted", "another TELEGRAM_CHAT_ID"),
        (400, "Bad Request: chat not found", "minus"),
        (400, "Bad Request: not enough rights to send text messages to the chat", "right to send"),
        (400, "Bad Request: need administrator rights in the channel chat", "right to send"),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN", "right to send"),
    ],
)
async def test_what_only_a_person_can_mend_is_said_with_what_to_do(
    code: int, description: str, says: str
) -> None:
    """A token that is refused, a bot that was thrown out: no retry helps, a sentence does."""
    async with chatting() as (api, chat):
        api.fail_next(code, description)
        error = await fail(chat)
        assert (error.blocked, error.permanent, error.retry_after) == (True, False, None)
        assert says in str(error)


async def test_a_token_that_is_not_this_bots_is_refused_by_the_api_itself() -> None:
    """The same without anything arranged: another token, another chat."""
    async with chatting(token="123456789:" + "B" * 35) as (_, chat):
        assert "TELEGRAM_BOT_TOKEN" in str(await fail(chat))
    async with chatting(chat=-77) as (_, chat):
        assert "-77" in str(await fail(chat))


@pytest.mark.parametrize(
    ("code", "description", "says"),
    [
        (409, "Conflict: terminated by other getUpdates request", "another program reads this bot's updates"),
        (500, "Internal Server Error", "cannot be reached"),
        (502, "Bad Gateway", "cannot be reached"),
        (429, "Too Many Requests", "Too Many Requests"),
    ],
)
async def test_what_passes_by_itself_is_only_tried_again(code: int, description: str, says: str) -> None:
    """No person is needed: neither blocked nor lost."""
    async with chatting() as (api, chat):
        api.fail_next(code, description)
        error = await fail(chat)
        assert (error.blocked, error.permanent, error.retry_after) == (False, False, None)
        assert says in str(error)


async def test_a_message_that_telegram_does_not_take_is_given_up() -> None:
    """The same once more would be refused again."""
    async with chatting() as (_, chat):
        with pytest.raises(DeliveryError, match="Message is too long") as caught:
            await chat.send("x" * 5000, "x" * 5000)
        assert (caught.value.permanent, caught.value.blocked) == (True, False)


async def test_a_refusal_without_end_ends() -> None:
    """Nothing is sent for ever: a topic, the markup and the chat are each given up once."""
    async with chatting() as (api, chat):
        api.fail_next(400, "Bad Request: can't parse entities: x", times=5)
        with pytest.raises(DeliveryError, match="parse entities"):
            await chat.send("a", "a")
        assert len(api.received) == 2


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(text=f"<a href='/bot{TOKEN}/sendMessage'>log in to the network</a>", status=404),
        lambda: web.Response(text="welcome", status=200),
        lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
        lambda: web.json_response({"ok": True, "result": {"message": "no number"}}),
        lambda: web.json_response({"ok": True, "result": 7}),
        lambda: web.json_response([1]),
    ],
)
async def test_what_is_not_telegram_is_called_so(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A captive portal or a wrong address is neither believed nor written to the log, and it passes."""
    async with chatting() as (api, chat):
        api.answer_next(answer())
        error = await fail(chat)
        assert (error.blocked, error.permanent) == (False, False)
        assert "not Telegram's" in str(error) or "strangely" in str(error)
    assert caplog.records == []


async def test_a_telegram_that_is_away_is_told_without_the_address() -> None:
    """A refused connection, and one that is cut in the middle: a short reason, no token; then it is back."""
    async with chatting() as (api, chat):
        await chat.send("a", "a")
        await api.stop()
        error = await fail(chat)
        assert (error.blocked, error.permanent) == (False, False)
        assert "refused" in str(error)
        await api.start()
        await chat.send("b", "b")
        assert len(api.posted()) == 2

    async def cut(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        writer.close()

    async with await asyncio.start_server(cut, "127.0.0.1", 0) as server:
        chat = Chat(TOKEN, CHAT, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert "broke" in str(await fail(chat))
        await chat.close()


async def test_a_telegram_that_never_answers_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request ends at its deadline, whatever the other side does."""
    monkeypatch.setattr(telegram, "REQUEST_WITHIN", 0.2)
    async with chatting() as (api, chat):
        api.blackhole = True
        assert "no answer within 0.2 s" in str(await fail(chat))


async def test_a_name_server_that_is_silent_keeps_nobody_from_ending() -> None:
    """The process ends at once, though a look-up hangs: no thread of the loop's own waits for it."""
    program = f"""
import asyncio, socket, time
def hang(*_, **__): time.sleep(25)
socket.getaddrinfo = hang
from watchdog.core.errors import DeliveryError
from watchdog.gateways.telegram import Chat
async def main():
    chat = Chat({TOKEN!r}, 1, "https://api.telegram.org")
    try:
        async with asyncio.timeout(0.3):
            await chat.send("a", "a")
    except (TimeoutError, DeliveryError) as error:
        print(type(error).__name__)
    await chat.close()
asyncio.run(main())
"""
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    out, _ = await process.communicate()
    assert (process.returncode, out.strip()) == (0, b"TimeoutError")
    assert time.monotonic() - began < 15


async def test_the_token_is_in_no_log_line_however_loud_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """Every logger of the process at DEBUG, through every kind of failure."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        nobody = door.getsockname()[1]
    # The SDK says the URL of its API once, at DEBUG; telemetry/logs.py keeps it at WARNING.
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "telegram")
    async with chatting() as (api, chat):
        await chat.send("a", "a")
        for code, description in [
            (400, "Bad Request: x"),
            (401, "Unauthorized"),
            (403, "Forbidden: x"),
            (500, "x"),
        ]:
            api.fail_next(code, description)
            await fail(chat)
        api.answer_next(web.Response(text=f"nonsense {TOKEN}"))
        await fail(chat)
        await api.stop()
        await fail(chat)
        assert SECRET not in repr(chat)
    for address in (
        f"http://127.0.0.1:{nobody}",
        f"https://127.0.0.1:{nobody}",
        "http://no-such-name.invalid",
    ):
        lost = Chat(TOKEN, CHAT, address)
        await fail(lost)
        await lost.close()
    assert SECRET not in caplog.text
    assert all(SECRET not in str(vars(record)) for record in caplog.records)


async def test_it_can_be_asked_again_after_it_was_closed() -> None:
    """A reload closes notifiers; one that is used afterwards opens its connection anew."""
    async with chatting() as (api, chat):
        await chat.send("a", "a")
        await chat.close()
        await chat.close()
        await chat.send("b", "b")
        await until(lambda: len(api.posted()) == 2)
