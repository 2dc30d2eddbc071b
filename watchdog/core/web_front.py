"""A page behind a front: which of the two is down, from the same page asked for on two or three ways.

Through the front (as people reach it, but inside the stack's network), straight at the application behind it, and,
where that is asked for, from outside by its public name. The front's own healthcheck goes through the application,
so that a dead application makes both look sick: restarting the front would heal nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from watchdog.core.http_judgement import Page, PageResult
from watchdog.core.observation import Fact, Finding, Status


class WebTrouble(StrEnum):
    """What can be found of a page; each is the kind of a finding."""

    WELL = "web_well"
    FRONT_DOWN = "web_front_down"
    FRONT_HANGS = "web_front_hangs"
    APP_DOWN = "web_app_down"
    BOTH_DOWN = "web_both_down"
    UPSTREAM_STALE = "web_upstream_stale"
    BEHIND_FRONT = "web_behind_front"
    TLS = "web_tls"
    WRONG_ANSWER = "web_wrong_answer"
    REDIRECT_REFUSED = "web_redirect_refused"
    DIRECT_ONLY = "web_direct_fails"
    OUTSIDE = "web_outside"
    NO_NAME = "web_no_name"
    RATE_LIMITED = "web_rate_limited"
    NO_SIGHT = "web_no_sight"


# What restarting or reloading something of the stack can mend. The rest is told.
MENDABLE = frozenset(
    {
        WebTrouble.FRONT_DOWN,
        WebTrouble.FRONT_HANGS,
        WebTrouble.APP_DOWN,
        WebTrouble.BOTH_DOWN,
        WebTrouble.UPSTREAM_STALE,
        WebTrouble.BEHIND_FRONT,
    }
)

_STATUS = {
    WebTrouble.WELL: Status.OK,
    # People are served: it is our own way to the application that is wrong.
    WebTrouble.DIRECT_ONLY: Status.WARNING,
    # All of the stack is well: nothing in it may be touched for it.
    WebTrouble.OUTSIDE: Status.WARNING,
    # These tell of our own eyes, not of the page.
    WebTrouble.NO_NAME: Status.UNKNOWN,
    WebTrouble.RATE_LIMITED: Status.UNKNOWN,
    WebTrouble.NO_SIGHT: Status.UNKNOWN,
}
# Whose own trouble explains the page's; the others are found nowhere but here, and are this check's own to mend.
_OF_FRONT = frozenset({WebTrouble.FRONT_DOWN, WebTrouble.FRONT_HANGS, WebTrouble.BOTH_DOWN})
_OF_APP = frozenset({WebTrouble.APP_DOWN, WebTrouble.BOTH_DOWN, WebTrouble.BEHIND_FRONT})
# The front itself is well: restarting it is not what mends it.
_AT_FRONT = frozenset({WebTrouble.APP_DOWN, WebTrouble.BEHIND_FRONT, WebTrouble.UPSTREAM_STALE})
_NOBODY_THERE = frozenset({PageResult.NO_NAME, PageResult.NO_CONNECTION, PageResult.BROKEN})
# It answers, if not as it should: it is there, and starting it again would mend none of these.
_ANSWERS = frozenset(
    {
        PageResult.OK,
        PageResult.TLS,
        PageResult.REDIRECT_REFUSED,
        PageResult.TOO_MANY_REDIRECTS,
        PageResult.RATE_LIMITED,
        PageResult.WRONG_STATUS,
    }
)
# These tell all by themselves.
_OF_FRONT_ALONE = {
    PageResult.RATE_LIMITED: WebTrouble.RATE_LIMITED,
    PageResult.TLS: WebTrouble.TLS,
    PageResult.REDIRECT_REFUSED: WebTrouble.REDIRECT_REFUSED,
    PageResult.TOO_MANY_REDIRECTS: WebTrouble.REDIRECT_REFUSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What became of one page on each way that it was asked for.

    Attributes:
        front: through the front.
        direct: straight at the application; None if that way is not configured.
        public: by its public name, from outside; None if that way is not configured.
        front_by_name: the front was found by the page's public name, not by its name inside the stack.
        front_down: the front's container is known to be down.
        app_down: the application's container is known to be down.
        front_up, app_up: the container is known, and not to be down.
    """

    front: Page
    direct: Page | None = None
    public: Page | None = None
    front_by_name: bool = False
    front_down: bool = False
    app_down: bool = False
    front_up: bool = False
    app_up: bool = False


