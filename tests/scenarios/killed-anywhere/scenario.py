"""SIGKILL at each moment of a heal: the same incident goes on, and a step is made once more at most."""

from tests.scenarios.stage import START, STOP_WEDGED, Stage, seconds_at, sum_acts

# The daemon dies when the engine tells this of the target of that name.
MOMENTS = {"seen": "health_status", "asked": "kill", "ended": "die", "started": "start"}
ONCE = sum_acts(STOP_WEDGED, START)
TWICE = sum_acts(ONCE, ONCE)
TARGETS = (*MOMENTS, "proved", "thrice")


def scenario(stage: Stage) -> None:
    """Given six that fall ill, when the daemon is killed at another moment of each heal, then each is healed once."""
    stage.up()
    stage.start_daemon()
    stage.watching(*TARGETS, "neighbour")
    before = stage.mark()

    known: dict[str, str] = {}
    for name, moment in MOMENTS.items():
        known[name] = killed_at(stage, name, moment)
    killed_while_it_is_proved(stage)
    killed_thrice(stage)
    healed = {name: stage.incident_of(name, "resolved", within=60) for name in TARGETS}
    stage.timing.verify = max(seconds_at(each["resolved"]) for each in healed.values()) - max(
        told.at for name in TARGETS for told in stage.engine.told(name, "start", after=before)
    )
    for name, incident in known.items():
        stage.expect(f"{name}: it is the same incident", incident in ("", healed[name]["id"]))
    once_more_at_most(stage, before)
    stage.only_incidents(*((name, "healed") for name in TARGETS))
    stage.alive()


def killed_at(stage: Stage, name: str, moment: str) -> str:
    """SIGKILL when the engine tells of it; the incident that was open then, "" if none was yet."""
    fell = stage.mark()
    stage.inside(name, "rm /tmp/well")
    at = stage.engine.await_event(name, moment, after=fell, within=15)
    stage.daemon.kill()
    if moment == "health_status":
        stage.timing.detect = stage.mark() - at.at
    stage.start_daemon()
    stage.engine.await_event(name, "start", after=fell, within=15)
    opened = stage.incidents(name)
    stage.expect(f"{name}: one incident, not {len(opened)}", len(opened) == 1)
    return str(opened[0]["id"]) if moment != "health_status" else ""


def killed_while_it_is_proved(stage: Stage) -> None:
    """It is up, and nobody has watched it long enough."""
    fell = stage.mark()
    stage.inside("proved", "rm /tmp/well")
    started = stage.engine.await_event("proved", "start", after=fell, within=15)
    stage.timing.heal = started.at - stage.engine.await_event("proved", "health_status", after=fell).at
    stage.incident_of("proved", "verifying", within=5)
    stage.daemon.kill()
    stage.start_daemon()


def killed_thrice(stage: Stage) -> None:
    """Before, in the middle, and after: it may be the worst of days, and the step is still not made a third time."""
    fell = stage.mark()
    stage.inside("thrice", "rm /tmp/well")
    for moment in ("health_status", "kill", "start"):
        stage.engine.await_event("thrice", moment, after=fell, within=20)
        stage.daemon.kill()
        stage.start_daemon()


def once_more_at_most(stage: Stage, before: float) -> None:
    """Each was stopped and started once; where the daemon died in the middle, some of it was done once more."""
    acts = stage.engine.acts(after=before)
    stage.expect(f"nobody else was touched: {set(acts)}", set(acts) == set(TARGETS))
    for name, done in acts.items():
        stage.expect(f"{name}: what was promised, once or twice: {dict(done)}", set(done) == set(ONCE))
        for act, count in done.items():
            stage.expect(f"{name}: {act} {count} times", ONCE[act] <= count <= TWICE[act])
        (incident,) = stage.incidents(name)
        results = [step["result"] for step in stage.steps(incident["id"])]
        stage.expect(
            f"{name}: at most one step was cut short and made once more: {results}", len(results) <= 2
        )
        told = stage.tellings(name)
        stage.expect(
            f"{name}: nothing was lost, nor told all over again: {told}", list(dict.fromkeys(told)) == TOLD
        )
    for name in ("seen", "started", "proved"):
        stage.expect(f"{name} was not in the middle of its step: {dict(acts[name])}", acts[name] == ONCE)


TOLD = ["opened", "healed"]
