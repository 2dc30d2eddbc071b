"""No more than so many actions in a window, and so many at once, also across SIGKILL; a person's order is not rationed."""

from itertools import pairwise

from tests.scenarios.stage import START, STOP_WEDGED, Stage, seconds_at, sum_acts

APPS = tuple(f"app-{number}" for number in range(1, 7))
ACTIONS, WINDOW, AT_ONCE = 4, 25.0, 2


def scenario(stage: Stage) -> None:
    """Given a budget of 4 in 25 s, when six fall ill, then two at a time are healed, and the last two wait."""
    stage.up()
    stage.start_daemon()
    stage.watching(*APPS, "app-7", "neighbour")
    before = stage.mark()

    for name in APPS:
        stage.inside(name, "rm /tmp/well")
    spent(stage, before)
    an_order_is_not_rationed(stage)
    within_bounds(stage, before)
    for name in (*APPS, "app-7"):
        stage.incident_of(name, "resolved", within=60)
    stage.timing.verify = max(seconds_at(stage.incidents(name)[-1]["resolved"]) for name in APPS) - max(
        told.at for name in APPS for told in stage.engine.told(name, "start", after=before)
    )
    once = sum_acts(STOP_WEDGED, START)
    stage.only(before, **{name.replace("-", "_"): once for name in (*APPS, "app-7")})
    stage.only_incidents(*((name, "healed") for name in (*APPS, "app-7")))
    stage.alive()


def spent(stage: Stage, before: float) -> None:
    """Four are acted upon; the daemon dies, and what was spent stays so."""
    stage.wait("four were started", lambda: len(begun(stage, before, "start")) == ACTIONS, 30)
    stage.daemon.kill()
    stage.start_daemon()
    waiting = [name for name in APPS if not stage.engine.told(name, "kill", after=before)]
    stage.expect(f"two wait: {waiting}", len(waiting) == len(APPS) - ACTIONS)
    for name in waiting:
        stage.standing(name, lambda row: "budget" in row["reason"], within=10)


def an_order_is_not_rationed(stage: Stage) -> None:
    """Meanwhile a person wants one healed: that is their work, and is done at once."""
    ordered = stage.mark()
    stage.inside("app-7", "rm /tmp/well")
    stage.standing("app-7", lambda row: row["incident"], within=10)
    stage.daemon.shows("heal", "app-7", "--wait", "1", check=False)
    stage.engine.await_event("app-7", "kill", after=ordered, within=10)


def within_bounds(stage: Stage, before: float) -> None:
    """In every window no more than four were begun, and never more than two at the same time."""
    last = stage.engine.await_event
    for name in APPS:
        last(name, "start", after=before, within=60)
    starts = begun(stage, before, "kill")
    sick = begun(stage, before, "health_status")
    stage.timing.detect = starts[0] - sick[0]
    stage.timing.heal = begun(stage, before, "start")[-1] - sick[0]
    for first, fifth in zip(starts, starts[ACTIONS:], strict=False):
        stage.expect(
            f"{fifth - first:.1f} s between one and the fourth after it", fifth - first >= WINDOW - 0.5
        )
    spans = sorted(
        (
            stage.engine.told(name, "kill", after=before)[0].at,
            stage.engine.told(name, "start", after=before)[0].at,
        )
        for name in APPS
    )
    for index, (began, _) in enumerate(spans):
        at_work = sum(1 for one, end in spans[: index + 1] if end > began)
        stage.expect(f"{at_work} at once", at_work <= AT_ONCE)
    stage.expect("the wait was no longer than it must", max(b - a for a, b in pairwise(starts)) < WINDOW + 5)


def begun(stage: Stage, before: float, act: str) -> list[float]:
    """When the first such event of each of the six was, in order."""
    told = [stage.engine.told(name, act, after=before) for name in APPS]
    return sorted(each[0].at for each in told if each)
