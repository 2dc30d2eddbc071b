"""What cannot start is replaced, then handed over in the engine's own words; a mended file is a person's to roll out."""

import socket
from contextlib import closing

from tests.scenarios.stage import Stage, seconds_at

GOOD_COMMAND = 'command: ["sleep", "100000"] # the program'
BAD_COMMAND = 'command: ["/no/such/program"] # the program'
# One start of the container as it is, then one replacement: a third try of what cannot be started is of no use.
CLIMBED = ["restart_container", "recreate_service"]
FIRST = 1.0


def scenario(stage: Stage) -> None:  # noqa: PLR0915 - one story, told from beginning to end
    """Given a running stack, when a deployment ships a bad command and a taken port, then both are handed over."""
    stage.up()
    stage.start_daemon()
    stage.watching("program", "port", "neighbour")
    before = stage.mark()

    # As with `depends_on`: created first, started later. A start that fails makes no event at all.
    stage.compose("create", "fresh")
    stage.standing("fresh", "moving")
    stage.compose("start", "fresh", check=False)
    failed = stage.mark()

    fresh = stage.incident_of("fresh", "escalated", within=40)
    stage.timing.detect = seconds_at(fresh["opened"]) - failed
    stage.expect(f"seen in {stage.timing.detect:.1f} s", stage.timing.detect < 4)

    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        number = taken.getsockname()[1]
        stage.rewrite(GOOD_COMMAND, BAD_COMMAND)
        stage.rewrite(
            '    command: ["sleep", "100000"] # the port',
            f'    ports: ["127.0.0.1:{number}:80"]\n    command: ["sleep", "100000"] # the port',
        )

        for service in ("program", "port"):
            stage.compose("up", "-d", service, check=False)

        program = stage.incident_of("program", "escalated", within=40)
        port = stage.incident_of("port", "escalated", within=40)

    for service, incident in (("program", program), ("port", port), ("fresh", fresh)):
        steps = stage.steps(incident["id"])
        stage.expect(
            f"{service} was started once, replaced once: {steps}", [s["action"] for s in steps] == CLIMBED
        )
        stage.expect("each of them failed", all(step["result"] == "failed" for step in steps))
        made = [each.at for each in stage.engine.told(service, "create", after=before)]
        stage.expect(f"{service}: the deployment and one replacement", len(made) == 2)
        stage.expect("the replacement waited", made[1] - made[0] >= FIRST)
        stage.expect("nothing started", not stage.engine.told(service, "start", after=before))
        stage.expect("told", stage.tellings(service) == ["opened", "escalated"])
    said = stage.told("program", "escalated")["event"]
    stage.expect(f"it says what the engine says: {said}", "/no/such/program" in said)
    said = stage.told("port", "escalated")["event"]
    stage.expect(f"the same for the port: {said}", "address already in use" in said)
    for service, advice in (("program", "command"), ("port", "port")):
        lines = stage.told(service, "escalated")["lines"]
        stage.expect(f"it says what to do: {lines}", any(advice in line for line in lines))
    handed_over = stage.mark()
    stage.let_pass(8)
    stage.only(handed_over)

    # A person mends the file. To roll it out is theirs: a retry says so. The port is free by now.
    stage.rewrite(BAD_COMMAND, GOOD_COMMAND)
    mended = stage.mark()
    for service in ("program", "port"):
        stage.daemon.command("retry", service)
    stage.wait("refused", lambda: stage.tellings("program").count("escalated") == 2, 30)
    said = stage.daemon.notifications("program", "escalated")[1]["lines"]
    stage.expect(f"it says what changed: {said}", any("command changed" in line for line in said))
    stage.compose("up", "-d", "program")

    for service, ending in (("program", "recovered"), ("port", "healed")):
        started = stage.engine.await_event(service, "start", after=mended, within=20)
        if service == "port":
            stage.timing.heal = started.at - mended
        incident = stage.incident_of(service, "resolved", within=40)
        stage.expect(f"{service} was {ending}: {incident['ending']}", incident["ending"] == ending)
    # The old container of `program` can never run, so the person replaced it; that of `port` can, so it was started.
    stage.only(mended, program={"create": 1, "destroy": 1, "start": 1}, port={"start": 1})
    stage.only_incidents(("program", "recovered"), ("port", "healed"), ("fresh", "escalated"))
    stage.alive()
