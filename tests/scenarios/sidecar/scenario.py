"""As a sidecar, installed as the page says, it heals, recreates through Compose, and leaves itself alone."""

import json

from tests.scenarios.boxed import IMAGE, OVERRIDE, OWNER, BoxedDaemon, build_image
from tests.scenarios.stage import REPLACE, START, STOP, Stage, seconds_at, sum_acts

SMOKE = True

SECRET = "hunter2-of-the-app"
SERVICES = ("app", "stuck", "neighbour")
# The promise for a sidecar of an 8 GB machine.
SMALL = 128 * 1024 * 1024
# With Compose at work; of cgroup 2, else of cgroup 1.
PEAK = "/sys/fs/cgroup/memory.peak /sys/fs/cgroup/memory/memory.max_usage_in_bytes"
# Read when the daemon has ended: the journal, whole, and what it says last.
LAST_WORDS = """
import json, sqlite3
journal = sqlite3.connect('file:/var/lib/watchdog/state/journal.db?mode=ro', uri=True)
said = lambda sql: journal.execute(sql).fetchone()[0]
print(json.dumps({'integrity': said('PRAGMA integrity_check'),
                  'last': said('SELECT kind FROM entries ORDER BY id DESC LIMIT 1'),
                  'open_steps': said('SELECT count(*) FROM steps WHERE ended IS NULL')}))
"""


def scenario(stage: Stage) -> None:
    """Given a project with the override, when things break, then the sidecar mends them, and never itself."""
    build_image()
    daemon = install(stage)
    before = stage.mark()
    confined(stage, daemon)
    crash_heals(stage)
    recreated_by_compose_inside(stage, daemon)
    stage.only(before, app=START, stuck=sum_acts(*[START] * 3, REPLACE))
    weigh(stage, daemon)
    leaves_itself_alone(stage, daemon)
    stage.expect("its log holds no secret", SECRET not in daemon.log())
    ends_cleanly(stage, daemon)


def install(stage: Stage) -> BoxedDaemon:
    """The page's steps, in the folder of a user whom nobody knows; without the label that hides it from others."""
    daemon = BoxedDaemon(stage.work, stage.project)
    stage.daemon = daemon
    daemon.folder.mkdir()
    (daemon.folder / "data").mkdir()
    (daemon.folder / ".env").write_text(f"APP_PASSWORD={SECRET}", encoding="utf-8")
    daemon.move_in()
    file = daemon.folder / OVERRIDE
    text = file.read_text(encoding="utf-8")
    stage.expect("the override hides it from other watchdogs", 'watchdog.enable: "false"' in text)
    # It must know itself without it.
    file.write_text(text.replace('watchdog.enable: "false"', "test: without"), encoding="utf-8")
    stage.engine.open()
    stage.start_daemon(within=40)
    stage.watching(*SERVICES)
    stage.wait("it is healthy", lambda: daemon.life().get("Health", {}).get("Status") == "healthy", 30)
    return daemon


def confined(stage: Stage, daemon: BoxedDaemon) -> None:
    """It is no root, and can write nothing but its volume and /tmp."""
    made = daemon.inspect()
    host = made["HostConfig"]
    stage.expect("of the image", made["Config"]["Image"] == IMAGE)
    stage.expect("as the folder's owner", made["Config"]["User"] == f"{OWNER}:{OWNER}")
    stage.expect("read-only", host["ReadonlyRootfs"])
    stage.expect("without capabilities", host["CapDrop"] == ["ALL"] and not host["CapAdd"])
    stage.expect("no way to get some", "no-new-privileges:true" in host["SecurityOpt"])
    stage.expect("256 MB at most", host["Memory"] == 256 * 1024 * 1024)
    status = daemon.inside("cat", "/proc/1/status")
    stage.expect("the kernel agrees", "CapBnd:\t0000000000000000" in status and "NoNewPrivs:\t1" in status)
    for place in ("/etc/x", "/opt/watchdog/x", str(daemon.folder / "x")):
        stage.expect(
            f"{place} cannot be written",
            not daemon.inside("sh", "-c", f"touch {place} 2>&1 && echo written || true").endswith(
                "written\n"
            ),
        )
    stage.expect("it reads the secrets of its owner", SECRET in daemon.inside("cat", ".env"))


