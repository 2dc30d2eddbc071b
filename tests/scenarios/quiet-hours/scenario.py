"""At night only what is critical makes a sound, by day what is high does too, and what is over never does."""

from datetime import datetime, timedelta

from tests.scenarios.stage import START, Stage, sum_acts
from tests.scenarios.telegram import all_valid, message_about, print_message, telegram
from tests.telegram_api import Posted, TelegramApi

HOUR = timedelta(hours=1)


def scenario(stage: Stage) -> None:
    """Given hours that are quiet now, when things of both kinds fall, then a chat sounds for one of them."""
    now = datetime.now().astimezone()
    quiet, other = f"{now - HOUR:%H:%M}-{now + HOUR:%H:%M}", f"{now + HOUR:%H:%M}-{now - HOUR:%H:%M}"
    stage.fill("{quiet}", quiet)
    with telegram(stage) as api:
        stage.up()
        stage.start_daemon()
        stage.watching("shop", "vault", "chart")
        before = stage.mark()

        print(f"    quiet hours {quiet}, now {now:%H:%M}")
        high = fall_and_heal(stage, api, "shop", sound=False)
        fall_and_heal(stage, api, "vault", sound=True)
        stage.expect("the recovery is the same message: an edit has no sound", len(api.posted()) == 2)

        # Told once all is over: then there is nothing to wake anybody for, however critical it was.
        late = told_when_it_is_over(stage, api)
        stage.expect("what is over makes no sound", late.silent and late.title.startswith("✅ vault"))

        # By day.
        stage.fill(quiet, other)
        stage.daemon.command("reload")
        print(f"    quiet hours {other}, now {now:%H:%M}")
        fall_and_heal(stage, api, "chart", sound=True)
        stage.expect("the same severity as at night", high.silent)
        all_valid(stage, api)
        stage.only(before, shop=START, vault=sum_acts(START, START), chart=START)
        stage.alive()
        stage.expect("it stops cleanly", stage.daemon.end() == 0)


def fall_and_heal(stage: Stage, api: TelegramApi, service: str, *, sound: bool) -> Posted:
    """It falls, is told with a sound or without, and is healed; its message."""
    after = len(api.posted())
    stage.crash(service)
    message = message_about(stage, api, f"{service}: attempt", after=after)
    message_about(stage, api, f"{service} is well again", within=40, after=after)
    print_message(message, f"{service} fell")
    stage.expect(f"{service}: a sound is {sound}, silent is {message.silent}", message.silent is not sound)
    return message


def told_when_it_is_over(stage: Stage, api: TelegramApi) -> Posted:
    """The critical one falls while Telegram cannot be reached, and is well again before it can; its message."""
    after = len(api.posted())
    api.fail_next(502, "Bad Gateway", times=1000)
    stage.crash("vault")
    stage.wait("it fell", lambda: len(stage.incidents("vault")) == 2, 10)
    stage.incident_of("vault", "resolved", within=40)
    api.fail_no_more()
    return message_about(stage, api, "vault is well again", within=40, after=after)
