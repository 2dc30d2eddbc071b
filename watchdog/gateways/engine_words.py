"""What the Docker engine's JSON says, in our words. No I/O and no SDK: answers in, records out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from watchdog.core.container import ContainerFacts, Healthcheck
from watchdog.core.event import EngineEvent
from watchdog.core.redaction import cut, cut_beginning
from watchdog.core.roster import ContainerRow

SECOND = 1_000_000_000
LOG_BYTES = 64 * 1024
LINE_LENGTH = 2000
OUTPUT_LENGTH = 500

# What a terminal would obey (ANSI: CSI, OSC, two-character escapes) and every other control character.
CONTROLS = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]?|[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)
INSTANT = re.compile(r"(\d+-\d+-\d+T\d+:\d+:\d+)(?:\.(\d+))?(Z|[+-]\d+:\d+)")


def read_container(answer: Mapping[str, Any]) -> ContainerFacts:
    """The facts in the answer to an inspect. Raises KeyError or TypeError when it is none."""
    state, config, host = answer["State"], answer["Config"], answer["HostConfig"]
    health = state.get("Health") or {}
    policy = host.get("RestartPolicy") or {}
    stop_timeout = config.get("StopTimeout")
    return ContainerFacts(
        id=answer["Id"],
        name=answer["Name"].lstrip("/"),
        image_id=answer["Image"],
        image=config.get("Image") or "",
        labels=config.get("Labels") or {},
        state=state["Status"],
        health=_health(health.get("Status")),
        health_output=_last_output(health),
        healthcheck=_read_healthcheck(config.get("Healthcheck")),
        exit_code=state.get("ExitCode", 0),
        oom_killed=state.get("OOMKilled", False),
        error=clean(state.get("Error") or ""),
        started=read_time(state.get("StartedAt")),
        finished=read_time(state.get("FinishedAt")),
        restart_count=answer.get("RestartCount", 0),
        restart_policy=policy.get("Name") or "no",
        restart_maximum=policy.get("MaximumRetryCount", 0),
        memory_limit=host.get("Memory", 0),
        stop_timeout=10.0 if stop_timeout is None else float(stop_timeout),
        failing_streak=int(health.get("FailingStreak") or 0),
        network_mode=host.get("NetworkMode") or "",
        addresses=_addresses(answer.get("NetworkSettings") or {}),
    )


def _addresses(settings: Mapping[str, Any]) -> tuple[str, ...]:
    ends = (settings.get("Networks") or {}).values()
    return tuple(sorted(str(end["IPAddress"]) for end in ends if end and end.get("IPAddress")))


def read_row(answer: Mapping[str, Any]) -> ContainerRow:
    """One row of the engine's list."""
    names = answer.get("Names") or [answer["Id"][:12]]
    # A container that others link to has their names too, as /other/alias.
    name = names[0] if len(names) == 1 else next((name for name in names if name.count("/") == 1), names[0])
    structured = answer.get("Health")
    return ContainerRow(
        id=answer["Id"],
        name=name.lstrip("/"),
        image_id=answer["ImageID"],
        image=answer.get("Image") or "",
        labels=answer.get("Labels") or {},
        state=answer["State"],
        health=_health(structured.get("Status")) if structured else _health_in(answer.get("Status") or ""),
        created=answer.get("Created", 0),
        network_mode=(answer.get("HostConfig") or {}).get("NetworkMode") or "",
        networks=tuple(sorted((answer.get("NetworkSettings") or {}).get("Networks") or ())),
    )


def read_event(answer: Mapping[str, Any]) -> EngineEvent | None:
    """One event of a container, None for an event of anything else.

    `health_status: unhealthy` becomes the action `health_status` with the attribute `health`; what an exec
    runs, which the engine puts behind the same colon, is dropped.
    """
    if answer.get("Type") != "container":
        return None
    action, _, detail = answer["Action"].partition(":")
    actor = answer["Actor"]
    attributes = dict(actor.get("Attributes") or {})
    if action == "health_status":
        attributes["health"] = detail.strip()
    return EngineEvent(
        action=action, container_id=actor["ID"], time=int(answer["timeNano"]), attributes=attributes
    )


def read_events(answer: bytes) -> list[tuple[int, EngineEvent | None]]:
    """Every event in an answer of one JSON object a line: its time (ns), and the event if it is a container's."""
    told = [json.loads(line) for line in answer.split(b"\n") if line.strip()]
    return [(int(event["timeNano"]), read_event(event)) for event in told]


def read_time(text: str | None) -> int:
    """An instant of the engine in nanoseconds since 1970; 0 for never (the year 1)."""
    match = INSTANT.fullmatch(text or "")
    if match is None or match[1].startswith("0001-"):
        return 0
    whole = datetime.fromisoformat(match[1] + match[3].replace("Z", "+00:00"))
    return int(whole.timestamp()) * SECOND + int((match[2] or "0").ljust(9, "0")[:9])


def read_log(raw: bytes, tail: int) -> tuple[str, ...]:
    """The last `tail` lines of a log, bounded in bytes and length, without what a terminal would obey."""
    kept, lost = raw[-LOG_BYTES:], len(raw) > LOG_BYTES
    if lost and b"\n" in kept:
        kept, lost = kept.partition(b"\n")[2], False  # the first line lost its beginning
    lines = kept.decode(errors="replace").split("\n")
    if lost:
        lines[0] = cut_beginning(f" {lines[0]}", len(lines[0]))
    if lines and not lines[-1]:
        lines.pop()
    return tuple(cut(CONTROLS.sub("", line), LINE_LENGTH) for line in lines[-tail:]) if tail > 0 else ()


def clean(text: str) -> str:
    """The text in one line without escape sequences and control characters (a tab stays)."""
    return CONTROLS.sub("", text.replace("\r\n", " ").replace("\n", " ")).strip()


def matches(label: str, labels: Mapping[str, str]) -> bool:
    """Whether labels pass the filter `key` or `key=value`."""
    key, equals, value = label.partition("=")
    return labels.get(key) == value if equals else key in labels


def _health(status: str | None) -> str:
    return "" if status in (None, "none") else str(status)


def _health_in(status: str) -> str:
    """The health in a status for people, such as `Up 6 seconds (health: starting)`."""
    if "(" not in status:
        return ""
    found = re.search(r"\((?:health: )?(starting|healthy|unhealthy)\)", status)
    return found[1] if found else ""


def _last_output(health: Mapping[str, Any]) -> str:
    log = health.get("Log") or []
    return cut(clean(log[-1].get("Output") or ""), OUTPUT_LENGTH) if log else ""


def _read_healthcheck(config: Mapping[str, Any] | None) -> Healthcheck | None:
    test = (config or {}).get("Test") or []
    if config is None or not test or test[0] == "NONE":
        return None
    default = Healthcheck()
    return Healthcheck(
        interval=(config.get("Interval") or 0) / SECOND or default.interval,
        timeout=(config.get("Timeout") or 0) / SECOND or default.timeout,
        start_period=(config.get("StartPeriod") or 0) / SECOND,
        retries=config.get("Retries") or default.retries,
    )
