"""Five wedged containers cost one stop timeout, not five, and nobody else waits for them."""

from tests.scenarios.stage import START, STOP_WEDGED, Stage, seconds_at, sum_acts

WEDGED = tuple(f"wedged-{number}" for number in range(1, 6))
STOP_TIMEOUT = 10.0


def scenario(stage: Stage) -> None:
    """Given five that ignore TERM, when all fall ill and a sixth crashes, then all are back in time."""
    stage.up()
    stage.start_daemon()
    stage.watching(*WEDGED, "other")
    before = stage.mark()

    for service in WEDGED:
        stage.inside(service, "rm /tmp/well")
    sick = [stage.engine.await_event(each, "health_status", after=before, within=15) for each in WEDGED]
    killed = [stage.engine.await_event(each, "kill", after=before, within=5) for each in WEDGED]
    stage.crash("other")

    died = stage.engine.await_event("other", "die", after=before, within=5)
    back = stage.engine.await_event("other", "start", after=died.at, within=5)
    stage.expect("the crash was healed while the others were being stopped", back.at - died.at < 2)
    stage.expect("and they were", not any(stage.engine.told(each, "stop", after=before) for each in WEDGED))
    started = [stage.engine.await_event(each, "start", after=before, within=40) for each in WEDGED]
    first, last = min(each.at for each in sick), max(each.at for each in started)
    incidents = [stage.incident_of(each, "resolved", within=40) for each in (*WEDGED, "other")]
    stage.timing.detect = max(k.at - s.at for k, s in zip(killed, sick, strict=True))
    stage.timing.heal = last - first
    stage.timing.verify = max(seconds_at(each["resolved"]) for each in incidents) - last

    stage.expect("each was seen within 1 s", stage.timing.detect < 1)
    # The five do not fall ill in one instant: what counts is from the first stop to the last start.
    whole = last - min(each.at for each in killed)
    stage.expect(f"all were back in {whole:.1f} s, about one stop timeout", whole <= 1.7 * STOP_TIMEOUT)
    stage.only(before, other=START, **dict.fromkeys(WEDGED_NAMES, sum_acts(STOP_WEDGED, START)))
    stage.only_incidents(*((each, "healed") for each in (*WEDGED, "other")))
    stage.alive()


WEDGED_NAMES = [each.replace("-", "_") for each in WEDGED]
