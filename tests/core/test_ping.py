"""How a ping is spelled for each kind of receiver."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from watchdog.core.ping import LONGEST_BODY, LONGEST_MESSAGE, Request, make_request, objection, secrets_of
from watchdog.core.progress import Ping

CHECK = "https://hc-ping.com/5f3c1a2b-7777-4444-8888-9999aaaabbbb"
KUMA = "https://status.example.org/api/push/kAnArY1234?status=up&msg=OK&ping="
RID = "00000000-0000-4000-8000-000000000000"


def made(url: str, ping: Ping, lines: tuple[str, ...] = (), seconds: float = 0.0) -> Request:
    request = make_request(url, ping, RID, lines, seconds)
    assert request is not None
    return request


@pytest.mark.parametrize(
    ("url", "ping", "sent"),
    [
        (CHECK, Ping.START, f"{CHECK}/start?rid={RID}"),
        (CHECK, Ping.SUCCESS, f"{CHECK}?rid={RID}"),
        (f"{CHECK}/", Ping.FAIL, f"{CHECK}/fail?rid={RID}"),
        ("http://hc.lan:8000/ping/key/stack?create=1", Ping.FAIL, f"http://hc.lan:8000/ping/key/stack/fail?create=1&rid={RID}"),
    ],
)  # fmt: skip
def test_healthchecks_gets_start_success_and_fail_with_one_rid(url: str, ping: Ping, sent: str) -> None:
    """The word is the end of the path; what the user's address asks for stays."""
    assert (made(url, ping).method, made(url, ping).url) == ("POST", sent)


def test_a_fail_says_why_within_what_the_receiver_keeps() -> None:
    """The body is the reasons, one a line, cut between two characters at 10 kB."""
    assert made(CHECK, Ping.FAIL, ("The journal is stuck", "watchdog lives")).body == (
        b"The journal is stuck\nwatchdog lives"
    )
    body = made(CHECK, Ping.FAIL, ("é" * 20_000,)).body
    assert len(body) <= LONGEST_BODY
    assert set(body.decode()) == {"é"}


@pytest.mark.parametrize(
    ("ping", "lines", "said"),
    [
        (Ping.SUCCESS, (), {"status": ["up"], "msg": ["OK"], "ping": ["1500"]}),
        (Ping.FAIL, ("a & b", "c"), {"status": ["down"], "msg": ["a & b; c"], "ping": ["1500"]}),
    ],
)
def test_kuma_gets_up_or_down_with_a_message(ping: Ping, lines: tuple[str, ...], said: object) -> None:
    """The example values of the address that Kuma shows are replaced by ours."""
    request = made(KUMA, ping, lines, seconds=1.5)
    assert request.method == "GET"
    assert urlsplit(request.url).path == "/api/push/kAnArY1234"
    assert parse_qs(urlsplit(request.url).query) == said


def test_kuma_has_no_word_for_a_start() -> None:
    """A start would be taken for an up."""
    assert make_request(KUMA, Ping.START, RID) is None
    assert make_request("http://lan/kuma/api/push/x1/", Ping.START, RID) is None


def test_a_message_for_kuma_is_short() -> None:
    """It is shown in one line."""
    query = parse_qs(urlsplit(made(KUMA, Ping.FAIL, ("x" * 9999,)).url).query)
    assert len(query["msg"][0]) == LONGEST_MESSAGE


@pytest.mark.parametrize("answer", ["OK", "", "<html>", json.dumps({"ok": True}), "[]", "OK\n"])
def test_a_success_is_a_success(answer: str) -> None:
    """What a receiver says when it has understood, and whatever a proxy adds."""
    assert objection(answer) == ""


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("OK (not found)", "OK (not found)"),
        ("OK (rate limited)\n", "OK (rate limited)"),
        ("not found", "not found"),
        ('{"ok":false,"msg":"Monitor not found or not active."}', "Monitor not found or not active."),
        ('{"ok":false}', "ok: false"),
    ],
)
def test_a_success_that_is_none_is_seen_through(answer: str, why: str) -> None:
    """A mistyped token is answered with 200 by some: nobody would ever be warned."""
    assert objection(answer) == why


@pytest.mark.parametrize(
    ("url", "hidden", "shown"),
    [
        (CHECK, "5f3c1a2b-7777-4444-8888-9999aaaabbbb", "hc-ping.com"),
        ("https://hc-ping.com/AbCdEfGhIjKlMnOpQrStUv/watchdog", "AbCdEfGhIjKlMnOpQrStUv", "watchdog"),
        (KUMA, "kAnArY1234", "push"),
        ("https://k.lan/api/push/abcdefghij", "abcdefghij", "push"),
        ("https://me:opensesame@k.lan/ping/x1y2z3w4?create=1", "opensesame", "ping"),
    ],
)
def test_the_token_is_a_secret_and_words_are_not(url: str, hidden: str, shown: str) -> None:
    """What gives access is hidden wherever it stands; a slug called watchdog does not blacken every log line."""
    secrets = secrets_of(url)
    assert {url, hidden} <= set(secrets)
    assert shown not in secrets


def test_a_request_does_not_show_its_address() -> None:
    """Not even in a debugger's line."""
    assert "5f3c1a2b" not in repr(made(CHECK, Ping.START))


def test_without_an_address_nothing_is_secret() -> None:
    """An empty setting hides nothing."""
    assert secrets_of("") == ()
