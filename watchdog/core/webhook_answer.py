"""What the answer to a webhook means for the notification and for those that follow."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import unquote

from watchdog.core.errors import DeliveryError
from watchdog.core.redaction import cut, redact

# Whoever asks for more gets this much: by then people want to know.
LONGEST_WAIT = 3600.0
# Whoever asks for none is not asked in a tight circle.
SHORTEST_WAIT = 1.0
LONGEST_SAID = 120

# Nothing will be taken before a person has changed something.
_BLOCKED = {
    HTTPStatus.UNAUTHORIZED: "the token or password is missing or wrong; correct the header Authorization, or the URL",
    HTTPStatus.FORBIDDEN: "this sender may not write there; correct its rights, its token or the URL",
    HTTPStatus.NOT_FOUND: "there is no such webhook; it was deleted, or the URL is wrong",
    HTTPStatus.METHOD_NOT_ALLOWED: "no POST is taken there, so the URL is not that of a webhook; correct it",
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: "the proxy wants a password; correct HTTPS_PROXY",
    HTTPStatus.GONE: "the webhook or its channel is gone for good; make a new one and set its URL",
}
# Said by 4xx numbers, but not because of what was sent.
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})
_REDIRECTED = "it sends elsewhere, and a secret is not carried after it; set the URL that it leads to"
# Slack answers in one word.
_ONE_WORD = re.compile(r"[a-z][a-z_]{2,39}")


def trouble_of(
    host: str, status: int, headers: Mapping[str, str], text: str, secrets: Iterable[str] = ()
) -> DeliveryError | None:
    """Why the notification was not taken, None if it was.

    Args:
        host: who answered; all of the URL that may be shown.
        status: of HTTP.
        headers: by their names in small letters.
        text: the beginning of the answer. A reason of one word, or in JSON, is told.
        secrets: what must not be told even if the other side repeats it.
    """
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    said = _said(text, secrets)
    what = f"{host} answered {_name(status)}" + (f" ({said})" if said else "")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return DeliveryError(f"{what}: {_REDIRECTED}", blocked=True)
    if status in _BLOCKED:
        return DeliveryError(f"{what}: {_BLOCKED[HTTPStatus(status)]}", blocked=True)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return DeliveryError(what, retry_after=_wait(headers, text))
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _PASSING:
        return DeliveryError(f"{what}: this message is not taken as it is", permanent=True)
    return DeliveryError(what, retry_after=_wait(headers, ""))


def _name(status: int) -> str:
    """The status in the standard's words: the server's own could hold anything."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _wait(headers: Mapping[str, str], text: str) -> float | None:
    """Seconds that the other side wants to be left alone for, None if it does not say."""
    asked = [wait for wait in (_from_header(headers), _from_body(text)) if wait is not None]
    if not asked:
        return None
    return min(LONGEST_WAIT, max(SHORTEST_WAIT, *asked))


def _from_header(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value, re.ASCII):
        return float(value)
    until, its_now = _date(value), _date(headers.get("date", ""))
    # Its own clock decides what its date means; without it, nobody knows.
    return None if until is None or its_now is None else (until - its_now).total_seconds()


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return None if date.tzinfo is None else date


def _from_body(text: str) -> float | None:
    """Discord says it there, with a fraction."""
    wait = _json(text).get("retry_after")
    if isinstance(wait, bool) or not isinstance(wait, int | float):
        return None
    if isinstance(wait, float) and not math.isfinite(wait):
        return None
    return float(max(0, min(wait, LONGEST_WAIT)))


def _said(text: str, secrets: Iterable[str]) -> str:
    """The other side's own reason: a word (Slack), `message` (Discord) or `error` (ntfy). Pages are not read."""
    text = text.strip()
    said = text if _ONE_WORD.fullmatch(text) else ""
    for key in ("message", "error"):
        value = _json(text).get(key)
        if not said and isinstance(value, str):
            said = value
    # Hidden before it is cut: half a secret is one, too.
    said = redact(said, {form for secret in secrets for form in (secret, unquote(secret))})
    said = " ".join("".join(each if each.isprintable() else " " for each in said).split())
    return said if len(said) <= LONGEST_SAID else f"{cut(said, LONGEST_SAID)}…"


def _json(text: str) -> Mapping[str, object]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
