"""A bypass for others than this machine: only with a yes and a list of who may come, on IPv4, and withdrawn in any case."""

import json
import socket
from contextlib import closing

from tests.scenarios.builds import proposal_of, watchdog
from tests.scenarios.bypasses import (
    BREAK,
    IMAGE,
    REBUILD,
    Outside,
    an_outside,
    answers,
    closes,
    forwarders,
    free_port,
    nothing_left_open,
)
from tests.scenarios.interval import detected
from tests.scenarios.stage import Stage, seconds_at
from tests.scenarios.web import FRONT, PAGE, begin, served_again

LEANS_ON = ("grafana",)
LASTS = 10.0
# Beside the one for this machine, which is opened at once; the last step, as a human has to be asked.
PUBLIC = """  - open_bypass: {published: PORT, lasts: LASTSs, sources: [SOURCE]}
    on: grafana
    when: [web_front_down, web_front_hangs, web_upstream_stale]
    autonomy: propose
    verify: {within: 5s, stable: 1s}
"""


def scenario(stage: Stage) -> None:
    """Given an Nginx that cannot come up, when a public bypass is proposed, then only a yes opens it, to who is named."""
    with an_outside() as outside, nothing_left_open(stage):
        port = free_port()
        stage.daemon.environment["WATCHDOG_IMAGE"] = IMAGE
        step = PUBLIC.replace("PORT", str(port)).replace("LASTS", f"{LASTS:g}")
        step = step.replace("SOURCE", outside.named)
        here = f"- open_bypass: {{published: {port}, lasts: {LASTS:g}s}}"
        begin(stage, {"- open_bypass: {}": here, REBUILD: step})
        refused_in_the_files(stage, step, outside)

        nginx = stage.work / "nginx" / "nginx.conf"
        good = nginx.read_text(encoding="utf-8")
        nginx.write_text(good.replace(*BREAK), encoding="utf-8")
        before = stage.mark()
        stage.crash(FRONT)

        a_no(stage, outside, port, before)
        nobody_answers(stage, outside, port)
        a_yes(stage, outside, port)
        killed(stage, outside, port)
        nginx.write_text(good, encoding="utf-8")
        mended(stage, outside, port)
        stage.expect("Grafana was not touched", not stage.engine.acts(after=before).get("grafana"))
        stage.alive()
        stage.daemon.end()


def refused_in_the_files(stage: Stage, step: str, outside: Outside) -> None:
    """Without a yes, without a list, or with a list that is everybody, the files are refused in plain words."""
    source = f"sources: [{outside.named}]"
    wrong = {
        "is never done without a human yes": ("    autonomy: propose\n", ""),
        "nearly everybody": (source, "sources: [0.0.0.0/0]"),
        "IPv6 source": (source, 'sources: ["2001:db8::7"]'),
        "unknown key": (source, "address: 0.0.0.0"),
    }
    whole = (stage.work / "playbooks" / "web-unreachable.yml").read_text(encoding="utf-8")
    folder = stage.work / "wrong"
    folder.mkdir()
    for each in (stage.work / "playbooks").iterdir():
        (folder / each.name).write_text(each.read_text(encoding="utf-8"), encoding="utf-8")
    config = stage.work / "wrong.yml"
    text = (stage.work / "watchdog.yml").read_text(encoding="utf-8")
    config.write_text(text.replace("/playbooks", "/wrong"), encoding="utf-8")
    for words, (old, new) in wrong.items():
        (folder / "web-unreachable.yml").write_text(
            whole.replace(step, step.replace(old, new)), encoding="utf-8"
        )
        said = stage.daemon.shows("config", "check", str(config), check=False).decode()
        stage.expect(f"{new or 'no yes'} is refused: {said}", words in said and "cannot be used" in said)


def a_no(stage: Stage, outside: Outside, port: int, before: float) -> None:
    """What is proposed says to whom and for how long; meanwhile, and after a no, it is open to this machine only."""
    proposal = proposal_of(stage, PAGE, within=60)
    incident = stage.incidents(PAGE)[-1]
    detected(stage, incident, before)
    does = proposal["does"]
    stage.expect(
        f"it says to whom: {does}", f"0.0.0.0:{port}" in does and f"for {outside.named} only" in does
    )
    stage.expect(
        f"for how long, and that ufw does not stand before it: {does}",
        f"for {LASTS:g}s" in does and "ufw" in does,
    )
    stage.expect("this machine was not kept waiting", answers(port))
    not_outside(stage, outside, port)
    code, _ = watchdog(stage, "decline", proposal["id"])
    stage.expect("a no is taken", code == 0)
    stage.incident_of(PAGE, "escalated", within=20)
    not_outside(stage, outside, port)


