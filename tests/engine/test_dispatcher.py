"""Handing notifications over: at least once, in order, each notifier at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import pytest

from tests.engine.parts import News, Tasks, until
from tests.fakes import FakeClock
from watchdog.core.errors import DeliveryError, JournalError
from watchdog.core.guardrail import Ledger
from watchdog.core.incident import Case, Ending, Incident, Phase
from watchdog.core.letters import QuietHours
from watchdog.core.maintenance import Purpose, Window, begin_window, covering
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Finding
from watchdog.core.story import OutboxEntry
from watchdog.core.surplus import Surplus
from watchdog.engine.dispatcher import Dispatcher, Manners, Outbox
from watchdog.gateways.journal import Journal
from watchdog.plugins import Letter, Notifier, Parameters


class FakeNotifier(Notifier[Parameters]):
    """Delivers into a list.

    Attributes:
        delivered: the targets of what was handed over, in order.
        tries: when (loop time) each delivery was tried.
    """

    kind: ClassVar[str] = "fake"
    parameters_type: ClassVar[type[Parameters]] = Parameters

    def __init__(self, name: str = "phone") -> None:
        super().__init__(name, Parameters())
        self.delivered: list[str] = []
        self.tries: list[float] = []
        self.letters: list[Letter] = []
        self.closed = 0
        self.errors: list[Exception] = []
        self.open = asyncio.Event()
        self.open.set()
        self.log: list[str] = []

    def fail_next(self, error: Exception | None = None) -> None:
        self.errors.append(error or DeliveryError("no network"))

    async def deliver(self, letter: Letter) -> str:
        self.tries.append(asyncio.get_running_loop().time())
        await self.open.wait()
        if self.errors:
            raise self.errors.pop(0)
        self.delivered.append(letter.news.target)
        self.log.append(letter.news.target)
        self.letters.append(letter)
        return letter.receipt or f"m{len(self.letters)}"

    async def prepare(self) -> None:
        self.log.append("prepare")

    async def close(self) -> None:
        self.closed += 1


class FailingOutbox:
    """A real journal some of whose calls fail."""

    def __init__(self, journal: Outbox) -> None:
        self.journal = journal
        self._errors: list[str] = []

    def fail_next(self, call: str) -> None:
        self._errors.append(call)

    def _answer(self, call: str) -> None:
        if call in self._errors:
            self._errors.remove(call)
            raise JournalError("the disk is full")

    async def bound(self, notifier: str, now: Moment) -> Surplus | None:
        self._answer("bound")
        return await self.journal.bound(notifier, now)

    async def surplus_told(self, notifier: str, surplus: Surplus) -> None:
        self._answer("surplus_told")
        await self.journal.surplus_told(notifier, surplus)

    async def undelivered(self, notifier: str, limit: int) -> tuple[OutboxEntry, ...]:
        self._answer("undelivered")
        return await self.journal.undelivered(notifier, limit)

    async def thread(self, notifier: str, incident: str) -> tuple[OutboxEntry, ...]:
        self._answer("thread")
        return await self.journal.thread(notifier, incident)

    async def delivered(self, ids: tuple[int, ...], notifier: str, receipt: str, now: Moment) -> None:
        self._answer("delivered")
        await self.journal.delivered(ids, notifier, receipt, now)

    async def silence(self, ids: tuple[int, ...], notifier: str, window: str, now: Moment) -> None:
        self._answer("silence")
        await self.journal.silence(ids, notifier, window, now)

    async def failed(
        self, ids: tuple[int, ...], notifier: str, error: str, *, permanent: bool, now: Moment
    ) -> None:
        self._answer("failed")
        await self.journal.failed(ids, notifier, error, permanent=permanent, now=now)


class Mail:
    """A dispatcher over a real journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.outbox = FailingOutbox(journal)
        self.clock = FakeClock()
        self.news = News()
        self.tasks = Tasks()
        self.silences: list[Window] = []

    async def silence(self, *targets: str) -> Window:
        """Silence these from now on, all without any."""
        name = f"s{await self.journal.windows.last_number() + 1}"
        now = self.clock.now()
        silence = begin_window(name, Purpose.SILENCE, targets or None, "ada", now, lasts=60.0)
        await self.journal.windows.begin(silence, "begun", (), now)
        self.silences.append(silence)
        return silence

    async def end(self, silence: Window) -> None:
        """The silence is over."""
        self.silences.remove(silence)
        await self.journal.windows.end(silence, "ended", (), tuple(self.silences), self.clock.now())

    def _silenced(self, target: str) -> Window | None:
        return covering(self.silences, Purpose.SILENCE, target, self.clock.now())

    async def begin(self, *notifiers: FakeNotifier, first_wait: float = 0.01) -> Dispatcher:
        for notifier in notifiers:
            await self.journal.undelivered(notifier.name)  # known from the first notification on
        dispatcher = Dispatcher(
            outbox=self.outbox,
            notifiers=notifiers,
            clock=self.clock,
            publish=self.news.publish,
            first_wait=first_wait,
            longest_wait=0.04,
            aside=0.0,
            prepare_after=0.05,
            silenced=self._silenced,
            redact=lambda text: text.replace("hunter2", "[hidden]"),
        )
        self.tasks.spawn("dispatcher", dispatcher.run())
        return dispatcher

    async def write(self, *targets: str) -> None:
        """Decide on one notification about each of these."""
        now = self.clock.now()
        for target in targets:
            told = Notification(telling=Telling.OPENED, target=target, at=now, finding=Finding("exited"))
            case = Case(check="containers", target=target, ledger=Ledger(target=target))
            await self.journal.save(case, (told,), "it fell", now)

    async def settled(self, notifier: str) -> None:
        """Wait until this notifier has nothing left to hand over."""
        async with asyncio.timeout(5):
            while await self.journal.undelivered(notifier):  # noqa: ASYNC110 - polls, with a deadline
                await asyncio.sleep(0)


