"""What a playbook would do to a target now, step by step, with a hash that names exactly this plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from watchdog.core.errors import WatchdogError
from watchdog.core.guardrail import Limits
from watchdog.core.playbook import Autonomy, Playbook, Rung, Step
from watchdog.desk.wants import Described
from watchdog.plugins import Tools
from watchdog.wording import plain

Json = dict[str, Any]

# The pin that says why a step would be refused.
REFUSED = "refused"


async def make_plan(
    playbook: Playbook, target: str, limits: Limits, build_action: Callable[[Step], Described], tools: Tools
) -> Json:
    """The plan: {playbook, kind, target, title, autonomy, rungs, otherwise, hash}.

    A rung is {action, params, does, pins, when, asks, attempts, waits, verify: {within, stable},
    beside: [{action, params, does, pins}]}, where what decides about the rung stands first; `when`: the findings that
    it is for, none for all; `asks`: its step waits for a human yes, which stands above the count of
    attempts that the limits allow; `pins` says by name what exactly it would ship (image, configuration,
    build context), or under `refused` why it would be refused; `waits` holds the seconds before each of its attempts, counted from a clean ledger. `hash` is the SHA-256 of
    all the rest in canonical JSON: whatever would be done otherwise makes another hash.
    """
    rungs: list[Json] = []
    made, reached = 0, True
    for rung in playbook.rungs:
        wanted = rung.step.attempts if reached else 0
        allowed = wanted if _asks(rung) else max(0, min(wanted, limits.attempts - made))
        # A rung that could not spend its attempts is where the ladder ends.
        reached = allowed == rung.step.attempts
        # Beyond the count nothing is waited for but the yes.
        waits = [limits.wait_before(n) if n < limits.attempts else 0.0 for n in range(made, made + allowed)]
        made += allowed
        rungs.append(await _rung(rung, target, waits, build_action, tools))
    plan: Json = {
        "playbook": playbook.name,
        "kind": playbook.kind.value,
        "target": target,
        "title": dict(playbook.title),
        "autonomy": playbook.autonomy.value,
        "rungs": rungs,
        "otherwise": "escalate",
    }
    return {**plan, "hash": _hash(plan)}


async def make_rung_plan(  # noqa: PLR0917 - what a rung is, and what it needs
    playbook: str,
    target: str,
    rung: Rung,
    index: int,
    build_action: Callable[[Step], Described],
    tools: Tools,
) -> Json:
    """The plan of one rung: {playbook, target, rung, action, params, does, pins, verify, hash}; as in `make_plan`."""
    plan = {
        "playbook": playbook,
        "target": target,
        "rung": index,
        **await _step(rung.step, rung.step.on or target, build_action, tools),
        "verify": {"within": rung.step.verify.within, "stable": rung.step.verify.stable},
    }
    return {**plan, "hash": _hash(plan)}


def _hash(plan: Json) -> str:
    canonical = json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _asks(rung: Rung) -> bool:
    return rung.step.autonomy is not Autonomy.ACT


async def _rung(
    rung: Rung, target: str, waits: list[float], build_action: Callable[[Step], Described], tools: Tools
) -> Json:
    verify, acted_on = rung.step.verify, rung.step.on or target
    looking = (*((rung.decider,) if rung.decider is not None else ()), *rung.companions)
    return {
        **await _step(rung.step, acted_on, build_action, tools),
        "when": sorted(rung.step.when),
        "asks": _asks(rung),
        "attempts": len(waits),
        "waits": waits,
        "verify": {"within": verify.within, "stable": verify.stable},
        "beside": [await _step(each, each.on or acted_on, build_action, tools) for each in looking],
    }


async def _step(step: Step, target: str, build_action: Callable[[Step], Described], tools: Tools) -> Json:
    try:
        does = plain(await build_action(step).describe(target, tools))
    except WatchdogError as error:
        # A plan is asked for most when things are broken: it is shown all the same.
        does = f"cannot be told now: {plain(str(error))}"
    try:
        pins = {name: plain(value) for name, value in (await build_action(step).pin(target, tools)).items()}
    except WatchdogError as error:
        pins = {REFUSED: plain(tools.redact(str(error)))}
    return {"action": step.action, "params": dict(step.params), "does": does, "pins": pins}
