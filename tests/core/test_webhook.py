import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest

from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Fact, Finding
from watchdog.core.webhook import (
    DISCORD_UNITS,
    NTFY_BYTES,
    SLACK_CHARACTERS,
    Form,
    Post,
    Push,
    check_url,
    form_of,
    make_post,
    secrets_in,
)

AT = Moment(boot_id="b", boot=1.0, wall=datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
NTFY = "https://ntfy.example/s3cret-topic"
SLACK = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
DISCORD = "https://discord.com/api/webhooks/223704706495545344/3d89bb7572e0fb30d8128367b3b1b44f"


def push(
    title: str = "api has ended",
    *lines: str,
    telling: Telling = Telling.OPENED,
    severity: Severity = Severity.HIGH,
    facts: dict[str, Fact] | None = None,
    loud: bool = True,
) -> Push:
    notification = Notification(
        telling=telling,
        target="api",
        at=AT,
        finding=Finding("exited", {"exit_code": 1, "error": "e" * 5000}),
        severity=severity,
        incident="7",
        facts=facts or {},
    )
    return Push(notification=notification, title=title, lines=lines, loud=loud)


def body(form: Form, said: Push, url: str = "") -> Any:
    urls = {Form.NTFY: NTFY, Form.SLACK: SLACK, Form.DISCORD: DISCORD, Form.JSON: "http://me/x"}
    return json.loads(make_post(url or urls[form], form, said).body)


def shown_by_discord(content: str) -> str:
    """Discord's own rule: a backslash before what is neither letter, digit nor space is not shown."""
    kept, rest = [], iter(content)
    for character in rest:
        following = next(rest, "") if character == "\\" else character
        assert character != "\\" or (following and not following.isalnum() and not following.isspace())
        kept.append(following)
    return "".join(kept)


def test_our_own_shape_says_all_there_is() -> None:
    """A receiver gets the facts as well as the words, under keys that stay what they are."""
    said = body(Form.JSON, push("api has ended", "one", "two", facts={"attempts": 2, "reason": None}))
    assert len(said.pop("id")) == 32
    assert said == {
        "version": 1,
        "telling": "opened",
        "severity": "high",
        "target": "api",
        "incident": "7",
        "at": "2026-11-23T09:30:00+00:00",
        "title": "api has ended",
        "lines": ["one", "two"],
        "text": "api has ended\none\ntwo",
        "language": "en",
        "loud": True,
        "finding": {"kind": "exited", "facts": {"exit_code": 1, "error": "e" * 2000}},
        "facts": {"attempts": 2, "reason": None},
        "left_out": 0,
    }


def test_a_notification_sent_twice_can_be_told_by_its_id() -> None:
    """An answer may get lost: the same notification has the same id, another one has another."""
    first, again = body(Form.JSON, push()), body(Form.JSON, push())
    other = body(Form.JSON, push(telling=Telling.HEALED))
    assert first["id"] == again["id"] != other["id"]


def test_numbers_that_json_does_not_have_are_nothing() -> None:
    """Every receiver can read it: neither NaN nor infinity is written."""
    said = body(Form.JSON, push(facts={"seconds": math.nan, "stable": math.inf}))
    assert said["facts"] == {"seconds": None, "stable": None}


def test_ntfy_gets_a_message_at_the_root_of_its_server() -> None:
    """As documented under "Publish as JSON": topic, title, message, tags, priority."""
    post = make_post(NTFY, Form.NTFY, push("api has ended", "one", "two", severity=Severity.CRITICAL))
    assert post.url == "https://ntfy.example/"
    assert json.loads(post.body) == {
        "topic": "s3cret-topic",
        "title": "api has ended",
        "message": "one\ntwo",
        "priority": 5,
        "tags": ["warning", "critical"],
    }


@pytest.mark.parametrize(
    ("severity", "loud", "priority"),
    [
        (Severity.CRITICAL, True, 5),
        (Severity.HIGH, True, 4),
        (Severity.WARNING, True, 3),
        (Severity.CRITICAL, False, 2),
        (Severity.WARNING, False, 2),
    ],
)
def test_a_phone_makes_a_sound_only_when_it_may(severity: Severity, loud: bool, priority: int) -> None:
    """Priority 2 of ntfy neither sounds nor vibrates; from 3 on it does, the louder the worse it is."""
    assert body(Form.NTFY, push(severity=severity, loud=loud))["priority"] == priority


def test_every_telling_has_a_sign_of_ntfy() -> None:
    """Nothing that is told lacks a tag, also what has none of its own."""
    for telling in Telling:
        tags = body(Form.NTFY, push(telling=telling))["tags"]
        assert tags[0].replace("_", "").isalpha()
        assert tags[1] == "high"


def test_ntfy_never_makes_an_attachment_of_a_message() -> None:
    """What is longer than 4096 bytes is cut, at a whole character; without lines the title is the message."""
    said = body(Form.NTFY, push("é" * 400, "é" * 5000))
    assert len(said["message"].encode()) <= NTFY_BYTES
    assert set(said["message"]) == {"é"}
    assert len(said["title"]) == 250
    assert body(Form.NTFY, push("only this"))["message"] == "only this"


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("https://ntfy.sh/topic/", "https://ntfy.sh/"),
        ("http://10.0.0.1:8080/topic?auth=abc#x", "http://10.0.0.1:8080/?auth=abc"),
        ("https://example.org/ntfy/topic", "https://example.org/ntfy/"),
    ],
)
def test_a_topic_is_the_end_of_the_url(url: str, root: str) -> None:
    """The URL is given as a browser shows it; port, folder and query stay."""
    post = make_post(url, Form.NTFY, push())
    assert (post.url, json.loads(post.body)["topic"]) == (root, "topic")


