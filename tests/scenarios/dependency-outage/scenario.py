"""Only the root of an outage is touched; who needs it waits, is told with it, and comes back by itself or is healed."""

from tests.scenarios.stage import START, STOP, Stage, seconds_at, sum_acts

GRACE = 6.0
TOLD = ["opened", "healed"]


def scenario(stage: Stage) -> None:
    """Given db <- api <- web, when db falls and does not serve, then the others wait, and only what stays sick is healed."""
    outside = stage.work / "outside"
    outside.mkdir(mode=0o755)
    stage.up()
    stage.start_daemon()
    stage.watching("db", "api", "web", "cache", "page", "other-1")
    before = stage.mark()

    (outside / "broken").touch()
    stage.crash("db")
    stage.docker("stop", stage.container("cache"))
    root = only_the_root_is_touched(stage, before)
    a_person_s_stop_is_a_cause_too(stage, before)
    (outside / "broken").unlink()
    stage.docker("start", stage.container("cache"))
    the_rest_follows(stage, before, root)
    stage.only(before, db=START, api=sum_acts(STOP, START), cache=sum_acts(STOP, START))
    stage.only_incidents(("db", "healed"), ("api", "healed"), ("web", "recovered"), ("page", "recovered"))
    stage.alive()


def only_the_root_is_touched(stage: Stage, before: float) -> str:
    """The database is started at once; who needs it is sick, and waits for it."""
    died = stage.engine.await_event("db", "die", after=before)
    started = stage.engine.await_event("db", "start", after=died.at, within=5)
    root = stage.incident_of("db", "verifying", within=5)
    stage.timing.detect = seconds_at(root["opened"]) - died.at
    stage.timing.heal = started.at - died.at
    for service in ("api", "web"):
        stage.incident_of(service, "suppressed", within=15)
        # The root, not who stands between.
        stage.standing(service, lambda row: "waits for db" in row["reason"], within=5)
    return str(root["id"])


def a_person_s_stop_is_a_cause_too(stage: Stage, before: float) -> None:
    """What needs a target that a person holds down waits as long as that lasts, and so it is told."""
    stage.standing("cache", "held", within=10)
    stage.incident_of("page", "suppressed", within=15)
    stage.let_pass(GRACE + 2)
    stage.only(before, db=START, cache=STOP)
    told = stage.tellings("page")
    stage.expect(f"told why it is sick: {told}", told == ["suppressed"])


def the_rest_follows(stage: Stage, before: float, root: str) -> None:
    """With its cause gone each gets a while to come back by itself; who needs a restart then gets one."""
    well = stage.engine.await_event("db", "health_status", after=stage.mark() - 1, within=15)
    stage.expect("the database is well", well.attributes["health"] == "healthy")
    healed = stage.incident_of("db", "resolved", within=30)
    stage.timing.verify = seconds_at(healed["resolved"]) - well.at
    restarted = stage.engine.await_event("api", "start", after=before, within=GRACE + 20)
    stage.expect(
        f"it got {restarted.at - seconds_at(healed['resolved']):.1f} s to come back by itself",
        restarted.at - seconds_at(healed["resolved"]) >= GRACE - 0.5,
    )
    stage.incident_of("api", "resolved", within=30)
    stage.incident_of("web", "resolved", within=30)
    stage.incident_of("page", "resolved", within=30)
    told = {service: stage.tellings(service) for service in ("db", "api", "page")}
    stage.expect(
        f"who waits is told with the root, and by itself once it has a trouble of its own: {told}",
        told == {"db": TOLD, "api": ["affected", *TOLD], "page": ["suppressed", "recovered"]},
    )
    affected = stage.daemon.notifications("api", "affected")
    stage.expect("in the root's message", [each["incident"] for each in affected] == [root])
