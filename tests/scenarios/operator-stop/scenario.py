"""What a person took down stays down: told once, watched, never touched, until a person gives it back."""

from pathlib import Path

from tests.scenarios.stage import REPLACE, START, STOP, STOP_WEDGED, Stage, seconds_at, sum_acts

SMOKE = True
SWEEP = 5.0
AWAY = ("away", "away-unless")
# How the engine tells of each act of a person. `docker rm -f` kills, then removes.
BY_HAND = {
    "stopped": STOP,
    "composed": STOP,
    "killed": {"kill": 1},
    "paused": {"pause": 1},
    "removed": {"kill": 1, "destroy": 1},
    "wedged": STOP_WEDGED,
    "released": STOP,
    "away": STOP,
    "away-unless": STOP,
}


def scenario(stage: Stage) -> None:
    """Given a stack, when people take things down in every way there is, then nothing is brought back."""
    ill = stage.work / "outside" / "ill"
    ill.parent.mkdir(mode=0o755)
    stage.up()
    stage.start_daemon()
    stage.watching(*BY_HAND, "sick", "ordered", "restarted", "replaced")
    before = stage.mark()

    stop_while_nobody_watches(stage)
    ill.touch()
    stage.daemon.command("hold", "ordered")
    take_down(stage)
    crash_what_is_held(stage)
    stop_the_sick_one(stage)
    stage.let_pass(2 * SWEEP + 2)
    left_alone(stage, before)

    given_back = stage.mark()
    give_back(stage, ill)
    looked_after_again(stage, given_back)
    stage.alive()


def stop_while_nobody_watches(stage: Stage) -> None:
    """Two are stopped while the daemon is down; when it is back it was not there and must not guess."""
    stage.expect("it stops cleanly", stage.daemon.end() == 0)
    stage.docker_at_once(*(("stop", stage.container(service)) for service in AWAY))
    stage.start_daemon()
    stage.watching("stopped", "neighbour")


def take_down(stage: Stage) -> None:
    """All at once: stop, kill, pause, remove, and two acts that leave the service up."""
    ids = {service: stage.container(service) for service in (*BY_HAND, "restarted")}
    file = str(stage.work / "compose.yml")
    compose = ("compose", "-p", stage.project, "-f", file)
    stage.docker_at_once(
        ("stop", ids["stopped"]),
        (*compose, "stop", "composed"),
        ("kill", ids["killed"]),
        ("pause", ids["paused"]),
        ("rm", "-f", ids["removed"]),
        ("stop", ids["wedged"]),
        ("stop", ids["released"]),
        ("restart", ids["restarted"]),
        (*compose, "up", "-d", "--no-deps", "--force-recreate", "replaced"),
    )


def crash_what_is_held(stage: Stage) -> None:
    """A hold was ordered while it ran: also its own crash is not healed."""
    stage.crash("ordered")


def stop_the_sick_one(stage: Stage) -> None:
    """A person loses patience with what is being healed: from then on it is theirs."""
    stage.standing("sick", "waiting", within=30)
    stage.docker("stop", stage.container("sick"))


def left_alone(stage: Stage, before: float) -> None:
    """Two sweeps later: nothing but the acts of people, each told once."""
    for service in BY_HAND:
        row = stage.standing(service, lambda row: row["hold"] is not None, within=5)
        stage.expect(f"{service} is held: {row}", row["state"] in ("held", "asked"))
        told = stage.tellings(service)
        # Nobody saw who stopped it, unless the engine still remembers.
        fine = (["held"], ["asked"]) if service in AWAY else (["held"],)
        stage.expect(f"{service} was told once: {told}", told in fine)
    for service in ("restarted", "replaced"):
        stage.standing(service, "well", within=5)
        stage.expect("a restart is no news", not stage.tellings(service))
    stage.expect("held by order", stage.standing("ordered", "held", within=5)["hold"]["act"] == "ordered")
    stage.expect("told that it was a person's now", stage.tellings("sick") == ["opened", "held"])
    acts = {
        **BY_HAND,
        "restarted": sum_acts(STOP, START, {"restart": 1}),
        "replaced": sum_acts(STOP, REPLACE),
        # Ours was the first stop and the start, before a person came.
        "sick": sum_acts(STOP, START, STOP),
    }
    stage.only(before, **{service.replace("-", "_"): done for service, done in acts.items()})
    stage.only_incidents(("sick", "taken_over"))


def give_back(stage: Stage, ill: Path) -> None:
    """A start gives it back, an unpause, a `compose up`, or a word to the daemon."""
    ill.unlink()
    by_start = ("stopped", "composed", "killed", "wedged", "sick", *AWAY)
    stage.docker_at_once(
        *(("start", stage.container(service)) for service in by_start),
        ("unpause", stage.container("paused")),
        (
            "compose",
            "-p",
            stage.project,
            "-f",
            str(stage.work / "compose.yml"),
            "up",
            "-d",
            "--no-deps",
            "removed",
        ),
    )
    for service in ("released", "ordered"):
        stage.daemon.command("release", service)
    stage.standing("stopped", "well", within=10)
    stage.crash("stopped")


def looked_after_again(stage: Stage, since: float) -> None:
    """All are well, told once more, and what fell since was healed."""
    for service in (*BY_HAND, "sick", "ordered"):
        stage.standing(service, "well", within=30)
    started = stage.engine.await_event("released", "start", after=since)
    healed = stage.incident_of("released", "resolved")
    for service in ("ordered", "stopped"):
        stage.incident_of(service, "resolved")
    stage.timing.heal = started.at - since
    stage.timing.verify = seconds_at(healed["resolved"]) - started.at
    for service in BY_HAND:
        expected = ["released"]
        if service in ("stopped", "released"):
            expected += ["opened", "healed"]
        told = stage.tellings(service)[1:]
        stage.expect(f"{service} was told to be given back: {told}", told == expected)
    stage.expect(
        "a hold by order is no news to who ordered it",
        stage.tellings("ordered") == ["released", "opened", "healed"],
    )
    stage.only(
        since,
        stopped=sum_acts(START, START),
        removed={"create": 1, "start": 1},
        paused={"unpause": 1},
        **dict.fromkeys(
            ("composed", "killed", "wedged", "sick", "away", "away_unless", "released", "ordered"), START
        ),
    )
    stage.only_incidents(
        ("sick", "taken_over"), ("stopped", "healed"), ("released", "healed"), ("ordered", "healed")
    )