def test_slack_gets_text_without_markup() -> None:
    """As documented: `text`, in which &, < and > are escaped and nothing else; so nobody is called, nothing links."""
    said = body(Form.SLACK, push("a & b <!channel>", "*bold* <https://x|y> &amp;"))
    assert said == {
        "text": "a &amp; b &lt;!channel&gt;\n*bold* &lt;https://x|y&gt; &amp;amp;",
        "mrkdwn": False,
    }


def test_slack_gets_no_more_than_it_shows() -> None:
    """A long message is cut before it is escaped: no entity is halved."""
    text = body(Form.SLACK, push("t", "<" * 9000))["text"]
    assert text.startswith("t\n&lt;&lt;")
    assert text.endswith("&lt;…")
    assert len(text.replace("&lt;", "<")) == SLACK_CHARACTERS


HOSTILE = [
    "@everyone <@123> <#4> :joy: ||spoiler||",
    "```code``` `x` **b** __u__ ~~s~~",
    "# heading > quote - list [text](https://evil) \\*",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_discord_shows_text_as_it_is(text: str) -> None:
    """No name in a message calls anybody, links anywhere or is read as markup: each sign of it is escaped."""
    said = body(Form.DISCORD, push(text, text))
    assert said["allowed_mentions"] == {"parse": []}
    content = said["content"]
    assert shown_by_discord(content) == f"**{text}**\n{text}"
    for sign in ("`", "@", "<", "[", ":", "~"):
        assert content.count(sign) == content.count(f"\\{sign}")


def test_discord_is_told_who_may_be_woken() -> None:
    """No preview of links ever (4); without a sound when it is quiet (4096)."""
    assert body(Form.DISCORD, push())["flags"] == 4
    assert body(Form.DISCORD, push(loud=False))["flags"] == 4 | 4096


@pytest.mark.parametrize("text", ["x" * 5000, "*" * 5000, "😀" * 3000, "a*" * 2000])
def test_discord_gets_at_most_two_thousand_characters(text: str) -> None:
    """Longer content would be refused; it is never cut within an escape."""
    content = body(Form.DISCORD, push(text, text))["content"]
    assert len(content.encode("utf-16-le")) // 2 <= DISCORD_UNITS
    assert content.endswith("…")
    shown_by_discord(content)


def test_discord_is_asked_for_a_proof() -> None:
    """`wait` makes a message that was not saved an error; the version makes waits come in seconds."""
    post = make_post(f"{DISCORD}?thread_id=5&wait=false", Form.DISCORD, push("t"))
    rest = DISCORD.partition("/api/webhooks/")[2]
    assert post.url == f"https://discord.com/api/v10/webhooks/{rest}?thread_id=5&wait=true"
    assert json.loads(post.body)["content"] == "**t**"
    versioned = DISCORD.replace("/api/", "/api/v9/")
    assert make_post(versioned, Form.DISCORD, push()).url == f"{versioned}?wait=true"


@pytest.mark.parametrize(
    ("url", "form"),
    [
        (SLACK, Form.SLACK),
        (DISCORD, Form.DISCORD),
        (DISCORD.replace("discord.com", "ptb.discord.com"), Form.DISCORD),
        (DISCORD.replace("discord.com", "discordapp.com"), Form.DISCORD),
        ("https://ntfy.sh/topic", Form.NTFY),
        ("https://ntfy.sh/", Form.JSON),
        (NTFY, Form.JSON),
        ("https://notdiscord.com/api/webhooks/1/2", Form.JSON),
        ("https://me.example/hooks.slack.com", Form.JSON),
    ],
)
def test_the_host_tells_whose_webhook_it_is(url: str, form: Form) -> None:
    """Where nothing is written, known hosts get their own shape, all others ours."""
    assert form_of(url) is form


@pytest.mark.parametrize(
    ("url", "form", "why"),
    [
        ("ftp://x/canary", Form.JSON, "begins with https://"),
        ("https:///canary", Form.JSON, "begins with https://"),
        ("http://[canary", Form.JSON, "begins with https://"),
        ("http://x:99999/canary", Form.JSON, "begins with https://"),
        ("http://x/can ary", Form.JSON, "begins with https://"),
        ("http://x/canary\n", Form.JSON, "begins with https://"),
        ("https://bob:canary@x/y", Form.JSON, "write the header Authorization"),
        ("https://canary@x/y", Form.JSON, "write the header Authorization"),
        ("https://ntfy.sh", Form.NTFY, "https://ntfy.sh/TOPIC"),
        ("https://ntfy.sh/can%20ary", Form.NTFY, "https://ntfy.sh/TOPIC"),
    ],
)
def test_what_is_no_url_of_a_webhook_is_told_without_being_shown(url: str, form: Form, why: str) -> None:
    """The reason says how to write it, and not what was written: it holds a token."""
    assert why in check_url(url, form)
    assert "canary" not in check_url(url, form)


def test_a_good_url_is_not_objected_to() -> None:
    """What the services give out is taken as it is."""
    assert [check_url(url, form_of(url)) for url in (SLACK, DISCORD, NTFY, "http://[::1]:80/x")] == [""] * 4
    with pytest.raises(ValueError, match="no topic"):
        make_post("https://ntfy.sh/", Form.NTFY, push())


def test_every_part_of_a_url_but_its_host_is_a_secret() -> None:
    """Whoever gets any of it may have the token."""
    assert secrets_in("https://h.example/a/tok?key=val") == (
        "https://h.example/a/tok?key=val",
        "a",
        "tok",
        "key=val",
        "val",
    )


def test_what_is_to_be_sent_does_not_show_itself() -> None:
    """A traceback or a debugger shows no URL."""
    assert "s3cret" not in repr(Post("https://x/s3cret", b"s3cret"))
