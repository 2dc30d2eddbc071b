"""Which messages are left out when too many wait for a channel."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from watchdog.core.notification import ASKING, Telling
from watchdog.core.surplus import Waiting, choose_surplus

T = Telling


def waiting(*tellings: Telling, incident: str | None = "1", first: int = 1, **facts: bool) -> list[Waiting]:
    """Messages of one incident, in this order."""
    return [
        Waiting(id=number, telling=telling, target="api", incident=incident, **facts)
        for number, telling in enumerate(tellings, first)
    ]


def left(of: list[Waiting], most: int) -> list[Telling]:
    """What is still told."""
    gone = choose_surplus(of, most)
    return [each.telling for each in of if each.id not in gone]


def test_nothing_is_left_out_while_few_wait() -> None:
    """A bound that is not reached changes nothing."""
    assert choose_surplus(waiting(T.OPENED, T.ACTING, T.HEALED, over=True), 3) == ()


def test_what_is_true_on_the_way_goes_first_and_the_oldest_of_it() -> None:
    """A step that began says nothing once the next one did."""
    many = waiting(T.OPENED, T.ACTING, T.ACTING, T.ESCALATED, T.REMINDED, T.REMINDED)

    assert left(many, 5) == [T.OPENED, T.ACTING, T.ESCALATED, T.REMINDED, T.REMINDED]
    assert left(many, 1) == [T.OPENED, T.ESCALATED, T.REMINDED]


def test_an_incident_of_which_people_heard_keeps_its_call_and_its_end() -> None:
    """Who was told that something fell is told what became of it."""
    heard = waiting(T.ACTING, T.ESCALATED, T.REMINDED, T.HEALED, over=True, begun=True)

    assert left(heard, 0) == [T.ESCALATED, T.HEALED]


def test_stories_that_are_over_go_whole_and_those_that_called_a_human_last() -> None:
    """What nobody heard of and is over is only counted; an open incident stays."""
    quiet = waiting(T.OPENED, T.HEALED, incident="2", first=10, over=True)
    called = waiting(T.OPENED, T.ESCALATED, T.HEALED, incident="1", over=True)
    open_one = waiting(T.OPENED, T.ESCALATED, incident="3", first=20)
    every = [*called, *quiet, *open_one]

    assert left(every, 6) == [T.OPENED, T.ESCALATED, T.HEALED, T.OPENED, T.ESCALATED]
    assert left(every, 4) == [T.OPENED, T.ESCALATED]


def test_outside_of_incidents_the_latest_of_its_kind_stays() -> None:
    """Held, released and held again is held; that the configuration broke is another matter."""
    news = waiting(T.HELD, T.RELEASED, T.CONFIG_BROKEN, T.HELD, T.JOURNAL_DAMAGED, incident=None)

    assert left(news, 0) == [T.CONFIG_BROKEN, T.HELD, T.JOURNAL_DAMAGED]


def test_two_that_wait_for_the_same_cause_are_two() -> None:
    """What is told of one target in an incident makes nothing worthless that is told of another."""
    followed = waiting(T.FOLLOWED, T.FOLLOWED)
    others = [followed[0], replace(followed[1], target="web")]

    assert left(others, 0) == [T.FOLLOWED, T.FOLLOWED]


@given(st.data())
def test_what_is_still_to_be_told_is_never_lost(data: st.DataObject) -> None:
    """Whatever waits: an incident is left out whole when it is over and unheard of, or keeps its calls and its end."""
    facts = {name: (data.draw(st.booleans()), data.draw(st.booleans())) for name in "abc"}
    of = data.draw(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(list(Telling))), max_size=40))
    many = [
        Waiting(
            id=number, telling=telling, target="t", incident=name, over=facts[name][0], begun=facts[name][1]
        )
        for number, (name, telling) in enumerate(of)
    ]
    most = data.draw(st.integers(0, 40))
    gone = set(choose_surplus(many, most))

    rest = [each for each in many if each.id not in gone]
    assert (
        len(rest) == len(many) if len(many) <= most else len(rest) <= most or not choose_surplus(rest, most)
    )
    for name, (over, begun) in facts.items():
        story = [each for each in many if each.incident == name]
        kept = [each for each in story if each.id not in gone]
        if not story or (not kept and over and not begun):
            continue
        assert kept[-1] is story[-1]
        called = {each.telling for each in story} & (ASKING - {T.REMINDED})
        stands = [each.telling for each in story if each.telling in (T.ASKED, T.HELD, T.RELEASED)]
        answered = {T.ASKED} if stands and stands[-1] is not T.ASKED else set()
        assert called - {each.telling for each in kept} <= answered | ({T.PROPOSED} if over else set())
