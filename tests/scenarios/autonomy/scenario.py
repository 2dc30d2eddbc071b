"""Observe, propose, act: for a playbook, for one of its steps, and for all of them; the smallest counts."""

from pathlib import Path

from tests.scenarios.builds import proposal_of, watchdog
from tests.scenarios.stage import REPLACE, START, Stage, seconds_at, sum_acts

PLAYBOOK = """playbook: NAME
kind: remedy
title: {en: A container crashed}
for: {kind: container}
autonomy: AUTONOMY
steps:
  - restart_container: {}
    attempts: ATTEMPTS
    verify: {within: 20s, stable: 3s}
"""
ASKS = """  - recreate_service: {}
    autonomy: propose
    verify: {within: 30s, stable: 3s}
"""


def scenario(stage: Stage) -> None:
    """Given remedies of each kind, when all fall, then it acts only where it may, and asks where it must."""
    write_playbooks(stage)
    stage.up()
    stage.start_daemon()
    stage.watching("watched", "asked", "declined", "stepped", "free", "neighbour")
    before = stage.mark()

    stage.crash("watched", "asked", "declined", "free")
    by_playbook(stage, before)
    by_step(stage)
    for_all(stage)
    stage.only(before, asked=START, stepped=sum_acts(START, REPLACE), free=sum_acts(START, START, START))
    stage.only_incidents(
        ("watched", "escalated"),
        ("asked", "healed"),
        ("declined", "escalated"),
        ("stepped", "healed"),
        *[("free", "healed")] * 3,
    )
    stage.alive()


def write_playbooks(stage: Stage) -> None:
    """One for each kind of freedom."""
    folder = stage.work / "playbooks"
    folder.mkdir()
    for name, autonomy, more in (
        ("container-crash", "act", ""),
        ("only-tell", "observe", ""),
        ("ask-first", "propose", ""),
        ("ask-for-a-step", "act", ASKS),
    ):
        text = PLAYBOOK.replace("NAME", name).replace("AUTONOMY", autonomy) + more
        text = text.replace("ATTEMPTS", "1" if more else "5")
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")


def by_playbook(stage: Stage, before: float) -> None:
    """One is healed, one only told, two are asked for: a yes starts the one, a no leaves the other."""
    died = stage.engine.await_event("free", "die", after=before)
    started = stage.engine.await_event("free", "start", after=died.at, within=5)
    stage.timing.detect = seconds_at(stage.incidents("free")[0]["opened"]) - died.at
    stage.timing.heal = started.at - died.at
    stage.incident_of("watched", "escalated", within=10)
    stage.expect("told", stage.tellings("watched") == ["opened", "escalated"])
    wanted, unwanted = proposal_of(stage, "asked"), proposal_of(stage, "declined")
    stage.let_pass(3)
    stage.only(before, free=START)
    code, answer = watchdog(stage, "approve", wanted["id"])
    stage.expect(f"a yes: {answer}", code == 0)
    code, answer = watchdog(stage, "decline", unwanted["id"])
    stage.expect(f"a no: {answer}", code == 0)
    stage.incident_of("asked", "resolved", within=20)
    stage.incident_of("declined", "escalated", within=10)
    free = stage.incident_of("free", "resolved", within=20)
    stage.timing.verify = seconds_at(free["resolved"]) - started.at


def by_step(stage: Stage) -> None:
    """It is restarted without a question, and replaced with a yes."""
    before = stage.mark()
    stage.inside("stepped", "touch /flag; kill -9 $(cat /proc/1/task/1/children)")
    proposal = proposal_of(stage, "stepped")
    stage.only(before, stepped=START)
    code, answer = watchdog(stage, "approve", proposal["id"])
    stage.expect(f"a yes: {answer}", code == 0)
    stage.incident_of("stepped", "resolved", within=30)


def for_all(stage: Stage) -> None:
    """The file's own word stands above what a playbook says, and only narrows it; a person's order stands above both."""
    set_autonomy(stage, "propose")
    before = stage.mark()
    stage.crash("free")
    proposal = proposal_of(stage, "free")
    stage.let_pass(2)
    stage.only(before)
    watchdog(stage, "approve", proposal["id"])
    stage.engine.await_event("free", "start", after=before, within=10)
    stage.incident_of("free", "resolved", within=20)

    set_autonomy(stage, "observe")
    before = stage.mark()
    stage.crash("free")
    stage.incident_of("free", "escalated", within=10)
    stage.let_pass(2)
    stage.only(before)
    stage.daemon.shows("heal", "free", "--wait", "20", check=False)
    stage.incident_of("free", "resolved", within=20)


def set_autonomy(stage: Stage, autonomy: str) -> None:
    """Of the whole file."""
    file: Path = stage.work / "watchdog.yml"
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("autonomy:")]
    file.write_text("\n".join([*lines, f"autonomy: {autonomy}", ""]), "utf-8")
    stage.daemon.command("reload")
