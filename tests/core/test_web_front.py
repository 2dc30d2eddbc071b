"""Which of front and application is down."""

from __future__ import annotations

from itertools import product
from typing import TypeAlias

import pytest

from watchdog.core.http_judgement import Page, PageResult
from watchdog.core.observation import Status
from watchdog.core.web_front import MENDABLE, Ways, WebJudgement, WebTrouble, judge_front

R: TypeAlias = PageResult
T: TypeAlias = WebTrouble


def ways(front: R, direct: R | None = None, public: R | None = None, **more: bool) -> Ways:
    def page(result: R | None) -> Page | None:
        return None if result is None else Page(result)

    return Ways(front=Page(front), direct=page(direct), public=page(public), **more)


@pytest.mark.parametrize(
    ("front", "direct", "trouble"),
    [
        (R.OK, R.OK, T.WELL),
        (R.OK, None, T.WELL),
        (R.OK, R.NO_CONNECTION, T.DIRECT_ONLY),
        # The front is down: refused, or its name gone with its container, or no HTTP at all.
        (R.NO_CONNECTION, R.OK, T.FRONT_DOWN),
        (R.NO_NAME, R.OK, T.FRONT_DOWN),
        (R.BROKEN, R.OK, T.FRONT_DOWN),
        (R.NO_CONNECTION, None, T.FRONT_DOWN),
        (R.TIMED_OUT, R.OK, T.FRONT_HANGS),
        # The application is down, and the front says so.
        (R.NO_UPSTREAM, R.NO_CONNECTION, T.APP_DOWN),
        (R.NO_UPSTREAM, R.NO_NAME, T.APP_DOWN),
        (R.NO_UPSTREAM, R.TIMED_OUT, T.APP_DOWN),
        (R.NO_UPSTREAM, R.NO_UPSTREAM, T.APP_DOWN),
        (R.TIMED_OUT, R.TIMED_OUT, T.APP_DOWN),
        (R.SERVER_ERROR, R.SERVER_ERROR, T.APP_DOWN),
        (R.WRONG_VALUE, R.WRONG_VALUE, T.APP_DOWN),
        # The application is well, and the front does not find it.
        (R.NO_UPSTREAM, R.OK, T.UPSTREAM_STALE),
        (R.NO_UPSTREAM, None, T.BEHIND_FRONT),
        (R.NO_CONNECTION, R.NO_CONNECTION, T.BOTH_DOWN),
        (R.NO_CONNECTION, R.NO_NAME, T.BOTH_DOWN),
        (R.NO_NAME, R.NO_CONNECTION, T.BOTH_DOWN),
        # What no restart mends.
        (R.TLS, R.OK, T.TLS),
        (R.REDIRECT_REFUSED, R.OK, T.REDIRECT_REFUSED),
        (R.TOO_MANY_REDIRECTS, None, T.REDIRECT_REFUSED),
        (R.WRONG_TEXT, R.OK, T.WRONG_ANSWER),
        (R.SERVER_ERROR, R.OK, T.WRONG_ANSWER),
        (R.WRONG_STATUS, None, T.WRONG_ANSWER),
        (R.RATE_LIMITED, R.OK, T.RATE_LIMITED),
        (R.RATE_LIMITED, R.NO_CONNECTION, T.RATE_LIMITED),
        # The application answers, if not as it should: it is not down, and starting it again mends nothing.
        (R.WRONG_STATUS, R.WRONG_STATUS, T.WRONG_ANSWER),
        (R.WRONG_STATUS, R.TLS, T.WRONG_ANSWER),
        (R.SERVER_ERROR, R.REDIRECT_REFUSED, T.WRONG_ANSWER),
        (R.NO_UPSTREAM, R.RATE_LIMITED, T.UPSTREAM_STALE),
        (R.NO_UPSTREAM, R.TLS, T.UPSTREAM_STALE),
        (R.TIMED_OUT, R.WRONG_STATUS, T.FRONT_HANGS),
        (R.NO_CONNECTION, R.WRONG_STATUS, T.FRONT_DOWN),
        (R.NO_CONNECTION, R.TOO_MANY_REDIRECTS, T.FRONT_DOWN),
    ],
)
def test_two_ways_tell_who_is_down(front: R, direct: R | None, trouble: T) -> None:
    """The same page through the front and straight at the application, compared."""
    assert judge_front(ways(front, direct)).trouble is trouble


