"""The stand-in for Telegram is worth something only if it minds what the real one minds."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.telegram_api import CHAT, MOST_ENTITIES, TOKEN, Refusal, TelegramApi, beside, read_text


def kinds(text: str) -> set[str]:
    """What the stand-in makes of plain text."""
    return {kind for kind, _ in read_text({"text": text})[1]}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hi @everyone,", "mention"),
        ("/heal all", "bot_command"),
        ("see #tag", "hashtag"),
        ("buy $BTC", "cashtag"),
        ("t.me/joinchat/abc", "url"),
        ("https://evil.example.com/x?y#z", "url"),
        ("at 1.2.3.4:80", "url"),
        ("tg://resolve?domain=evil", "tg_url"),
    ],
)
def test_it_makes_links_of_plain_text_as_telegram_does(text: str, kind: str) -> None:
    """What the notifier has to break would be a link here."""
    assert kind in kinds(text)


def test_it_makes_none_in_code_nor_behind_a_word_joiner() -> None:
    """The two ways out that Telegram's own sources leave."""
    assert kinds("@\u2060everyone t.\u2060me/\u2060x #\u2060tag 1.5 s") == set()
    marked = read_text({"text": "<code>@everyone t.me/x</code>", "parse_mode": "HTML"})
    assert marked == ("@everyone t.me/x", (("code", "@everyone t.me/x"),))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<x>", 'Unsupported start tag "x" at byte offset 0'),
        ("é<b>", 'end tag corresponding to start tag "b"'),
        ("é</b>", "Unexpected end tag at byte offset 2"),
        ("<b>a</i>", 'expected "</b>", found "</i>"'),
        ("a < b", "Unsupported start tag"),
        ("a <b", "Unclosed start tag"),
        (" \n", "message text is empty"),
        ("😀" * 2049, "message is too long"),
    ],
)
def test_it_refuses_what_telegram_refuses(text: str, says: str) -> None:
    """Markup that is not whole, nothing, and too much."""
    with pytest.raises(Refusal) as caught:
        read_text({"text": text, "parse_mode": "HTML"})
    assert says.lower() in caught.value.description.lower()
    assert caught.value.code == 400


def test_it_counts_after_the_markup_was_read_and_keeps_a_hundred_entities() -> None:
    """Four thousand and ninety-six characters that people see; and the 101st entity is lost."""
    text, entities = read_text({"text": "<b>&lt;</b>" + "x" * 4095, "parse_mode": "HTML"})
    assert (len(text), entities) == (4096, (("bold", "<"),))
    _, entities = read_text({"text": "<code>a</code> " * 150, "parse_mode": "HTML"})
    assert len(entities) == MOST_ENTITIES


def post(api: TelegramApi, method: str, token: str = TOKEN, **fields: Any) -> tuple[int, dict[str, Any]]:
    """One request, as any program makes it."""
    body = (
        json.dumps(fields).encode()
        if not fields
        else "&".join(f"{k}={v}" for k, v in fields.items()).encode()
    )
    try:
        with urllib.request.urlopen(f"{api.url}/bot{token}/{method}", body, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_it_serves_from_a_thread_and_says_what_it_is() -> None:
    """A scenario that is no coroutine can use it, too."""
    with beside() as api:
        assert "stand-in" in post(api, "getMe")[1]["result"]["first_name"]
        assert post(api, "sendMessage", chat_id=CHAT, text="a")[1]["result"]["message_id"] == 1
        assert post(api, "editMessageText", chat_id=CHAT, message_id=1, text="b")[0] == 200
        assert post(api, "editMessageText", chat_id=CHAT, message_id=1, text="b")[0] == 400
        assert post(api, "sendMessage", token="1:b", chat_id=CHAT, text="a")[0] == 401
        assert post(api, "sendMessage", token="nonsense", chat_id=CHAT, text="a")[0] == 404
        assert (
            post(api, "sendMessage", chat_id=5, text="a")[1]["description"] == "Bad Request: chat not found"
        )
        api.fail_next(429, "Too Many Requests: retry after 37", retry_after=37)
        assert post(api, "sendMessage", chat_id=CHAT, text="a")[1]["parameters"] == {"retry_after": 37}
        assert [(message.text, message.before) for message in api.posted()] == [("b", ["a"])]
        assert [request.code for request in api.received] == [200, 200, 200, 400, 401, 404, 400, 429]
