"""Grafana has another address, and Nginx asks the old one: it is reloaded, and nobody is restarted for that."""

from tests.scenarios.stage import Stage
from tests.scenarios.web import APP, begin, changing, ended_at, found, served_again, timed

LEANS_ON = ("grafana",)


def scenario(stage: Stage) -> None:
    """Given a page behind Nginx, when a person replaces Grafana's container, then a reload serves it again."""
    begin(stage)
    moved = another_address(stage)
    found(stage, "web_upstream_stale", moved)
    incident = served_again(stage, within=60)
    timed(stage, moved, ended_at(stage, incident, "reload_nginx"), incident)

    done = changing(stage, incident)
    stage.expect(f"by one reload: {done}", done == ["reload_nginx"])
    stage.expect("healed by watchdog", incident["ending"] == "healed")
    stage.only(moved)
    story = " ".join(str(line.get("text")) for line in stage.story(str(incident["id"])))
    stage.expect(
        "what was passed over is told", "passed over, for other findings: restart_container" in story
    )
    stage.alive()


def another_address(stage: Stage) -> float:
    """A person replaces the container, and its old address is somebody else's meanwhile; the mark after that."""
    before = stage.mark()
    old = address(stage)
    network = f"{stage.project}_default"
    stage.compose("up", "-d", "--no-start", "--force-recreate", "--no-deps", APP)
    squatter = ["run", "-d", "--network", network, "--label", f"com.docker.compose.project={stage.project}"]
    squatter += ["--label", "com.docker.compose.oneoff=True", "--label", "watchdog.enable=false"]
    taken: list[str] = []
    while not taken or inspect(stage, taken[-1]) != old:
        taken.append(
            stage.docker(*squatter, "--entrypoint", "sleep", "watchdog-test/busybox:local", "120").strip()
        )
        stage.expect("the old address is taken by somebody", len(taken) < 20)
    stage.compose("start", APP)
    stage.engine.await_event(APP, "start", after=before)
    stage.docker("rm", "-f", *taken)
    stage.expect(f"it has another address than {old}", address(stage) not in ("", old))
    return stage.mark()


def address(stage: Stage) -> str:
    """Where Grafana is now."""
    return inspect(stage, stage.container(APP))


def inspect(stage: Stage, container: str) -> str:
    """The address of a container in the stack's network."""
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    return stage.docker("inspect", "--format", form, container).strip()