@pytest.mark.parametrize(
    ("public", "trouble", "status"),
    [
        (R.OK, T.WELL, Status.OK),
        (R.NO_NAME, T.NO_NAME, Status.UNKNOWN),
        (R.NO_CONNECTION, T.OUTSIDE, Status.WARNING),
        (R.TIMED_OUT, T.OUTSIDE, Status.WARNING),
        (R.RATE_LIMITED, T.WELL, Status.OK),
    ],
)
def test_trouble_outside_is_no_reason_to_touch_the_stack(public: R, trouble: T, status: Status) -> None:
    """A name that is not found, or a network outside: all of the stack is well, so nothing is done."""
    judged = judge_front(ways(R.OK, R.OK, public))
    assert (judged.trouble, judged.status) == (trouble, status)


def test_names_that_nobody_knows_are_no_reason_to_act() -> None:
    """A watchdog that finds neither name may be outside of the network: it sees nothing, and does nothing."""
    for direct in (None, R.NO_NAME):
        judged = judge_front(ways(R.NO_NAME, direct))
        assert (judged.trouble, judged.status) == (T.NO_SIGHT, Status.UNKNOWN)


def test_a_public_name_that_is_lost_is_no_front_that_is_down() -> None:
    """Where the front is found by its public name only, a failing name server touches nothing."""
    for direct in (None, R.OK, R.NO_NAME):
        judged = judge_front(ways(R.NO_NAME, direct, front_by_name=True))
        assert (judged.trouble, judged.status) == (T.NO_NAME, Status.UNKNOWN)
    sick = judge_front(ways(R.NO_NAME, R.NO_CONNECTION, front_by_name=True))
    assert sick.trouble is T.APP_DOWN


@pytest.mark.parametrize(
    ("front_down", "app_down", "trouble"),
    [(True, False, T.FRONT_DOWN), (False, True, T.APP_DOWN), (True, True, T.BOTH_DOWN)],
)
def test_a_stopped_container_has_no_name_any_more(front_down: bool, app_down: bool, trouble: T) -> None:
    """Docker forgets the name of what is down: then it counts what the engine says of the containers."""
    judged = judge_front(ways(R.NO_NAME, R.NO_NAME, front_down=front_down, app_down=app_down))
    assert judged.trouble is trouble


@pytest.mark.parametrize(
    ("front", "trouble"),
    [
        (R.NO_UPSTREAM, T.BEHIND_FRONT),
        (R.WRONG_STATUS, T.WRONG_ANSWER),
        (R.NO_CONNECTION, T.FRONT_DOWN),
        (R.NO_NAME, T.NO_SIGHT),
        (R.OK, T.DIRECT_ONLY),
    ],
)
def test_a_name_that_only_we_do_not_find_says_nothing_of_an_application_that_runs(
    front: R, trouble: T
) -> None:
    """Its container runs: that we do not find its name is our trouble, or a mistake in the configuration."""
    assert judge_front(ways(front, R.NO_NAME, app_up=True)).trouble is trouble


@pytest.mark.parametrize(
    ("direct", "trouble"),
    [(None, T.NO_SIGHT), (R.OK, T.NO_SIGHT), (R.NO_NAME, T.NO_SIGHT), (R.NO_CONNECTION, T.APP_DOWN)],
)
def test_a_front_that_runs_is_not_down_because_we_do_not_find_its_name(direct: R | None, trouble: T) -> None:
    """A name server that is silent for us, or a mistake in `at`: people may be served all the same."""
    assert judge_front(ways(R.NO_NAME, direct, front_up=True)).trouble is trouble


def test_whatever_comes_has_a_judgement() -> None:
    """Every combination of results is judged, and only a trouble of the stack itself can be mended in it."""
    results: list[R | None] = [None, *R]
    for front, direct, public, named, down in product(R, results, results, (True, False), (True, False)):
        judged = judge_front(ways(front, direct, public, front_by_name=named, front_down=down))
        assert judged.facts["through"] == front.value
        assert judged.facts["reason"]
        if judged.trouble in MENDABLE:
            assert judged.status is Status.CRITICAL
            assert front is not R.OK
            assert front is not R.RATE_LIMITED
        if front is R.OK:
            assert judged.status is not Status.CRITICAL


def test_whose_trouble_explains_it() -> None:
    """A front that is down, an application that is down; what only the page shows is nobody else's."""
    explains = {
        trouble: (WebJudgement(trouble).of_front, WebJudgement(trouble).of_app) for trouble in WebTrouble
    }
    assert {trouble for trouble, (front, _) in explains.items() if front} == {
        T.FRONT_DOWN,
        T.FRONT_HANGS,
        T.BOTH_DOWN,
    }
    assert {trouble for trouble, (_, app) in explains.items() if app} == {
        T.APP_DOWN,
        T.BOTH_DOWN,
        T.BEHIND_FRONT,
    }
