"""A job that stops checking in is told within its grace, and that it is back as soon as it says so; nothing is touched."""

import http.client
import socket

from tests.scenarios.stage import Stage, seconds_at

JOB, TOKEN = "nightly-backup", "scenario-token-of-a-job"


def scenario(stage: Stage) -> None:
    """Given a job that checks in, when it falls silent, then people are told, and told again when it is back."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    stage.daemon.environment |= {
        "WATCHDOG_LISTEN": f"127.0.0.1:{port}",
        "WATCHDOG_CHECK_IN_NIGHTLY_BACKUP": TOKEN,
    }
    stage.up()
    stage.start_daemon()
    stage.watching("app")
    before = stage.mark()

    for token, path, status in (
        ("another-token-of-a-job", JOB, 404),
        (TOKEN, "no-such-job", 404),
        (TOKEN, JOB, 200),
    ):
        answer = check_in(port, path, token)
        stage.expect(f"/check-in/{path} is answered with {answer}", answer == status)
    silent = stage.mark()
    stage.standing(JOB, lambda row: row["status"] == "ok", within=5)
    missed = stage.incident_of(JOB, "escalated", within=25)
    stage.timing.detect = seconds_at(missed["opened"]) - silent
    stage.expect(f"told after {stage.timing.detect:.1f} s", 12 <= stage.timing.detect <= 17)

    stage.expect("it is back", check_in(port, f"{JOB}/0", TOKEN) == 200)
    back = stage.incident_of(JOB, "resolved", within=30)
    stage.expect(f"not by watchdog: {back['ending']}", back["ending"] == "recovered")
    stage.expect("its token is in no log", TOKEN not in stage.daemon.log())
    stage.only(before)
    stage.alive()


def check_in(port: int, path: str, token: str) -> int:
    """One signal of a job; the status of the answer."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("POST", f"/check-in/{path}", "done", {"Authorization": f"Bearer {token}"})
        return line.getresponse().status
    finally:
        line.close()
