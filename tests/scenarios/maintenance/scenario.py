"""Hands off while people work, through SIGKILL, restart and reload; silence heals and tells nothing."""

from tests.scenarios.stage import START, Stage, seconds_at

SHORT = 12.0


def scenario(stage: Stage) -> None:
    """Given a maintenance, when what is in it falls, then it stays down until the end, and is healed at once then."""
    stage.up()
    stage.start_daemon()
    stage.watching("app", "short", "nightly", "quiet", "neighbour")
    before = stage.mark()

    stage.daemon.command("maintenance", "begin", "app", "--why", "new disks")
    stage.daemon.command("maintenance", "begin", "short", "--for", f"{SHORT:g}s")
    begun = stage.mark()
    stage.daemon.command("silence", "quiet", "--for", "1h")
    stage.crash("app", "short", "quiet")
    silence_heals(stage, before)
    pause_is_sacred(stage)
    it_ends_by_itself(stage, begun)
    recurring_begins_in_its_middle(stage)
    ended_by_a_word(stage)
    stage.only(before, app=START, short=START, quiet=START, nightly=START)
    stage.only_incidents(("app", "healed"), ("short", "healed"), ("quiet", "healed"))
    stage.alive()


def silence_heals(stage: Stage, before: float) -> None:
    """What is silenced is brought back like everything else, and nobody is told."""
    stage.engine.await_event("quiet", "start", after=before, within=10)
    incident = stage.incident_of("quiet", "resolved", within=30)
    stage.expect("nobody was told", not stage.daemon.notifications("quiet"))
    told = [line for line in stage.story(incident["id"]) if line["kind"] == "told"]
    kept = {delivery["state"] for line in told for delivery in line["deliveries"]}
    stage.expect(f"what would have been told is kept: {kept}", kept == {"silenced"})


def pause_is_sacred(stage: Stage) -> None:
    """SIGKILL, a restart and a reload later it still holds, and says by whom."""
    stage.daemon.kill()
    stage.start_daemon()
    stage.watching("neighbour")
    stage.daemon.command("reload")
    row = stage.standing("app", lambda row: row["status"] == "critical", within=10)
    stage.expect(f"it says so: {row['reason']}", row["maintenance"] == "m1")
    (window,) = [
        each for each in stage.daemon.command("maintenance", "list")["windows"] if each["id"] == "m1"
    ]
    stage.expect("until it is ended", window["until"] is None)
    stage.expect("why", window["why"] == "new disks")


def it_ends_by_itself(stage: Stage, begun: float) -> None:
    """Not before its time, and then at once."""
    started = stage.engine.await_event("short", "start", after=begun, within=SHORT + 10)
    lasted = started.at - begun
    stage.expect(f"it lasted for {lasted:.1f} s", SHORT - 0.5 <= lasted <= SHORT + 3)
    stage.incident_of("short", "resolved", within=30)


def recurring_begins_in_its_middle(stage: Stage) -> None:
    """One that comes every minute, for a minute, is there as soon as it is configured."""
    config = stage.work / "watchdog.yml"
    recurring = 'maintenance: [{name: often, cron: "* * * * *", for: 60s, targets: [nightly]}]'
    config.write_text(config.read_text("utf-8").replace("# maintenance: recurring", recurring), "utf-8")
    stage.daemon.command("reload")
    stage.standing("nightly", lambda row: row["maintenance"], within=5)
    stage.crash("nightly")
    stage.let_pass(10)
    (listed,) = stage.daemon.command("maintenance", "list")["recurring"]
    stage.expect("its next time is named", listed["next"])
    stage.docker("start", stage.container("nightly"))


def ended_by_a_word(stage: Stage) -> None:
    """At the end everything in it is looked at, and healed; each maintenance was told at its beginning and its end."""
    ended = stage.mark()
    stage.daemon.command("maintenance", "end", "m1")
    started = stage.engine.await_event("app", "start", after=ended, within=5)
    healed = stage.incident_of("app", "resolved", within=30)
    stage.timing.heal = started.at - ended
    stage.timing.verify = seconds_at(healed["resolved"]) - started.at
    told = [each["telling"] for each in stage.daemon.notifications("app")]
    stage.expect(
        f"told once each: {told}", told.count("maintenance_begun") == told.count("maintenance_ended") == 1
    )