@dataclass(frozen=True, slots=True)
class WebJudgement:
    """What is wrong with a page, how bad that is, and the facts."""

    trouble: WebTrouble
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        """How bad it is."""
        return _STATUS.get(self.trouble, Status.CRITICAL)

    @property
    def finding(self) -> Finding:
        """As a finding."""
        return Finding(self.trouble.value, self.facts)

    @property
    def of_front(self) -> bool:
        """Whether a sick front explains it."""
        return self.trouble in _OF_FRONT

    @property
    def explains_front(self) -> bool:
        """Whether a front that runs would be called unhealthy because of it: its healthcheck goes through the application."""
        return self.trouble in _AT_FRONT

    @property
    def of_certificate(self) -> bool:
        """Whether a sick certificate explains it."""
        return self.trouble is WebTrouble.TLS

    @property
    def of_app(self) -> bool:
        """Whether a sick application explains it."""
        return self.trouble in _OF_APP


def judge_front(ways: Ways) -> WebJudgement:
    """Which of the two is down, or what else it is."""
    trouble, why = _judge(ways)
    facts: dict[str, Fact] = {"reason": why.detail or why.result.value.replace("_", " ")}
    for name, page in (("through", ways.front), ("direct", ways.direct), ("public", ways.public)):
        if page is not None:
            facts[name] = page.result.value
    return WebJudgement(trouble, facts)


def _judge(ways: Ways) -> tuple[WebTrouble, Page]:
    front, direct = ways.front, ways.direct
    if front.ok:
        return _judge_served(ways)
    if direct is not None and direct.result is PageResult.NO_NAME and ways.app_up:
        # It is our own way that is not found, which says nothing of the application.
        return _judge(replace(ways, direct=None))
    if front.result in _OF_FRONT_ALONE:
        return _OF_FRONT_ALONE[front.result], front
    if front.result in _NOBODY_THERE:
        return _judge_no_front(ways)
    if direct is not None and direct.result not in _ANSWERS:
        return WebTrouble.APP_DOWN, direct
    match front.result:
        case PageResult.TIMED_OUT:
            return WebTrouble.FRONT_HANGS, front
        case PageResult.NO_UPSTREAM:
            return WebTrouble.BEHIND_FRONT if direct is None else WebTrouble.UPSTREAM_STALE, front
        case _:
            return WebTrouble.WRONG_ANSWER, front


def _judge_served(ways: Ways) -> tuple[WebTrouble, Page]:
    """Through the front it is as expected."""
    if ways.public is not None and not ways.public.ok:
        if ways.public.result is PageResult.RATE_LIMITED:
            return WebTrouble.WELL, ways.front
        no_name = ways.public.result is PageResult.NO_NAME
        return WebTrouble.NO_NAME if no_name else WebTrouble.OUTSIDE, ways.public
    if ways.direct is not None and not ways.direct.ok:
        return WebTrouble.DIRECT_ONLY, ways.direct
    return WebTrouble.WELL, ways.front


def _judge_no_front(ways: Ways) -> tuple[WebTrouble, Page]:
    """No front answered at all."""
    front, direct = ways.front, ways.direct
    no_name = front.result is PageResult.NO_NAME
    if no_name and (ways.front_up or (ways.front_by_name and not ways.front_down)):
        # A public name that nobody knows says nothing of the front; nor that we do not find one that runs.
        if direct is not None and direct.result not in {*_ANSWERS, PageResult.NO_NAME}:
            return WebTrouble.APP_DOWN, direct
        return WebTrouble.NO_NAME if ways.front_by_name else WebTrouble.NO_SIGHT, front
    if direct is None and no_name and not ways.front_down:
        return WebTrouble.NO_SIGHT, front
    if direct is None or direct.result in _ANSWERS:
        return WebTrouble.FRONT_DOWN, front
    if no_name and direct.result is PageResult.NO_NAME and not (ways.front_down and ways.app_down):
        # Docker forgets the name of a stopped container, and a watchdog outside the network knows none at all.
        if ways.front_down:
            return WebTrouble.FRONT_DOWN, front
        return (WebTrouble.APP_DOWN, direct) if ways.app_down else (WebTrouble.NO_SIGHT, front)
    return WebTrouble.BOTH_DOWN, front
