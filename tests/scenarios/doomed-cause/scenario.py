"""What no restart can mend is restarted twice, not for ever: a human is told what is wrong, and what to do."""

import shutil

from tests.scenarios.stage import START, Stage, seconds_at, sum_acts

# What each is told to be, and the line that shows it.
DOOMED = {
    "command": ("command-not-found", "market-feeder"),
    "config": ("configuration-error", "unknown directive"),
    "mount": ("bad-mount", "data"),
    "memory": ("out-of-memory-again", ""),
}
RESTARTS = 2


def scenario(stage: Stage) -> None:
    """Given four with doomed causes and one without, when all fall, then four are a human's after two restarts."""
    outside, data = stage.work / "outside", stage.work / "data"
    outside.mkdir(mode=0o755)
    data.mkdir(mode=0o755)
    (data / "here").touch()
    stage.up()
    stage.start_daemon()
    stage.watching(*DOOMED, "other", "neighbour")
    before = stage.mark()

    for name in (*DOOMED, "other"):
        (outside / name).touch()
    shutil.rmtree(data)
    diagnosed(stage, before)
    stage.incident_of("other", "escalated", within=60)
    ladder = sum_acts(*[START] * 5, {"create": 2, "destroy": 2})
    twice = sum_acts(START, START)
    # What has lost its mount cannot be started at all, so no start is told.
    stage.only(before, command=twice, config=twice, memory=twice, other=ladder)
    stage.only_incidents(*((name, "escalated") for name in (*DOOMED, "other")))
    stage.alive()


def diagnosed(stage: Stage, before: float) -> None:
    """Each is handed over with its diagnosis."""
    died = {name: stage.engine.await_event(name, "die", after=before) for name in DOOMED}
    for name, (kind, shown) in DOOMED.items():
        incident = stage.incident_of(name, "escalated", within=40)
        steps = [step["action"] for step in stage.steps(incident["id"])]
        stage.expect(f"{name}, restarted twice: {steps}", steps == ["restart_container"] * RESTARTS)
        stage.expect(
            f"{name}, told twice: {stage.tellings(name)}", stage.tellings(name) == ["opened", "escalated"]
        )
        told = stage.told(name, "escalated")
        facts = incident["finding"]["facts"]
        stage.expect(f"{name} is {kind}: {facts}", facts.get("doom") == kind)
        stage.expect(f"and shows it: {told['lines']}", shown in " ".join(told["lines"]))
    first = stage.incidents("command")[0]
    stage.timing.detect = seconds_at(first["opened"]) - died["command"].at
    stage.timing.heal = max(
        seconds_at(stage.told(name, "escalated")["timestamp"]) - died[name].at for name in DOOMED
    )