def crash_heals(stage: Stage) -> None:
    """A crashed container comes back as fast as with a daemon on the host."""
    before = stage.mark()
    stage.crash("app")
    died = stage.engine.await_event("app", "die", after=before)
    started = stage.engine.await_event("app", "start", after=died.at, within=5)
    incident = stage.incident_of("app", "resolved", within=40)
    stage.timing.detect = seconds_at(incident["opened"]) - died.at
    stage.timing.heal = started.at - died.at
    stage.timing.verify = seconds_at(incident["resolved"]) - started.at
    stage.expect("it came back within 2 s", stage.timing.heal < 2)
    stage.expect("it was healed", incident["ending"] == "healed")


def recreated_by_compose_inside(stage: Stage, daemon: BoxedDaemon) -> None:
    """What starts do not cure is replaced by the Compose in the image, as the project's own would have made it."""
    old = stage.state("stuck")
    stage.inside("stuck", "touch /flag; kill -9 $(cat /proc/1/task/1/children)")
    incident = stage.incident_of("stuck", "resolved", within=60)
    stage.expect("it was healed", incident["ending"] == "healed")
    new = stage.state("stuck")
    stage.expect("by a new container", new["Id"] != old["Id"])
    for what in ("Image", "Mounts"):
        stage.expect(f"with the same {what}: {new[what]}", new[what] == old[what])
    labels = (made["Config"]["Labels"] for made in (old, new))
    hashes = {each["com.docker.compose.config-hash"] for each in labels}
    stage.expect("Compose sees the same configuration", len(hashes) == 1)
    before = stage.mark()
    daemon.compose("up", "-d")
    stage.let_pass(1)
    stage.only(before)


def weigh(stage: Stage, daemon: BoxedDaemon) -> None:
    """It is small, also right after Compose ran."""
    lines = daemon.inside("sh", "-c", f"grep -h VmRSS /proc/[0-9]*/status; cat {PEAK} 2>/dev/null || true")
    resident = [int(line.split()[1]) * 1024 for line in lines.splitlines() if line.startswith("VmRSS")]
    peaks = [f"{int(line) / 2**20:.0f} MiB" for line in lines.splitlines() if line.isdigit()]
    used = stage.docker("stats", "--no-stream", "--format", "{{.MemUsage}}", daemon.container).strip()
    print(f"    largest process {max(resident) / 2**20:.0f} MiB; docker stats {used}; peak {peaks}")
    stage.expect("less than 128 MiB", max(resident) < SMALL)


def leaves_itself_alone(stage: Stage, daemon: BoxedDaemon) -> None:
    """Killed, it is brought back by the engine; restarted by a person, it goes on. It has no part in either."""
    targets = {row["target"] for row in daemon.command("status", check=False)["targets"]}
    stage.expect(f"it is none of its own targets: {targets}", targets == set(SERVICES))
    before = stage.mark()
    daemon.inside("sh", "-c", "kill -9 $(cat /proc/1/task/1/children)", check=False)
    stage.engine.await_event("watchdog", "start", after=before, within=10)
    stage.watching(*SERVICES)
    stage.let_pass(7)
    stage.only(before, watchdog=START)

    before = stage.mark()
    stage.docker("restart", daemon.container)
    stage.watching(*SERVICES)
    stage.let_pass(7)
    stage.only(before, watchdog={**sum_acts(STOP, START), "restart": 1})
    stage.only_incidents(("app", "healed"), ("stuck", "healed"))
    stage.alive()


def ends_cleanly(stage: Stage, daemon: BoxedDaemon) -> None:
    """`docker stop` ends it at once, and it has put everything away."""
    began = stage.mark()
    stage.expect("it exits with 0", daemon.end() == 0)
    stage.expect(f"within 5 s ({stage.mark() - began:.1f})", stage.mark() - began < 5)
    volume = f"{stage.project}_watchdog-state:/var/lib/watchdog"
    words = ("run", "--rm", "--network", "none", "--user", f"{OWNER}:{OWNER}", "-v", volume)
    said = json.loads(stage.docker(*words, "--entrypoint", "python3", IMAGE, "-c", LAST_WORDS))
    clean = {"integrity": "ok", "last": "daemon.stopped", "open_steps": 0}
    stage.expect(f"the journal is clean: {said}", said == clean)
