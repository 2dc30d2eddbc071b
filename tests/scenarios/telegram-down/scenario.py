"""Without Telegram everything is healed as fast as with it; what was to be told arrives later, in order, once."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass

from tests.scenarios.stage import START, Stage, seconds_at
from tests.scenarios.telegram import all_valid, free_port, lead_to_telegram, print_message, requests, shown
from tests.telegram_api import TelegramApi, beside

# Beyond what the same takes with Telegram: the machine's own noise, on two cores that others use as well.
SLACK = 1.0
# Two tries of up to 18 s in the blackhole, and a wait of 1, 2 or 4 s after each.
ARRIVES_WITHIN = 45
WAITING = (
    "SELECT count(*) FROM outbox LEFT JOIN deliveries ON outbox_id = id AND notifier = 'telegram'"
    " WHERE coalesce(state, 'pending') = 'pending'"
)
SERVICES = ("first", "second", "third", "held", "normal")


@dataclass(frozen=True)
class Speed:
    """How fast one crash was healed, in seconds of the engine's clock."""

    how: str
    detect: float
    heal: float
    verify: float

    def __str__(self) -> str:
        return f"{self.how:<28} detect {self.detect:6.3f}  heal {self.heal:6.3f}  verify {self.verify:6.3f}"


def scenario(stage: Stage) -> None:
    """Given a chat that cannot be reached, when things fall, then they are healed, and told once it can."""
    port = free_port()
    lead_to_telegram(stage, port)
    stage.up()
    before = stage.mark()

    # 1. Nobody listens, from the daemon's start on.
    stage.start_daemon()
    stage.watching(*SERVICES)
    refused = crash_and_heal(stage, "first", "refused")
    stage.docker("stop", stage.container("held"))
    stage.standing("held", "held")
    stage.wait("each of them is told in the log", lambda: len(stage.tellings("held")) == 1, 10)
    waits_on_disk = waiting(stage)
    stage.expect(f"all of it waits: {waits_on_disk}", waits_on_disk == 4)

    # 2. Another daemon, without a goodbye of the one before; then packets vanish.
    stage.daemon.kill()
    with beside(port=port) as api:
        api.blackhole = True
        stage.start_daemon()
        stage.watching(*SERVICES)
        stage.wait("it tries", lambda: requests(api, "sendmessage"), 10)
        vanishing = crash_and_heal(stage, "second", "packets vanish")
        stage.expect(f"nothing was told yet: {shown(api)}", not api.posted())

        # 3. Once more while a request hangs: a request that nobody answered is no loss either.
        stage.daemon.kill()
        stage.start_daemon()
        stage.watching(*SERVICES)
        again = crash_and_heal(stage, "third", "packets vanish, new daemon")
        api.blackhole = False
        stage.wait(f"all is told: {shown(api)}", lambda: len(api.posted()) == 4, ARRIVES_WITHIN)
        arrived_in_order(stage, api)
        stage.wait("nothing waits any more", lambda: not waiting(stage), 5)
        health = (stage.daemon.ask("/status") or {})["degraded"]
        stage.expect(f"and all is well with watchdog: {health}", not health)

        # 4. What the same takes with Telegram, for comparison.
        normal = crash_and_heal(stage, "normal", "with Telegram")
        stage.wait("told as it goes", lambda: api.posted()[-1].title.startswith("✅ normal"), 5)
        all_valid(stage, api)
    print(*(f"    {each}" for each in (refused, vanishing, again, normal)), sep="\n")
    for each in (refused, vanishing, again):
        stage.expect(f"it was not delayed: {each}", each.detect < normal.detect + SLACK)
        stage.expect(f"it was not delayed: {each}", each.heal < normal.heal + SLACK)
        stage.expect(f"it was not delayed: {each}", each.verify < normal.verify + SLACK)
    stage.timing.detect, stage.timing.heal, stage.timing.verify = again.detect, again.heal, again.verify
    stage.only(before, first=START, second=START, third=START, normal=START, held={"kill": 1, "stop": 1})
    stage.alive()
    stage.expect("it stops cleanly", stage.daemon.end() == 0)


def arrived_in_order(stage: Stage, api: TelegramApi) -> None:
    """One message an incident, as it stands now, in the order in which they began; each of them posted once."""
    stage.let_pass(3)
    titles = [message.title for message in api.posted()]
    beginnings = ("✅ first is well again", "✋ held was stopped", "✅ second is well", "✅ third is well")
    stage.expect(
        f"in order, each once: {titles}",
        len(titles) == len(beginnings)
        and all(title.startswith(begin) for title, begin in zip(titles, beginnings, strict=True)),
    )
    for message in api.posted():
        print_message(message, "arrived late")
        stage.expect(f"merged, not replayed: {message.before}", not message.before)
        if message.title.startswith("✅"):
            stage.expect(f"what is over makes no sound: {message}", message.silent)
            stage.expect(f"it tells the whole story: {message.text}", "attempt 1: restart it" in message.text)
    answered = [each for each in requests(api, "sendmessage") if each.code == 200]
    stage.expect("four messages, nothing twice", len(answered) == 4 and not requests(api, "editmessagetext"))


def crash_and_heal(stage: Stage, service: str, how: str) -> Speed:
    """Take it down from inside; how fast it was well again."""
    before = stage.mark()
    stage.crash(service)
    died = stage.engine.await_event(service, "die", after=before)
    started = stage.engine.await_event(service, "start", after=died.at, within=10)
    incident = stage.incident_of(service, "resolved", within=40)
    return Speed(
        how,
        seconds_at(incident["opened"]) - died.at,
        started.at - died.at,
        seconds_at(incident["resolved"]) - started.at,
    )


def waiting(stage: Stage) -> int:
    """How many notifications wait for Telegram, by the journal on the disk."""
    path = stage.daemon.state / "journal.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as journal:
        return int(journal.execute(WAITING).fetchone()[0])
