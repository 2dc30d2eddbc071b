"""What InfluxDB answered, kept in `influx_recorded.json`; asked again of an InfluxDB, or of the demo's stand-in for it.

    python -m tests.demo.influx_recorded URL TOKEN      # ask a fresh InfluxDB all of it, and keep the answers

For that it has to be fresh: `influx setup --org bloomberg --bucket markets --retention 168h`. In what is asked stand
`<now-60>` (nanoseconds), `<at-60>` (RFC 3339), `<id of markets>` and `<org>`; in answers `<id>`, `<time>`, `<number>`
and `<token>` for what is another one each time. `like`: how much of an answer the stand-in has to share: all of it
(if nothing is said), `status`, or `nothing`.
"""

from __future__ import annotations

import http.client
import json
import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FILE = Path(__file__).with_suffix(".json")
Asked = dict[str, Any]


def recorded() -> list[Asked]:
    """All requests with their answers, in their order."""
    kept: list[Asked] = json.loads(FILE.read_text("utf-8"))["answers"]
    return kept


def answer_to(name: str) -> Asked:
    """One of them, by its name."""
    return next(each for each in recorded() if each["name"] == name)


def seen_on_a_full_disk() -> dict[str, Any]:
    """What was copied by hand while its disk was full, and after."""
    kept: dict[str, Any] = json.loads(FILE.read_text("utf-8"))["full disk"]
    return kept


def ask_all(url: str, token: str) -> Iterator[tuple[Asked, Asked]]:
    """Each request, with what it is answered now."""
    now, known, tokens = int(time.time()), {"org": ""}, {"": token}
    for each in recorded():
        given = {key: fill(each.get(key, ""), now, known) for key in ("ask", "send")}
        method, _, path = given["ask"].partition(" ")
        kind = {"Content-Type": each["kind"]} if each.get("kind") else {}
        whose = tokens.get(each.get("as", ""), "")
        who = {"Authorization": f"Token {whose}"} if each.get("as") != "nobody" else {}
        status, headers, body = ask(url, method, path, given["send"], {**kind, **who})
        learn(body, known, tokens)
        yield (
            each,
            {
                "status": status,
                "type": headers.get("content-type", ""),
                "code": headers.get("x-platform-error-code", ""),
                "body": plain(body),
            },
        )


def ask(
    url: str, method: str, path: str, body: str, headers: dict[str, str]
) -> tuple[int, dict[str, str], str]:
    """One request: status, headers in small letters, and body."""
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        line.request(method, path, body.encode() or None, headers)
        answer = line.getresponse()
        told = answer.read().decode("utf-8", "replace")
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, told
    finally:
        line.close()


def fill(text: str, now: int, known: dict[str, str]) -> str:
    """The text with what its marks stand for."""

    def stands_for(mark: re.Match[str]) -> str:
        at = now + int(mark[2] or 0)
        stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"{at}000000000" if mark[1] == "now" else stamp

    text = re.sub(r"<(now|at)([+-]\d+)?>", stands_for, text)
    return re.sub(r"<(?:id of )?(\w+)>", lambda mark: known[mark[1]], text)


def learn(body: str, known: dict[str, str], tokens: dict[str, str]) -> None:
    """The ids that later requests name, and the token that was made."""
    try:
        told = json.loads(body)
    except ValueError:
        return
    if not isinstance(told, dict):
        return
    buckets = told.get("buckets") if isinstance(told.get("buckets"), list) else [told]
    for bucket in buckets or ():
        if "retentionRules" in bucket:
            known[bucket["name"]], known["org"] = bucket["id"], bucket["orgID"]
    if told.get("token"):
        tokens["reader"] = told["token"]


def plain(body: str) -> str:
    """An answer without what is another one each time; JSON in one line, its keys in order."""
    body = re.sub(r'"token":\s*"[^"]+"', '"token": "<token>"', body)
    body = re.sub(r"\b[0-9a-f]{16}\b", "<id>", body)
    body = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z(?!\.)", "<time>", body)
    body = re.sub(r"\b\d{19}\b", "<number>", body)
    try:
        return json.dumps(json.loads(body), sort_keys=True, ensure_ascii=False)
    except ValueError:
        return body


def main() -> None:
    url, token = sys.argv[1:]
    kept = json.loads(FILE.read_text("utf-8"))
    answers = [{**each, **told} for each, told in ask_all(url, token)]
    kept["answers"] = [{key: value for key, value in each.items() if value != ""} for each in answers]
    FILE.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