@pytest.fixture
async def mail(tmp_path: Path) -> AsyncIterator[Mail]:
    """An outbox with nothing in it."""
    journal = await Journal.open(tmp_path / "journal.db")
    mail = Mail(journal)
    yield mail
    await mail.tasks.stop()
    await journal.close()


async def test_what_is_decided_is_delivered_in_order(mail: Mail) -> None:
    """Notifications arrive in the order of the decisions, each once."""
    phone = FakeNotifier()
    dispatcher = await mail.begin(phone)

    await mail.write(*"abc")
    dispatcher.wake()
    await until(lambda: len(phone.delivered) == 3)
    await mail.write("d")
    dispatcher.wake()
    await mail.settled("phone")

    assert phone.delivered == list("abcd")
    await until(lambda: mail.news.names() == ["notification.delivered"] * 4)


async def test_what_an_earlier_daemon_left_is_delivered_at_once(mail: Mail) -> None:
    """Nobody has to wake a dispatcher that starts over a full outbox."""
    phone = FakeNotifier()
    await mail.journal.undelivered("phone")
    await mail.write(*[f"t{number}" for number in range(60)])

    await mail.begin(phone)
    await mail.settled("phone")

    assert phone.delivered == [f"t{number}" for number in range(60)]


async def test_a_failed_delivery_is_tried_again_before_anything_later(mail: Mail) -> None:
    """Order holds across failures: nothing overtakes what could not be handed over."""
    phone = FakeNotifier()
    for _ in range(3):
        phone.fail_next()
    dispatcher = await mail.begin(phone)

    await mail.write(*"ab")
    dispatcher.wake()
    await mail.settled("phone")

    assert phone.delivered == ["a", "b"]
    assert mail.news.reasons("notification.failed") == ["no network"] * 3


async def test_each_wait_is_longer_than_the_one_before(mail: Mail) -> None:
    """A notifier that cannot deliver is left more and more in peace, up to the longest wait; waking changes nothing."""
    phone = FakeNotifier()
    for _ in range(4):
        phone.fail_next()
    dispatcher = await mail.begin(phone)
    await mail.write("a")
    dispatcher.wake()
    await until(lambda: len(phone.tries) == 2)
    dispatcher.wake()
    await mail.settled("phone")

    waits = [late - early for early, late in pairwise(phone.tries)]
    assert waits[0] >= 0.01
    assert waits[1] >= 0.02
    assert waits[2] >= 0.04
    assert 0.04 <= waits[3] < 0.079


