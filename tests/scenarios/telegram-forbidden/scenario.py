"""A chat that refuses us is not asked again and again; it is shown, said with what to do, and told all once it works."""

import json
import re

from tests.scenarios.stage import START, Stage
from tests.scenarios.telegram import all_valid, free_port, message_about, settled_requests, shown, telegram
from tests.telegram_api import TelegramApi

# What Telegram answers, and what the log must tell a person to do about it.
KICKED = (403, "Forbidden: bot was kicked from the supergroup chat", "add it again")
NO_CHAT = (400, "Bad Request: chat not found", "is TELEGRAM_CHAT_ID right, with its minus?")
WRONG_TOKEN = (
    401,
    "Unauthorized",
    "put the token that @BotFather shows into TELEGRAM_BOT_TOKEN, and restart",
)
NO_TOKEN = (404, "Not Found", "put the token that @BotFather shows into TELEGRAM_BOT_TOKEN, and restart")
# Seconds without a request: a loop would have made several by then.
QUIET = 8
# Of one heal: opened with its step, and healed.
NEWS = 2


def scenario(stage: Stage) -> None:
    """Given a bot that may not write, when things fall, then each piece of news is tried once, and nothing is lost."""
    port = free_port()
    stage.daemon.environment["WATCHDOG_LISTEN"] = f"127.0.0.1:{port}"
    with telegram(stage) as api:
        stage.up()
        stage.start_daemon()
        stage.watching("kicked", "unknown", "token", "neighbour")
        stage.expect(f"all is well at first: {health(stage)}", health(stage) == (200, "ok", []))
        before = stage.mark()
        failed = sum(
            (
                refused(stage, api, "kicked", KICKED),
                refused(stage, api, "unknown", NO_CHAT),
                refused(stage, api, "token", WRONG_TOKEN),
            )
        )
        works_again(stage, api, failed)
        nothing_is_there(stage, api)
        stage.only(before, kicked=START, unknown=START, token=START, neighbour={"start": 2})
        stage.alive()
        stage.expect("it stops cleanly", stage.daemon.end() == 0)


def refused(stage: Stage, api: TelegramApi, service: str, refusal: tuple[int, str, str]) -> int:
    """Everything is refused like this while one service falls and is healed; the number of requests."""
    code, words, advice = refusal
    known, line = len(api.received), len(stage.daemon.log())
    api.fail_next(code, words, times=1000)
    stage.crash(service)
    incident = stage.incident_of(service, "resolved", within=40)
    asked = settled_requests(stage, api, QUIET)[known:]
    api.fail_no_more()
    print(f"    {code} {words}: {len(asked)} requests for the news of {service}")
    stage.expect(f"it was healed all the same: {incident['ending']}", incident["ending"] == "healed")
    stage.expect(f"each piece of news is tried once: {asked}", 1 <= len(asked) <= NEWS)
    stage.expect(f"nothing got through: {shown(api)}", all(each.code == code for each in asked))
    said = [each for each in stage.daemon.log()[line:].splitlines() if '"notification.failed"' in each]
    stage.expect(f"each failure is one line: {said}", len(said) == len(asked))
    stage.expect(f"that says what to do ({advice}): {said}", all(advice in each for each in said))
    stage.expect(f"and that it is not tried again: {said}", all('"blocked": true' in each for each in said))
    stage.expect(f"{health(stage)}", health(stage) == (200, "degraded", ["notifier-failing"]))
    stage.expect("a healthcheck does not restart it", stage.daemon.shows("healthcheck"))
    return len(asked)


def works_again(stage: Stage, api: TelegramApi, failed: int) -> None:
    """Metrics showed it all the while; with the next news what was kept arrives, in order."""
    stage.expect("the failures are counted", metric(stage, "notifications_total", outcome="failed") == failed)
    depth = metric(stage, "outbox_depth")
    stage.expect(f"three incidents of three tellings each wait: {depth}", depth == 9)
    stage.crash("neighbour")
    message_about(stage, api, "neighbour is well again", within=40)
    titles = [message.title.split()[1] for message in api.posted()]
    stage.expect(f"what was kept came first: {titles}", titles == ["kicked", "unknown", "token", "neighbour"])
    for message in api.posted()[:3]:
        stage.expect(f"as it stands now, silent: {message}", message.silent and not message.before)
    stage.wait("all is well", lambda: health(stage) == (200, "ok", []), 5)
    stage.expect("nothing waits", metric(stage, "outbox_depth") == 0)


def nothing_is_there(stage: Stage, api: TelegramApi) -> None:
    """A daemon with a token that is none of this server's: found out with the first news, and shown at once."""
    stage.expect("it stops cleanly", stage.daemon.end() == 0)
    known = len(api.received)
    api.fail_next(NO_TOKEN[0], NO_TOKEN[1], times=1000)
    stage.start_daemon()
    stage.watching("neighbour")
    stage.expect("a start alone asks nothing", len(api.received) == known)
    stage.crash("neighbour")
    stage.wait("it is shown", lambda: health(stage)[1:] == ("degraded", ["notifier-failing"]), 5)
    log = stage.daemon.log().rpartition('"daemon.started"')[2]
    stage.expect("the log says what to do", NO_TOKEN[2] in log)
    api.fail_no_more()
    # An incident has more news to come, so that this one is told within itself.
    message_about(stage, api, "neighbour is well again", within=40, after=4)
    all_valid_but_refused(stage, api)
    stage.expect(f"five messages in all: {shown(api)}", len(api.posted()) == 5)


def all_valid_but_refused(stage: Stage, api: TelegramApi) -> None:
    """Our own refusals aside."""
    api.received[:] = [each for each in api.received if each.description != NO_CHAT[1]]
    all_valid(stage, api)


def health(stage: Stage) -> tuple[int, str, list[str]]:
    """What /healthz says: the status of HTTP, the word, the reasons."""
    status, body = stage.daemon.get("/healthz")
    said = json.loads(body)
    return status, said["status"], said["reasons"]


def metric(stage: Stage, name: str, **labels: str) -> float:
    """The value of one metric for Telegram."""
    _, text = stage.daemon.get("/metrics")
    wanted = {"notifier": "telegram", **labels}
    for line in text.splitlines():
        found = re.fullmatch(rf"watchdog_{name}\{{(.*)\}} (\S+)", line)
        if found and dict(re.findall(r'(\w+)="([^"]*)"', found[1])) == wanted:
            return float(found[2])
    return 0.0
