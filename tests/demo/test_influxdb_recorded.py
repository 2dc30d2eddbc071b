"""The stand-in for InfluxDB answers what InfluxDB 2.7.12 answered, word for word where that is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.demo.influx_recorded import ask_all, recorded
from tests.gateways.influx_server import TOKEN, stand_in


def shared(answer: dict[str, Any], like: str) -> object:
    """What of an answer the stand-in has to share; links of the real one lead to much that it has not."""
    if like == "status":
        return answer["status"]
    body = answer.get("body", "")
    if body.startswith("{"):
        told = json.loads(body)
        for part in (told, *told.get("buckets", ())):
            part.pop("links", None)
        body = json.dumps(told)
    return answer["status"], answer.get("type", ""), answer.get("code", ""), body


def test_the_stand_in_answers_as_influxdb_does(tmp_path: Path) -> None:
    """The same requests in the same order: buckets, writes, queries, deletes, and what is wrong with each."""
    asked, different = 0, []
    with stand_in(tmp_path) as url:
        for kept, told in ask_all(url, TOKEN):
            like = kept.get("like", "")
            if like == "nothing":
                continue
            asked += 1
            if shared(kept, like) != shared(told, like):
                different.append((kept["name"], shared(kept, like), shared(told, like)))
    assert different == []
    assert asked > 90


def test_each_answer_is_kept_once_and_holds_no_token() -> None:
    """A test names the answer that it takes."""
    kept = recorded()
    assert len({each["name"] for each in kept}) == len(kept)
    assert all('"token": "<token>"' in each["body"] for each in kept if '"token"' in each.get("body", ""))