async def test_what_is_refused_for_good_is_not_tried_again(mail: Mail) -> None:
    """A notification that can never be handed over stands in nobody's way."""
    phone = FakeNotifier()
    phone.fail_next(DeliveryError("chat not found", permanent=True))
    dispatcher = await mail.begin(phone)

    await mail.write(*"ab")
    dispatcher.wake()
    await mail.settled("phone")

    assert phone.delivered == ["b"]
    assert len(phone.tries) == 2
    assert mail.news.reasons("notification.failed") == ["chat not found"]


async def test_a_slow_notifier_delays_no_other(mail: Mail) -> None:
    """One that hangs, and one that fails, leave the third alone."""
    slow, failing, quick = FakeNotifier("slow"), FakeNotifier("failing"), FakeNotifier("quick")
    slow.open.clear()
    failing.fail_next()
    dispatcher = await mail.begin(slow, failing, quick, first_wait=30.0)

    await mail.write(*"ab")
    dispatcher.wake()
    await mail.settled("quick")

    assert quick.delivered == ["a", "b"]
    assert slow.delivered == []
    assert failing.delivered == []


async def test_a_broken_notifier_is_tried_again_and_silences_no_other(mail: Mail) -> None:
    """A mistake in one notifier's code ends neither the others nor, for ever, itself."""
    broken, quick = FakeNotifier("broken"), FakeNotifier("quick")
    broken.fail_next(KeyError("chat"))
    dispatcher = await mail.begin(broken, quick)

    await mail.write(*"ab")
    dispatcher.wake()
    await mail.settled("quick")
    await mail.settled("broken")

    assert broken.delivered == quick.delivered == ["a", "b"]
    assert mail.news.reasons("notification.failed") == ["the notifier itself failed: KeyError: 'chat'"]


@pytest.mark.parametrize("call", ["bound", "undelivered", "delivered", "failed", "silence"])
async def test_a_failing_journal_does_not_end_the_dispatcher(mail: Mail, call: str) -> None:
    """Everything is delivered once the journal works again; what was sent and not written down, twice."""
    phone = FakeNotifier()
    if call == "failed":
        phone.fail_next()
    if call == "silence":
        await mail.silence("b")
    mail.outbox.fail_next(call)
    dispatcher = await mail.begin(phone)

    await mail.write(*"ab")
    dispatcher.wake()
    await mail.settled("phone")

    delivered = {"delivered": ["a", "a", "b"], "silence": ["a"]}
    assert phone.delivered == delivered.get(call, ["a", "b"])
    assert "the disk is full" in mail.news.reasons("notification.failed")


async def test_why_a_delivery_failed_is_kept_without_secrets(mail: Mail) -> None:
    """A notifier that breaks may say anything in its error; the journal keeps none of the secrets."""
    broken = FakeNotifier("broken")
    for _ in range(1000):
        broken.fail_next(RuntimeError("login with hunter2"))
    dispatcher = await mail.begin(broken)
    await mail.write("a")
    dispatcher.wake()

    async with asyncio.timeout(5):
        while not (kept := (await mail.journal.undelivered("broken"))[0].error):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)

    assert kept == "the notifier itself failed: RuntimeError: login with [hidden]"


async def test_a_reload_brings_and_takes_notifiers(mail: Mail) -> None:
    """Notifiers that are new begin to deliver, those that are gone deliver no more, the others go on."""
    phone, letter, pigeon = FakeNotifier("phone"), FakeNotifier("letter"), FakeNotifier("pigeon")
    dispatcher = await mail.begin(phone, pigeon)
    await mail.write("a")
    dispatcher.wake()
    await until(lambda: phone.delivered == pigeon.delivered == ["a"])

    await mail.journal.let_go_of_the_past()
    dispatcher.replace((phone, letter))
    await mail.write("b")
    dispatcher.wake()
    await until(lambda: phone.delivered == ["a", "b"] and letter.delivered == ["b"])

    assert pigeon.delivered == ["a"]
    assert dispatcher.names() == ("phone", "letter")
    dispatcher.replace((phone, pigeon))
    await until(lambda: pigeon.delivered == ["a", "b"])


