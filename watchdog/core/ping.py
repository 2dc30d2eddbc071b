"""How a ping is spelled for those who receive it: healthchecks.io and what speaks like it, and Uptime Kuma."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from watchdog.core.progress import Ping

# healthchecks.io keeps so much of a body and cuts the rest.
LONGEST_BODY = 10_000
# Kuma shows it in one line of a table, and it travels in a URL.
LONGEST_MESSAGE = 500
_KUMA = re.compile(r"/api/push/[^/]+/?$")
_KUMAS_OWN = frozenset({"status", "msg", "ping"})
# A piece of a path that may be a token: long, or not only letters. What is left are words such as "ping".
_TOKEN = re.compile(r"(?=.*\d)[\w-]{8,}|[\w-]{16,}")


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be sent. The URL is a secret: whoever knows it can say that we are well."""

    method: str
    url: str
    body: bytes = b""

    def __repr__(self) -> str:
        return f"Request({self.method}, [hidden])"


def make_request(
    url: str, ping: Ping, rid: str, lines: Sequence[str] = (), seconds: float = 0.0
) -> Request | None:
    """The request that says this; None if the receiver has no word for it.

    Args:
        url: as the receiver shows it to its user.
        ping: what is said.
        rid: the same for the start and the end of one beat, a UUID.
        lines: why it is no success, the most important first.
        seconds: how long the beat took.
    """
    parts = urlsplit(url)
    if speaks_kuma(url):
        return None if ping is Ping.START else _to_kuma(parts, ping, lines, seconds)
    path = parts.path.rstrip("/") + ("" if ping is Ping.SUCCESS else f"/{ping.value}")
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), ("rid", rid)])
    return Request(
        "POST",
        urlunsplit(parts._replace(path=path, query=query, fragment="")),
        cut("\n".join(lines), LONGEST_BODY),
    )


def speaks_kuma(url: str) -> bool:
    """Whether this is a push URL of Uptime Kuma, by its path."""
    return _KUMA.search(urlsplit(url).path) is not None


def objection(answer: str) -> str:
    """Why an answer that looks like a success is none, "" if it is one.

    healthchecks.io answers a ping that nobody waits for with 200 "OK (not found)", Kuma with {"ok": false}.
    """
    answer = answer.strip()
    if answer.startswith("OK (") or answer == "not found":
        return answer
    try:
        said = json.loads(answer)
    except ValueError:
        return ""
    if isinstance(said, dict) and said.get("ok") is False:
        return str(said.get("msg") or "ok: false")
    return ""


def secrets_of(url: str) -> tuple[str, ...]:
    """What of a ping URL must never be shown: the URL, its path, and what in it looks like a token."""
    parts = urlsplit(url)
    pieces = [piece for piece in parts.path.split("/") if _TOKEN.fullmatch(piece)]
    pieces += [value for _, value in parse_qsl(parts.query) if _TOKEN.fullmatch(value)]
    kuma = _KUMA.search(parts.path)
    if kuma:
        pieces.append(kuma.group().rstrip("/").rpartition("/")[2])
    rest = [parts.path.rstrip("/"), parts.query, parts.password or ""]
    return tuple(dict.fromkeys(each for each in (url, *rest, *pieces) if len(each.strip("/")) > 3))  # noqa: PLR2004


def cut(text: str, longest: int) -> bytes:
    """The text as at most so many bytes of UTF-8, no character halved."""
    return text.encode()[:longest].decode("utf-8", "ignore").encode()


def _to_kuma(parts: SplitResult, ping: Ping, lines: Sequence[str], seconds: float) -> Request:
    # The URL that Kuma shows has these three already, with its own example values.
    kept = [pair for pair in parse_qsl(parts.query) if pair[0] not in _KUMAS_OWN]
    well = ping is Ping.SUCCESS
    message = "; ".join(lines)[:LONGEST_MESSAGE]
    said = [
        ("status", "up" if well else "down"),
        ("msg", message or "OK"),
        ("ping", str(round(seconds * 1000))),
    ]
    return Request("GET", urlunsplit(parts._replace(query=urlencode([*kept, *said]), fragment="")))
