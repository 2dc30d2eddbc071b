"""How soon a check has to see a trouble: at its next look, and as often as it must see it to believe it."""

from __future__ import annotations

from typing import Any

import yaml

from tests.scenarios.daemon import Json
from tests.scenarios.stage import Stage, seconds_at

# As docs/reference/configuration.md has them: looks in a row, and seconds after which an unbelieved look is made again.
LOOKS = {"http": 2, "freshness": 2}
AGAIN = 5.0
# A page that is seen sick is looked at once more, when what it depends on was looked at: seconds until then.
CAUSES_FIRST = {"http": 0.5}
# For a busy machine; seconds.
SLACK = 1.0


def detected(stage: Stage, incident: Json, since: float, *, grown: float = 0.0) -> None:
    """Note how long it took until an incident was opened, and expect that to be within an interval of its check.

    `since`: the mark of the trouble. `grown`: so many seconds have to pass before it counts as one.
    """
    found_after = seconds_at(incident["opened"]) - since
    if stage.timing.detect is None:
        stage.timing.detect = found_after
    most = grown + longest(stage, str(incident["check"]))
    stage.expect(f"seen within an interval: {found_after:.1f} of {most:g} s", found_after < most)


def longest(stage: Stage, name: str) -> float:
    """The seconds within which this check has to have seen what is there, by the scenario's configuration."""
    settings: dict[str, Any] = yaml.safe_load((stage.work / "watchdog.yml").read_text(encoding="utf-8"))
    check = settings["checks"][name]
    every, look = seconds(check["every"]), seconds(check.get("timeout", check.get("within", "10s")))
    more = int(check.get("failures", LOOKS.get(check["kind"], 1))) - 1
    causes = CAUSES_FIRST[check["kind"]] + look if check["kind"] in CAUSES_FIRST else 0.0
    return float(every + look + more * (min(every, AGAIN) + look) + causes + SLACK)


def seconds(text: str) -> float:
    """A duration of whole seconds, as scenarios write it."""
    return float(text.removesuffix("s"))