async def test_a_mended_notifier_is_tried_at_once(mail: Mail) -> None:
    """Nobody waits out the pauses of a notifier whose configuration was just mended."""
    broken, mended = FakeNotifier("phone"), FakeNotifier("phone")
    broken.fail_next()
    dispatcher = await mail.begin(broken, first_wait=3600)
    await mail.write("a")
    dispatcher.wake()
    await until(lambda: "notification.failed" in mail.news.names())

    dispatcher.replace((mended,))

    await until(lambda: mended.delivered == ["a"])


async def test_each_loop_says_that_it_lives_also_while_it_waits_to_try_again(mail: Mail) -> None:
    """A notifier that cannot be reached is no loop that stands still; trying again is not hurried by the question."""
    phone = FakeNotifier("phone")
    phone.fail_next()
    dispatcher = await mail.begin(phone, first_wait=30)
    await mail.write("app")
    dispatcher.wake()
    await until(lambda: mail.news.reasons("notification.failed"))

    async with asyncio.timeout(2):
        for _ in range(3):
            await dispatcher.acknowledge("phone")

    assert len(phone.tries) == 1


async def test_a_loop_whose_notifier_hangs_does_not_answer(mail: Mail) -> None:
    """Only the one that hangs; it answers when it goes on, and one that is not there keeps nobody waiting."""
    phone, log = FakeNotifier("phone"), FakeNotifier("log")
    phone.open.clear()
    dispatcher = await mail.begin(phone, log)
    await mail.write("app")
    dispatcher.wake()
    await until(lambda: phone.tries)

    await asyncio.wait_for(dispatcher.acknowledge("log"), 2)
    await asyncio.wait_for(dispatcher.acknowledge("nobody"), 2)
    asked = asyncio.create_task(dispatcher.acknowledge("phone"))
    await asyncio.sleep(0.02)
    assert not asked.done()
    phone.open.set()
    await asyncio.wait_for(asked, 2)


class Phone(FakeNotifier):
    """One that can edit what it sent."""

    edits: ClassVar[bool] = True


def an_incident_of(target: str) -> Incident:
    return Incident(
        id="1",
        check="containers",
        target=target,
        playbook="container-crash",
        severity=Severity.HIGH,
        opened=FakeClock().now(),
        finding=Finding("exited"),
    )


async def tell(mail: Mail, *tellings: Telling, severity: Severity = Severity.HIGH) -> None:
    """Decide that these are told of incident 1."""
    now, incident = mail.clock.now(), an_incident_of("app")
    case = Case(check="containers", target="app", ledger=Ledger(target="app"), incident=incident)
    for telling in tellings:
        told = Notification(
            telling=telling,
            target="app",
            at=now,
            finding=Finding("exited"),
            severity=severity,
            incident="1",
        )
        await mail.journal.save(case, (told,), "decided", now)


async def test_one_incident_is_one_message_that_is_edited(mail: Mail) -> None:
    """What comes later changes the message that people have; a human who is needed gets a new one, and its end too."""
    phone = Phone()
    dispatcher = await mail.begin(phone)
    for telling in (Telling.OPENED, Telling.ACTING, Telling.ESCALATED, Telling.ACTING, Telling.HEALED):
        await tell(mail, telling)
        dispatcher.wake()
        await mail.settled("phone")

    assert [letter.receipt for letter in phone.letters] == ["", "m1", "", "m3", ""]
    assert [letter.reply_to for letter in phone.letters] == ["", "", "m1", "", "m1"]
    assert [len(letter.notifications) for letter in phone.letters] == [1, 2, 3, 4, 5]


