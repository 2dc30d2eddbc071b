"""How a target stands, in English: the word, what comes next, and what a human can type."""

from __future__ import annotations

from collections.abc import Mapping

from watchdog.wording.catalogue import Standing

STANDINGS: Mapping[str, Standing] = {
    "well": Standing(word="well"),
    "warning": Standing(
        word="warning", next="nothing is done for a warning", commands=("watchdog probe {target}",)
    ),
    "moving": Standing(word="changing", next="it is looked at again in a moment"),
    "unknown": Standing(
        word="unknown",
        next="nothing is done while it cannot be seen; it is looked at again and again",
        commands=("watchdog probe {target}",),
    ),
    "not_seen": Standing(word="not seen yet", next="it is about to be looked at"),
    "sick": Standing(
        word="sick", next="see why", commands=("watchdog probe {target}", "watchdog heal {target}")
    ),
    "proposed": Standing(
        word="waits for your yes",
        next="nothing, until a human answers",
        commands=(
            "watchdog approve {proposal} --dry-run",
            "watchdog approve {proposal}",
            "watchdog decline {proposal}",
        ),
    ),
    "waiting": Standing(
        word="sick, waiting",
        next="the next attempt, when its wait is over",
        commands=("watchdog heal {target}", "watchdog hold {target}"),
    ),
    "suppressed": Standing(
        word="waits for its cause",
        next="its cause is looked after first; then it gets a while to come back by itself",
        commands=("watchdog incidents {incident}", "watchdog heal {target}"),
    ),
    "acting": Standing(
        word="being healed",
        next="the step that runs ends, then it has to prove its health",
        commands=("watchdog hold {target}",),
    ),
    "verifying": Standing(
        word="being verified",
        next="it has to stay well for a while",
        commands=("watchdog hold {target}",),
    ),
    "escalated": Standing(
        word="needs a human",
        next="nothing, until a human mends it or asks for another try",
        commands=("watchdog incidents {incident}", "watchdog retry {target}", "watchdog hold {target}"),
    ),
    "held": Standing(
        word="held",
        next="nothing: it is watched and not touched",
        commands=("watchdog release {target}",),
    ),
    "asked": Standing(
        word="shall it run?",
        next="nothing, until a human answers",
        commands=("watchdog release {target}", "watchdog hold {target}"),
    ),
}
