"""What a scenario's evidence rests on: upstream's InfluxDB and Grafana, or the demo's stand-ins for them.

A scenario that needs one of them names it in `LEANS_ON = ("influxdb",)` and in its compose file as
`image: "{influxdb}"`, with a service of that name; what it leaned on is then printed at its end.
`make verify-upstream` runs these scenarios with upstream's images.
"""

from __future__ import annotations

from collections.abc import Iterable

from tests.scenarios.stage import Stage

# The label that the stand-ins' images carry, and their containers with them.
STAND_IN = "io.compose-watchdog.stand-in"


def is_stand_in(stage: Stage, service: str) -> bool:
    """Whether a running service is one of our stand-ins, by the label of its container."""
    labels = stage.state(service)["Config"]["Labels"] or {}
    return labels.get(STAND_IN) == "true"


def evidence(stage: Stage, services: Iterable[str]) -> str:
    """`evidence: stand-in (influxdb)`, `evidence: upstream (influxdb:2.7)`, or both parts."""
    of: dict[str, list[str]] = {}
    for service in services:
        stood_in = is_stand_in(stage, service)
        name = service if stood_in else str(stage.state(service)["Config"]["Image"])
        of.setdefault("stand-in" if stood_in else "upstream", []).append(name)
    return "evidence: " + ", ".join(f"{kind} ({', '.join(names)})" for kind, names in sorted(of.items()))