async def test_what_waited_goes_into_one_message(mail: Mail) -> None:
    """While nothing can be sent an incident goes on; people then get one message of how it stands."""
    phone = Phone()
    phone.fail_next(DeliveryError("too many requests", retry_after=0.05))
    dispatcher = await mail.begin(phone)
    await tell(mail, Telling.OPENED)
    dispatcher.wake()
    await until(lambda: phone.tries)
    await tell(mail, Telling.ACTING, Telling.HEALED)
    dispatcher.wake()
    await mail.settled("phone")

    (letter,) = phone.letters
    assert [each.telling.value for each in letter.notifications] == ["opened", "acting", "healed"]
    assert not letter.loud
    assert phone.tries[1] - phone.tries[0] >= 0.05


async def test_a_channel_that_is_shut_is_tried_only_with_news(mail: Mail) -> None:
    """A refused token is not tried again and again; nothing is lost, and the next news opens the door again."""
    phone = FakeNotifier()
    phone.fail_next(DeliveryError("the token is refused", blocked=True))
    dispatcher = await mail.begin(phone)
    await mail.write("a")
    dispatcher.wake()
    await until(lambda: mail.news.reasons("notification.failed"))
    for _ in range(3):
        await dispatcher.acknowledge("phone")
    assert len(phone.tries) == 1

    await mail.write("b")
    dispatcher.wake()
    await mail.settled("phone")

    assert phone.delivered == ["a", "b"]


async def test_a_notifier_that_never_returns_is_given_up_and_tried_again(mail: Mail) -> None:
    """A connection that swallows everything holds nobody for longer than its deadline."""
    phone = FakeNotifier()
    phone.open.clear()
    await mail.journal.undelivered("phone")
    dispatcher = Dispatcher(
        outbox=mail.outbox,
        notifiers=(phone,),
        clock=mail.clock,
        publish=mail.news.publish,
        first_wait=0.01,
        within=0.02,
    )
    mail.tasks.spawn("dispatcher", dispatcher.run())
    await mail.write("a")
    dispatcher.wake()
    await until(lambda: len(phone.tries) == 2)
    phone.open.set()
    await mail.settled("phone")

    assert phone.delivered == ["a"]
    assert mail.news.reasons("notification.failed")[0] == "it was not done within 0.02 s"


async def test_quiet_hours_and_language_go_with_the_letter(mail: Mail) -> None:
    """At night only what is critical makes a sound; the language is the one that people asked for."""
    phone = Phone()
    await mail.journal.undelivered("phone")
    always = QuietHours(begin=time(0), end=time(23, 59, 59, 999999))
    dispatcher = Dispatcher(
        outbox=mail.outbox,
        notifiers=(phone,),
        clock=mail.clock,
        publish=mail.news.publish,
        manners=lambda: Manners(language="fr", quiet=always),
    )
    mail.tasks.spawn("dispatcher", dispatcher.run())
    for severity in (Severity.HIGH, Severity.CRITICAL):
        await tell(mail, Telling.ESCALATED, severity=severity)
        dispatcher.wake()
        await mail.settled("phone")

    assert [(letter.loud, letter.language) for letter in phone.letters] == [(False, "fr"), (True, "fr")]


async def test_connections_are_let_go_of(mail: Mail) -> None:
    """A notifier that a reload takes away, and each one at the end, closes what it holds open; failing at it harms nobody."""
    gone, stays = FakeNotifier("gone"), FakeNotifier("stays")
    dispatcher = await mail.begin(gone, stays)
    await dispatcher.acknowledge("gone")
    dispatcher.replace((stays,))
    await until(lambda: gone.closed == 1)

    await mail.tasks.stop()

    assert (gone.closed, stays.closed) == (1, 1)


async def test_a_silenced_target_is_kept_back_and_the_others_are_told(mail: Mail) -> None:
    """A silence holds for its targets, however critical, also for what was decided before it began."""
    phone = FakeNotifier()
    await mail.journal.undelivered("phone")
    await mail.write(*"ab")
    silence = await mail.silence("a")
    dispatcher = await mail.begin(phone)
    await mail.write("a")
    await tell(mail, Telling.OPENED, severity=Severity.CRITICAL)
    dispatcher.wake()
    await mail.settled("phone")
    assert phone.delivered == ["b", "app"]

    await mail.end(silence)
    await mail.write(*"ac")
    dispatcher.wake()
    await mail.settled("phone")
    assert phone.delivered == ["b", "app", "a", "c"]


