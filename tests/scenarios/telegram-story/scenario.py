"""A heal of twelve seconds is one message, edited as it goes; a call for a human sounds again; English and French."""

from tests.scenarios.stage import START, STOP, Stage, seconds_at, sum_acts
from tests.scenarios.telegram import all_valid, message_about, print_message, requests, telegram
from tests.telegram_api import Posted, TelegramApi

ENDED = "has ended (exit code 137, killed by signal KILL)"
OVER = "is well again, healed after"


def scenario(stage: Stage) -> None:
    """Given a chat, when things heal, or do not, then it shows one message an incident and what a human must hear."""
    outside = stage.work / "outside"
    outside.mkdir(mode=0o755)
    (outside / "well").touch()
    with telegram(stage) as api:
        stage.up()
        stage.start_daemon()
        stage.watching("app", "licensed", "neighbour")
        before = stage.mark()
        healed_at_once(stage, api)
        healed_after_a_wait(stage, api)
        handed_over(stage, api)
        stage.expect("it stops cleanly", stage.daemon.end() == 0)
        in_french(stage, api)
        all_valid(stage, api)
        twice = sum_acts(START, START)
        stage.only(before, app=twice, licensed=sum_acts(*[STOP, START] * 2), neighbour=START)
        stage.alive()
        stage.expect("it stops cleanly again", stage.daemon.end() == 0)


def healed_at_once(stage: Stage, api: TelegramApi) -> None:
    """What is acted upon in the moment in which it opens is told so: posted once with a sound, edited once."""
    message = crash_and_heal(stage, api, "app", OVER)
    print_message(message, "a heal")
    stage.expect(f"two states: {message.before}", len(message.before) == 1)
    first, end = *message.before, message.text
    stage.expect(f"first what is done: {first}", first.startswith("🟡 app: attempt 1, restart it"))
    stage.expect(f"and since when: {first}", f" {ENDED}\n" in first)
    stage.expect(f"then how it ended: {end}", end.startswith(f"✅ app {OVER} 1"))
    stage.expect(f"what is proven: {end}", "What is proven: seen well for 10 s without a break." in end)
    stage.expect(f"and what was told before: {end}", f" {ENDED}\n" in end and "attempt 1: restart it" in end)
    stage.expect(
        "by day it makes a sound, once", not message.silent and len(requests(api, "sendmessage")) == 1
    )
    stage.expect("it is an answer to nothing", message.reply_to is None)
    stage.expect("edited once", len(requests(api, "editmessagetext")) == 1)


def healed_after_a_wait(stage: Stage, api: TelegramApi) -> None:
    """It falls again, before it may be touched again: opened, acting, healed are three states of one message."""
    message = crash_and_heal(stage, api, "app", OVER)
    print_message(message, "a heal that had to wait")
    titles = [text.partition("\n")[0] for text in (*message.before, message.text)]
    stage.expect(f"three states: {titles}", len(titles) == 3)
    stage.expect(f"opened: {titles}", titles[0] == f"🔴 app {ENDED}")
    stage.expect(f"a step: {titles}", titles[1] == "🟡 app: attempt 2, restart it")
    stage.expect(f"healed: {titles}", titles[2].startswith(f"✅ app {OVER} 1"))
    stage.expect("posted once, with a sound", not message.silent and len(requests(api, "sendmessage")) == 2)


def handed_over(stage: Stage, api: TelegramApi) -> None:
    """What no step cures: a second message that sounds, and a third one, silent, once it is over."""
    (stage.work / "outside" / "well").unlink()
    escalated = message_about(stage, api, "licensed needs a human", within=40)
    (first,) = [each for each in api.posted() if each.number == escalated.number - 1]
    print_message(first, "what is tried")
    print_message(escalated, "a human is needed")
    stage.expect("the first message of it made a sound", not first.silent and first.reply_to is None)
    stage.expect(f"it was edited with each step: {first.title}", "attempt 2" in first.title and first.before)
    stage.expect("the second is a new one that sounds", not escalated.silent)
    stage.expect("an answer to the first", escalated.reply_to == first.number)
    code = [text for kind, text in escalated.entities if kind == "code"]
    incident = stage.incident_of("licensed", "escalated")["id"]
    commands = {f"watchdog incidents {incident}", "watchdog retry licensed", "watchdog hold licensed"}
    stage.expect(f"its commands are copied by a tap: {code}", set(code) == commands)

    # The human mends it.
    (stage.work / "outside" / "well").touch()
    end = message_about(stage, api, "licensed is well again", within=40)
    print_message(end, "it is over")
    stage.expect("a third message, silent", end.silent and end.number == escalated.number + 1)
    stage.expect("an answer to the first", end.reply_to == first.number)
    stage.expect("five messages in all", len(requests(api, "sendmessage")) == 5)


def in_french(stage: Stage, api: TelegramApi) -> None:
    """The same daemon with WATCHDOG_LANGUAGE=fr."""
    stage.daemon.environment["WATCHDOG_LANGUAGE"] = "fr"
    stage.start_daemon()
    stage.watching("app", "licensed", "neighbour")
    message = crash_and_heal(stage, api, "neighbour", "va de nouveau bien")
    print_message(message, "the same in French")
    english = [
        word for word in ("What", "is well", "attempt", "restart", "The whole") if word in message.text
    ]
    stage.expect(f"no English is left: {english}", not english)
    stage.expect("one message", len(api.posted()) == 6 and len(message.before) == 1)


def crash_and_heal(stage: Stage, api: TelegramApi, service: str, words: str) -> Posted:
    """Take a service down from inside, and wait until a new message says that it is well; that message."""
    before, after = stage.mark(), len(api.posted())
    stage.crash(service)
    died = stage.engine.await_event(service, "die", after=before)
    message = message_about(stage, api, f"{service} {words}", within=40, after=after)
    if stage.timing.heal is None:
        started = stage.engine.await_event(service, "start", after=died.at)
        incident = stage.incident_of(service, "resolved")
        stage.timing.detect = seconds_at(incident["opened"]) - died.at
        stage.timing.heal = started.at - died.at
        stage.timing.verify = seconds_at(incident["resolved"]) - started.at
    return message
