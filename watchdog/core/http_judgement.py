"""What one GET of a page means: how far it got, and whether what was answered is what was expected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# No more of a body is read, also of one that was compressed.
LONGEST_BODY = 64 * 1024
MOST_REDIRECTS = 3

_TOO_MANY_REQUESTS = 429
_NO_UPSTREAM = frozenset({502, 503, 504})
_SERVER_ERROR = 500


class Reach(StrEnum):
    """How far a GET got."""

    ANSWERED = "answered"
    NO_NAME = "no_name"  # the name of the host is not known
    NO_CONNECTION = "no_connection"  # refused, no route, or nobody accepted it in time
    TLS = "tls"  # connected, and no TLS that can be trusted
    TIMED_OUT = "timed_out"  # connected, and no whole answer in time
    BROKEN = "broken"  # what came was no HTTP
    REDIRECT_REFUSED = "redirect_refused"  # it leads where no page is to lead
    TOO_MANY_REDIRECTS = "too_many_redirects"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What became of one GET.

    Attributes:
        detail: why it got no further, in words that hold no URL and no text of the other side.
        body: its beginning, decompressed.
        cut: there was more of it.
        unread: why the body is not known, in words; the status is all the same.
        seconds: how long all of it took.
    """

    reach: Reach
    status: int = 0
    body: bytes = b""
    cut: bool = False
    unread: str = ""
    redirects: int = 0
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an answer has to be.

    Attributes:
        statuses: any of these.
        text: stands somewhere in the first 64 KiB of the body.
        values: what stands at a path (`database` or `a.0.b`) in the body as JSON.
    """

    statuses: frozenset[int] = frozenset({200})
    text: str = ""
    values: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)


class PageResult(StrEnum):
    """What a GET means, by name."""

    OK = "ok"
    NO_NAME = "no_name"
    NO_CONNECTION = "no_connection"
    TLS = "tls"
    TIMED_OUT = "timed_out"
    BROKEN = "broken"
    REDIRECT_REFUSED = "redirect_refused"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    RATE_LIMITED = "rate_limited"
    NO_UPSTREAM = "no_upstream"  # 502, 503, 504: who answered asked somebody else, in vain
    SERVER_ERROR = "server_error"
    WRONG_STATUS = "wrong_status"
    WRONG_TEXT = "wrong_text"
    NO_JSON = "no_json"
    WRONG_VALUE = "wrong_value"


@dataclass(frozen=True, slots=True)
class Page:
    """What one GET means. `detail`: what exactly, for people; never a part of the body."""

    result: PageResult
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Whether it is as expected."""
        return self.result is PageResult.OK


def judge_page(fetched: Fetched, expected: Expected) -> Page:
    """What the GET means. Never raises, whatever was answered."""
    if fetched.reach is not Reach.ANSWERED:
        return Page(PageResult(fetched.reach.value), fetched.detail)
    status = fetched.status
    if status not in expected.statuses:
        return Page(_of_status(status), f"it answered {status}")
    if fetched.unread and (expected.text or expected.values):
        return Page(PageResult.WRONG_TEXT if expected.text else PageResult.NO_JSON, fetched.unread)
    if expected.text and expected.text not in fetched.body.decode("utf-8", "replace"):
        where = f"in its first {LONGEST_BODY // 1024} KiB" if fetched.cut else "in it"
        return Page(PageResult.WRONG_TEXT, f"the expected text is not {where}")
    return _judge_values(fetched, expected) if expected.values else Page(PageResult.OK)


def _of_status(status: int) -> PageResult:
    if status == _TOO_MANY_REQUESTS:
        return PageResult.RATE_LIMITED
    if status in _NO_UPSTREAM:
        return PageResult.NO_UPSTREAM
    return PageResult.SERVER_ERROR if status >= _SERVER_ERROR else PageResult.WRONG_STATUS


def _judge_values(fetched: Fetched, expected: Expected) -> Page:
    if fetched.cut:
        return Page(PageResult.NO_JSON, f"it is longer than {LONGEST_BODY // 1024} KiB")
    try:
        document: Any = json.loads(fetched.body)
    except (ValueError, RecursionError):
        return Page(PageResult.NO_JSON, "what it answered is no JSON")
    for path, wanted in expected.values.items():
        there, found = _find(document, path)
        if not there:
            return Page(PageResult.WRONG_VALUE, f"it has no {path}")
        if type(found) is not type(wanted) or found != wanted:
            return Page(PageResult.WRONG_VALUE, f"its {path} is not {json.dumps(wanted)}")
    return Page(PageResult.OK)


def _find(document: Any, path: str) -> tuple[bool, Any]:
    for name in path.split("."):
        if isinstance(document, dict) and name in document:
            document = document[name]
        elif isinstance(document, list) and name.isascii() and name.isdigit() and int(name) < len(document):
            document = document[int(name)]
        else:
            return False, None
    return True, document