async def test_at_the_end_of_a_silence_there_is_one_message_for_each_open_incident(mail: Mail) -> None:
    """However much happened meanwhile: how it stands, with all that was decided, and loud if a human is wanted."""
    phone, log = Phone("phone"), FakeNotifier("log")
    silence = await mail.silence()
    dispatcher = await mail.begin(phone, log)
    await tell(mail, Telling.OPENED, Telling.ACTING, Telling.ESCALATED)
    dispatcher.wake()
    await mail.settled("phone")
    await mail.settled("log")
    assert phone.letters == log.letters == []

    await mail.end(silence)
    dispatcher.wake()
    await mail.settled("phone")
    await mail.settled("log")
    assert [len(letter.notifications) for letter in phone.letters] == [3]
    assert [letter.news.telling.value for letter in (*phone.letters, *log.letters)] == [
        "escalated",
        "escalated",
    ]
    assert (phone.letters[0].receipt, phone.letters[0].loud) == ("", True)


async def test_a_silence_that_begins_while_nothing_can_be_sent(mail: Mail) -> None:
    """What waited for a notifier that cannot be reached is not sent in the silence once it can."""
    phone = FakeNotifier()
    phone.fail_next()
    dispatcher = await mail.begin(phone, first_wait=0.02)
    await mail.write("a")
    dispatcher.wake()
    await until(lambda: mail.news.reasons("notification.failed"))
    await mail.silence("a")
    await mail.settled("phone")
    assert phone.delivered == []


async def test_a_silenced_target_is_not_told_in_the_message_of_another(mail: Mail) -> None:
    """An incident tells of those that wait for it, but for those that are silenced; a silenced one tells of nobody."""
    phone = Phone()
    silence = await mail.silence("api")
    dispatcher = await mail.begin(phone)
    await tell(mail, Telling.OPENED)
    await affect(mail, "api", "web")
    dispatcher.wake()
    await mail.settled("phone")
    assert [each.target for each in phone.letters[-1].notifications] == ["app", "web"]

    await mail.end(silence)
    await mail.silence("app")
    await affect(mail, "db")
    dispatcher.wake()
    await mail.settled("phone")
    assert [each.target for each in phone.letters[-1].notifications] == ["app", "web"]


async def affect(mail: Mail, *targets: str) -> None:
    """Decide that these are told of in incident 1."""
    now = mail.clock.now()
    for target in targets:
        told = Notification(
            telling=Telling.AFFECTED, target=target, at=now, finding=Finding("exited"), incident="1"
        )
        case = Case(check="containers", target=target, ledger=Ledger(target=target))
        await mail.journal.save(case, (told,), "waits for app", now)


async def test_a_notifier_is_made_ready_when_there_is_nothing_to_tell(mail: Mail) -> None:
    """That is work: a daemon that has just started has others to heal first."""
    phone = FakeNotifier()
    await mail.journal.undelivered("phone")
    await mail.write("a")

    await mail.begin(phone)
    await until(lambda: len(phone.log) == 2)

    assert phone.log == ["a", "prepare"]


def an_outage(crashes: int, *, called: int = 0, goes_on: int = 0) -> list[tuple[Case, Notification]]:
    """What is decided while nobody can be told: incidents of three messages each, the newest of all in number order.

    Every one of the first `called` called a human, too; the last `goes_on` are not over. 100 targets take turns.
    """
    now, decided = FakeClock().now(), []
    for number in range(1, crashes + 1):
        opened = replace(an_incident_of(f"t{number % 100}"), id=str(number))
        ending = Telling.ACTING if number > crashes - goes_on else Telling.HEALED
        calls = (Telling.ESCALATED,) if number <= called else ()
        for telling in (Telling.OPENED, Telling.ACTING, *calls, ending):
            over = telling is Telling.HEALED
            incident = (
                replace(opened, phase=Phase.RESOLVED, ending=Ending.HEALED, resolved=now) if over else opened
            )
            told = Notification(
                telling=telling,
                target=opened.target,
                at=now,
                finding=Finding("exited"),
                incident=opened.id,
            )
            ledger = Ledger(target=opened.target)
            decided.append(
                (Case(check="containers", target=opened.target, ledger=ledger, incident=incident), told)
            )
    return decided