def nobody_answers(stage: Stage, outside: Outside, port: int) -> None:
    """No answer is a no, and a yes that comes too late opens nothing."""
    stage.daemon.command("retry", PAGE)
    proposal = proposal_of(stage, PAGE, within=60)
    stage.incident_of(PAGE, "escalated", within=30)
    code, answer = watchdog(stage, "approve", proposal["id"])
    stage.expect(f"too late: {answer}", code == 1 and "over" in answer["error"])
    not_outside(stage, outside, port)


def a_yes(stage: Stage, outside: Outside, port: int) -> None:
    """Open to who is named and to nobody else, on IPv4 only, told with its end; withdrawn at that."""
    stage.daemon.command("retry", PAGE)
    opened = approved(stage, outside, port)
    stage.expect("a stranger is not let in", not outside.served(outside.stranger, port))
    stage.expect("nor is this machine, which is not named", not answers(port))
    stage.expect("nothing listens on IPv6", not listens(port))
    published = published_ports(stage)
    stage.expect(f"published on IPv4 only: {published}", published == [("0.0.0.0", str(port))])
    told = [line for said in stage.daemon.notifications(PAGE, "bypass_open") for line in said["lines"]]
    who = f"Who may come: {outside.named}, and nobody else (Docker publishes ports past ufw)."
    stage.expect(f"people read who may come: {told}", who in told)
    asked = [line for said in stage.daemon.notifications(PAGE, "proposed") for line in said["lines"]]
    stage.expect(
        f"and read it before they said yes: {asked}",
        any(f"for {outside.named} only" in line for line in asked),
    )
    stage.wait("it is withdrawn", lambda: not outside.served(outside.named, port), LASTS + 5)
    stage.expect("at its time", LASTS - 2 < stage.mark() - opened < LASTS + 5)
    closes(stage, port, 10)
    stage.told(PAGE, "bypass_closed")


def killed(stage: Stage, outside: Outside, port: int) -> None:
    """It ends by itself when watchdog is killed, and the next one neither keeps it nor opens it again."""
    stage.daemon.command("retry", PAGE)
    opened = approved(stage, outside, port)
    stage.daemon.kill()
    stage.expect("it goes on without watchdog", outside.served(outside.named, port))
    stage.wait("it ends by itself", lambda: not outside.served(outside.named, port), LASTS + 5)
    stage.expect("not for longer than it was to", stage.mark() - opened < LASTS + 5)
    closes(stage, port, 10)

    stage.start_daemon()
    stage.daemon.command("retry", PAGE)
    opened = approved(stage, outside, port)
    stage.daemon.kill()
    stage.start_daemon()
    stage.wait("the next one closes it", lambda: not outside.served(outside.named, port), LASTS - 4)
    stage.expect("before its time", stage.mark() - opened < LASTS - 2)
    stage.let_pass(4)
    not_outside(stage, outside, port)


def mended(stage: Stage, outside: Outside, port: int) -> None:
    """The front is served again: nothing of it is left, in files or in ports."""
    begun = stage.mark()
    stage.daemon.command("retry", FRONT)
    healed = served_again(stage, within=60)
    stage.timing.verify = seconds_at(healed["resolved"]) - begun
    closes(stage, port, 10)
    not_outside(stage, outside, port)


def approved(stage: Stage, outside: Outside, port: int) -> float:
    """Wait for the proposal, say yes, and wait until it is open; the mark of that."""
    proposal = proposal_of(stage, PAGE, within=60)
    said_yes = stage.mark()
    code, answer = watchdog(stage, "approve", proposal["id"])
    stage.expect(f"a yes is taken: {answer}", code == 0)
    stage.wait("who is named is served", lambda: outside.served(outside.named, port), 20)
    opened = stage.mark()
    if stage.timing.heal is None:
        stage.timing.heal = opened - said_yes
    return opened


def not_outside(stage: Stage, outside: Outside, port: int) -> None:
    """Nobody outside gets anything."""
    for source in (outside.named, outside.stranger):
        stage.expect(f"{source} is not served", not outside.served(source, port))
    stage.expect(
        "nothing is published to the outside", all(ip == "127.0.0.1" for ip, _ in published_ports(stage))
    )


def published_ports(stage: Stage) -> list[tuple[str, str]]:
    """Where the forwarders of this stack are published, by the engine's word."""
    found = []
    for each in forwarders(stage):
        told = stage.docker(
            "inspect", "--format", "{{json .NetworkSettings.Ports}}", each, check=False
        ).strip()
        ports = json.loads(told or "{}")
        found += [(b["HostIp"], b["HostPort"]) for bound in ports.values() for b in bound or ()]
    return found


def listens(port: int) -> bool:
    """Whether anybody listens there on IPv6."""
    with closing(socket.socket(socket.AF_INET6)) as line:
        line.settimeout(2)
        return line.connect_ex(("::1", port)) == 0
