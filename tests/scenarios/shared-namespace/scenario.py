"""Who lives in another's network namespace is brought back into it when that one was started anew, or replaced."""

from tests.scenarios.stage import REPLACE, START, STOP, Stage, seconds_at, sum_acts


def scenario(stage: Stage) -> None:
    """Given two that share a network, when its owners are healed, restarted or replaced, then they have one again."""
    stage.up()
    stage.start_daemon()
    stage.watching("vpn", "app", "gate", "tool", "neighbour")
    before = stage.mark()

    owner_falls(stage, before)
    a_person_restarts_one_and_replaces_another(stage)
    stage.only(
        before,
        vpn=sum_acts(START, STOP, START, {"restart": 1}),
        app=sum_acts(STOP, START, STOP, START),
        gate=sum_acts(STOP, REPLACE),
        tool=sum_acts(STOP, REPLACE),
    )
    stage.only_incidents(("vpn", "healed"), ("app", "healed"), ("app", "healed"), ("tool", "healed"))
    stage.alive()


def owner_falls(stage: Stage, before: float) -> None:
    """The owner crashes and is started; who lives in its network has lost it, says healthy, and is restarted."""
    stage.crash("vpn")
    died = stage.engine.await_event("vpn", "die", after=before)
    owner = stage.engine.await_event("vpn", "start", after=died.at, within=5)
    has_no_network(stage, "app")
    back = stage.engine.await_event("app", "start", after=owner.at, within=30)
    incident = stage.incident_of("app", "resolved", within=30)
    stage.timing.detect = seconds_at(incident["opened"]) - owner.at
    stage.timing.heal = back.at - owner.at
    stage.timing.verify = seconds_at(incident["resolved"]) - back.at
    stage.incident_of("vpn", "resolved", within=30)
    shares_network(stage, "app", "vpn")


def a_person_restarts_one_and_replaces_another(stage: Stage) -> None:
    """Who lives in their networks is a part of what they meant to come back: restarted, or replaced.

    When the network's owner is another container now, no restart of the old one can ever work.
    """
    before = stage.mark()
    stage.docker("restart", stage.container("vpn"))
    stage.compose("up", "-d", "--no-deps", "--force-recreate", "gate")
    stage.engine.await_event("app", "start", after=before, within=30)
    stage.engine.await_event("tool", "create", after=before, within=40)
    stage.incident_of("app", "resolved", within=30)
    incident = stage.incident_of("tool", "resolved", within=40)
    actions = [step["action"] for step in stage.steps(incident["id"])]
    stage.expect(f"it was not restarted in vain: {actions}", actions == ["recreate_service"])
    shares_network(stage, "app", "vpn")
    shares_network(stage, "tool", "gate")


def namespace(stage: Stage, service: str) -> str:
    """Which network namespace the processes of a service live in."""
    return stage.docker(
        "exec", stage.container(service), "readlink", "/proc/self/ns/net", check=False
    ).strip()


def has_no_network(stage: Stage, service: str) -> None:
    """It runs, and is alone with itself."""
    links = stage.docker("exec", stage.container(service), "ls", "/sys/class/net", check=False).split()
    # By now it may be restarted already.
    stage.expect(f"a shared network is lost, or back: {links}", links in (["lo"], ["eth0", "lo"], []))


def shares_network(stage: Stage, service: str, owner: str) -> None:
    """Both are in one network namespace."""
    stage.wait(
        f"{service} is in the network of {owner}",
        lambda: namespace(stage, service) == namespace(stage, owner) != "",
        10,
    )
