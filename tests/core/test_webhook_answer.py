import json

import pytest

from watchdog.core.errors import DeliveryError
from watchdog.core.webhook_answer import trouble_of


def trouble(
    status: int, headers: dict[str, str] | None = None, text: str = "", secrets: tuple[str, ...] = ()
) -> DeliveryError:
    found = trouble_of("hooks.example", status, headers or {}, text, secrets)
    assert found is not None
    return found


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_is_one(status: int) -> None:
    """Slack answers 200, Discord 200 or 204, others what they like."""
    assert trouble_of("hooks.example", status, {}, "anything") is None


@pytest.mark.parametrize("status", [401, 403, 404, 405, 407, 410])
def test_what_only_a_person_can_mend_blocks(status: int) -> None:
    """A wrong token or a webhook that is gone: nothing else is tried, and the reason says what to do."""
    error = trouble(status)
    assert (error.blocked, error.permanent, error.retry_after) == (True, False, None)
    assert str(error).startswith(f"hooks.example answered {status} ")
    assert ": " in str(error)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """A secret is not carried to wherever an answer points; a person sets the right URL."""
    error = trouble(status, {"location": "https://evil.example/"})
    assert error.blocked
    assert "set the URL that it leads to" in str(error)
    assert "evil" not in str(error)


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422, 499])
def test_a_message_that_is_not_taken_does_not_hold_up_the_others(status: int) -> None:
    """Every other no of this kind is about this one message."""
    error = trouble(status)
    assert (error.blocked, error.permanent) == (False, True)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 507, 599])
def test_what_passes_is_tried_again(status: int) -> None:
    """The other side is busy or ill: later, it is not."""
    error = trouble(status)
    assert (error.blocked, error.permanent, error.retry_after) == (False, False, None)


@pytest.mark.parametrize(
    ("headers", "text", "wait"),
    [
        ({"retry-after": "37"}, "", 37.0),
        ({"retry-after": " 1.5 "}, "", 1.5),
        ({"retry-after": "0"}, "", 1.0),
        ({"retry-after": "999999999"}, "", 3600.0),
        ({"retry-after": "-5"}, "", None),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "٣"}, "", None),
        (
            {"retry-after": "Mon, 23 Nov 2026 09:31:00 GMT", "date": "Mon, 23 Nov 2026 09:30:00 GMT"},
            "",
            60.0,
        ),
        (
            {"retry-after": "Mon, 23 Nov 2026 09:29:00 GMT", "date": "Mon, 23 Nov 2026 09:30:00 GMT"},
            "",
            1.0,
        ),
        ({"retry-after": "Mon, 23 Nov 2026 09:31:00 GMT"}, "", None),
        ({"retry-after": "Mon, 23 Nov 2026 09:31:00 -0000", "date": "x"}, "", None),
        ({"retry-after": "65"}, json.dumps({"message": "m", "retry_after": 64.57, "global": False}), 65.0),
        ({}, json.dumps({"retry_after": 64.57}), 64.57),
        ({}, json.dumps({"retry_after": True}), None),
        ({}, json.dumps({"retry_after": "5"}), None),
        ({}, '{"retry_after": NaN}', None),
        ({}, '{"retry_after": 1e999}', None),
        ({}, '{"retry_after": 1' + "0" * 400 + "}", 3600.0),
        ({}, '{"retry_after": -1' + "0" * 400 + "}", 1.0),
        ({}, "[1]", None),
        ({}, "[" * 100_000, None),
        ({}, "<html>", None),
    ],
)
def test_who_asks_for_time_gets_it(headers: dict[str, str], text: str, wait: float | None) -> None:
    """Seconds or a date (by the other side's clock), in the header or in Discord's body; 1 s to an hour."""
    error = trouble(429, headers, text)
    assert error.retry_after == wait
    assert not error.permanent
    assert not error.blocked


def test_a_pause_of_the_server_is_kept_too() -> None:
    """503 with Retry-After is a promise as good as 429's."""
    assert trouble(503, {"retry-after": "120"}).retry_after == 120.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("channel_is_archived", "(channel_is_archived)"),
        ('{"message": "Unknown Webhook", "code": 10015}', "(Unknown Webhook)"),
        ('{"code": 40301, "http": 403, "error": "forbidden", "link": "https://x"}', "(forbidden)"),
    ],
)
def test_the_other_sides_reason_is_told(text: str, said: str) -> None:
    """Slack's word, Discord's message and ntfy's error help whoever has to mend it."""
    assert said in str(trouble(404, {}, text))


@pytest.mark.parametrize("text", ["<html><title>404</title>", "Not Found", '{"message": 5}', '["x"]', ""])
def test_a_page_is_not_told(text: str) -> None:
    """What is no reason in a known shape is left out."""
    assert str(trouble(400, {}, text)).startswith("hooks.example answered 400 Bad Request: ")


def test_a_reason_holds_no_secret_nor_what_a_terminal_obeys() -> None:
    """The other side may repeat what it was sent, quoted or not, and write what it likes."""
    text = json.dumps({"error": "no s%2Fecret, no s/ecret\x1b[31m\u202e\n" + "x" * 3000})
    shown = str(trouble(500, {}, text, ("s%2Fecret",)))
    assert "ecret" not in shown
    assert shown.isprintable()
    assert len(shown) < 200


def test_a_number_that_no_standard_knows_is_told_as_it_is() -> None:
    """The server's own words for it are not: they could be anything."""
    assert str(trouble(599)) == "hooks.example answered 599"
