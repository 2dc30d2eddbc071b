"""A project that has an override of its own keeps it: the sidecar comes as one more file."""

from tests.scenarios.boxed import OVERRIDE, BoxedDaemon, build_image
from tests.scenarios.stage import REPLACE, START, Stage, seconds_at, sum_acts

MORE = "docker-compose.watchdog.yml"
FILES = ("docker-compose.yml", OVERRIDE, MORE)
OWN = "GREETING=from the project's own override"


def scenario(stage: Stage) -> None:
    """Given a project with an override, when the sidecar is added beside it, then both count, also when it recreates."""
    build_image()
    daemon = BoxedDaemon(stage.work, stage.project)
    stage.daemon = daemon
    daemon.folder.mkdir()
    (stage.work / OVERRIDE).rename(daemon.folder / OVERRIDE)
    daemon.move_in(MORE)

    # By hand, once; then for good, as the page says.
    named = [word for name in FILES for word in ("-f", name)]
    both(stage, daemon.compose(*named, "config"))
    env = daemon.folder / ".env"
    env.write_text(env.read_text(encoding="utf-8") + f"COMPOSE_FILE={':'.join(FILES)}\n", encoding="utf-8")
    daemon.own()
    both(stage, daemon.compose("config"))

    stage.engine.open()
    stage.start_daemon(within=40)
    stage.watching("app")
    old = stage.state("app")
    stage.expect("the own override counts", OWN in old["Config"]["Env"])
    before = stage.mark()
    stage.inside("app", "touch /flag; kill -9 $(cat /proc/1/task/1/children)")
    died = stage.engine.await_event("app", "die", after=before)
    incident = stage.incident_of("app", "resolved", within=60)
    stage.timing.detect = seconds_at(incident["opened"]) - died.at
    new = stage.state("app")
    stage.expect("it was recreated", new["Id"] != old["Id"] and incident["ending"] == "healed")
    stage.expect("and the own override still counts", OWN in new["Config"]["Env"])
    stage.only(before, app=sum_acts(*[START] * 3, REPLACE))
    before = stage.mark()
    daemon.compose("up", "-d")
    stage.let_pass(1)
    stage.only(before)
    stage.only_incidents(("app", "healed"))
    stage.alive()


def both(stage: Stage, config: str) -> None:
    """Compose reads the project's own override, and the sidecar."""
    stage.expect("the project's own override is in it", "from the project's own override" in config)
    stage.expect("the sidecar is in it", "compose-watchdog:local" in config)
