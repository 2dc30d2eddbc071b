"""When Telegram asks for a pause it gets exactly that; what happens meanwhile is merged, and nothing is lost."""

from tests.scenarios.stage import START, Stage
from tests.scenarios.telegram import all_valid, message_about, print_message, requests, shown, telegram
from tests.telegram_api import TelegramApi

TOO_MANY = "Too Many Requests: retry after {}"
# Seconds. Longer than a whole heal, which takes about 11.
LONG, SHORT = 17, 6
# How late the next request may come: it must never be early.
SLACK = 1.5


def scenario(stage: Stage) -> None:
    """Given a chat with a limit, when it is reached, then the next request comes after the pause, with all there is."""
    with telegram(stage) as api:
        stage.up()
        stage.start_daemon()
        stage.watching("first", "second", "third", "neighbour")
        before = stage.mark()
        first_of_all(stage, api)
        in_the_middle(stage, api)
        refused = [each for each in api.received if each.code not in (200, 429)]
        stage.expect(f"nothing else was refused: {refused}", not refused)
        stage.expect("asked twice for a pause", len([e for e in api.received if e.code == 429]) == 2)
        all_valid(stage, api)
        stage.only(before, first=START, second=START, third=START)
        stage.only_incidents(("first", "healed"), ("second", "healed"), ("third", "healed"))
        stage.alive()
        stage.expect("it stops cleanly", stage.daemon.end() == 0)


def first_of_all(stage: Stage, api: TelegramApi) -> None:
    """The very first message meets the limit; two incidents begin and end in the pause."""
    api.fail_next(429, TOO_MANY.format(LONG), retry_after=LONG)
    stage.crash("first")
    pause_begins(stage, api, 1)
    stage.crash("second")
    stage.incident_of("first", "resolved", within=30)
    stage.incident_of("second", "resolved", within=30)
    stage.expect(f"nothing was asked of Telegram meanwhile: {api.received}", len(api.received) == 1)
    stage.expect("the reason is in the log", f"Telegram asks for a pause of {LONG} s" in stage.daemon.log())
    message_about(stage, api, "second is well again", within=LONG)
    pause_was_kept(stage, api, LONG)
    titles = [message.title[:20] for message in api.posted()]
    stage.expect(f"both, in order: {titles}", titles == ["✅ first is well agai", "✅ second is well aga"])
    for message in api.posted():
        print_message(message, "told after the pause")
        stage.expect(f"merged into one: {message.before}", not message.before and message.silent)
        stage.expect(f"nothing of it is lost: {message.text}", "attempt 1: restart it" in message.text)
    stage.expect("two messages, no more", len(requests(api)) == 3)


def in_the_middle(stage: Stage, api: TelegramApi) -> None:
    """The edit of a message meets the limit: the next edit shows how it stands by then."""
    known = len(api.received)
    api.fail_next(429, TOO_MANY.format(SHORT), method="editmessagetext", retry_after=SHORT)
    stage.crash("third")
    message = message_about(stage, api, "third: attempt 1", after=2)
    pause_begins(stage, api, known + 2, within=20)
    stage.wait(f"edited in the end: {shown(api)}", lambda: "third is well again" in message.text, SHORT + 5)
    pause_was_kept(stage, api, SHORT)
    methods = [each.method for each in requests(api)[known:]]
    wanted = ["sendmessage", "editmessagetext", "editmessagetext"]
    stage.expect(f"posted once, edited twice: {methods}", methods == wanted)


def pause_begins(stage: Stage, api: TelegramApi, number: int, within: float = 10) -> None:
    """The request of this number is answered by 429."""
    stage.wait(f"request {number}: {api.received}", lambda: len(api.received) == number, within)
    stage.expect(f"it is refused: {api.received[-1]}", api.received[-1].code == 429)


def pause_was_kept(stage: Stage, api: TelegramApi, seconds: float) -> None:
    """Between the latest 429 and the request after it lie so many seconds."""
    number = max(index for index, each in enumerate(api.received) if each.code == 429)
    pause = api.received[number + 1].at - api.received[number].at
    print(f"    asked for {seconds:g} s, left alone for {pause:.2f} s")
    stage.expect(f"the pause lasted {pause:.2f} s", seconds <= pause < seconds + SLACK)