@pytest.mark.parametrize("edits", [True, False])
async def test_a_channel_that_was_away_for_days_drowns_nobody(tmp_path: Path, *, edits: bool) -> None:
    """Of 3,000 messages 1,000 are kept; what goes on is told whole, and how many are left out, also after a restart."""
    path = tmp_path / "journal.db"
    decided = an_outage(995, called=5, goes_on=3)[:2990]
    journal = await Journal.open(path)
    away = (Phone if edits else FakeNotifier)("phone")
    for _ in range(10_000):
        away.fail_next()
    mail = Mail(journal)
    try:
        await mail.begin(away)
        for case, told in decided:
            await journal.save(case, (told,), "decided", told.at)
        tries = len(away.tries)
        await until(lambda: len(away.tries) >= tries + 2)
        kept = (await journal.depths(("phone",)))["phone"]
    finally:
        await mail.tasks.stop()
        await journal.close()

    journal = await Journal.open(path)
    back = (Phone if edits else FakeNotifier)("phone")
    mail = Mail(journal)
    try:
        await mail.begin(back)
        async with asyncio.timeout(20):
            while await journal.undelivered("phone", 1):  # noqa: ASYNC110 - polls, with a deadline
                await asyncio.sleep(0)
        await until(lambda: mail.news.names()[-1] == "notification.delivered")
    finally:
        await mail.tasks.stop()
        await journal.close()

    assert 997 <= kept <= 1000  # what is over goes as a whole
    first, *others = back.letters
    assert first.news.telling is Telling.LEFT_OUT
    assert first.news.facts["count"] == len(decided) - kept
    assert not first.loud
    letters = {each.incident: letter for letter in others for each in letter.notifications}
    calls = [each for letter in others for each in letter.notifications if each.telling is Telling.ESCALATED]
    assert [each.incident for each in calls] == ["1", "2", "3", "4", "5"]
    assert {"993", "994", "995"} <= letters.keys()
    if edits:
        assert len(others) == len(letters) < 1000
        assert letters["1"].left_out == 1  # that a step began; that it was called for, and is over, is told
        assert letters["995"].news.telling is Telling.ACTING
    else:
        assert len(others) == kept
        assert [letter.left_out for letter in others if letter.news.incident == "1"] == [0, 1, 0]


async def test_what_was_left_out_is_told_once(mail: Mail) -> None:
    """A channel that takes the news, and one that refuses it for good, is not told of it again; the rest follows."""
    phone = FakeNotifier()
    phone.fail_next()
    phone.fail_next(DeliveryError("too long", permanent=True))
    await mail.journal.undelivered("phone")
    for case, told in an_outage(400):
        await mail.journal.save(case, (told,), "decided", told.at)
    await mail.begin(phone)
    await until(lambda: len(phone.letters) == 1000, 20)

    assert not [letter for letter in phone.letters if letter.news.telling is Telling.LEFT_OUT]
    assert mail.news.names().count("notification.left_out") == 1


async def test_a_journal_that_cannot_keep_that_it_was_told_tells_again(mail: Mail) -> None:
    """At least once: how many were left out is said twice rather than never."""
    phone = FakeNotifier()
    await mail.journal.undelivered("phone")
    mail.outbox.fail_next("surplus_told")
    for case, told in an_outage(335):
        await mail.journal.save(case, (told,), "decided", told.at)
    await mail.begin(phone)
    await until(lambda: len(phone.letters) == 1002, 20)

    news = [letter.news.telling for letter in phone.letters[:3]]
    assert news == [Telling.LEFT_OUT, Telling.LEFT_OUT, Telling.OPENED]
