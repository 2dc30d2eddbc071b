"""Does a page answer as it should, through its front and straight at what is behind it?"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from watchdog.core.http_judgement import Expected, Fetched, Page, PageResult, judge_page
from watchdog.core.observation import Observation
from watchdog.core.reachable import object_to_url
from watchdog.core.web_front import Ways, WebTrouble, judge_front
from watchdog.gateways.http_probe import PageCaller
from watchdog.gateways.trust import Trust, read_trust
from watchdog.gateways.vantage import place_from_here, url_from_here
from watchdog.plugins import Check, Duration, Parameters, Tools

_AT = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,126}[A-Za-z0-9])?(:[1-9][0-9]{0,4})?")
_NUMERIC_HOST = re.compile(r"https?://(\[|[0-9.]+([:/]|$))")
_LARGEST_PORT = 65535

JsonValue = str | int | float | bool | None


def _may_be_asked(url: str) -> str:
    objection = object_to_url(url) if url else ""
    if objection:
        raise ValueError(f"{objection}; write https://host/path")
    return url


def _is_a_host(at: str) -> str:
    port = at.rpartition(":")[2] if ":" in at else "1"
    if at and (not _AT.fullmatch(at) or int(port) > _LARGEST_PORT):
        raise ValueError("is no host; write the name of the front's container, such as nginx or nginx:443")
    return at


Url = Annotated[str, AfterValidator(_may_be_asked)]
Trusted = Annotated[
    Trust, Field(description="`verify`, `off`, or the path of a CA file"), BeforeValidator(read_trust)
]


class PageParameters(Parameters):
    """One page. `url` is what people ask; `at` where its front is found inside the stack's network.

    Without `at` the front is found by the URL's own name, as people find it. With `at` and `outside: true` both
    ways are asked, which tells a name or a network outside of the stack from trouble inside of it.
    """

    url: Url = Field(min_length=1)
    at: Annotated[str, AfterValidator(_is_a_host)] = ""
    direct: Url = ""
    outside: bool = Field(default=False, strict=True)
    front: str = ""
    app: str = ""
    status: tuple[Annotated[int, Field(ge=100, le=599, strict=True)], ...] = Field(
        default=(200,), min_length=1
    )
    text: str = ""
    values: Annotated[
        Mapping[str, JsonValue], Field(description="a mapping of paths in the JSON to their values")
    ] = Field(default={})
    tls: Trusted = Trust()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.at and _NUMERIC_HOST.match(self.url):
            raise ValueError("has `at`, and a URL with an address in place of a name; write one of them")
        if self.outside and not self.at:
            raise ValueError("asks from outside only, as it has no `at`; add `at`, or remove `outside`")
        return self

    @property
    def expected(self) -> Expected:
        """What an answer has to be."""
        return Expected(statuses=frozenset(self.status), text=self.text, values=self.values)


class HttpParameters(Parameters):
    """The pages by name; each is a target of its own. `timeout`: for each way, all ways are asked at once."""

    pages: Annotated[
        Mapping[str, PageParameters], Field(description="a mapping of names to pages", min_length=1)
    ]
    timeout: Duration = Field(default=5.0, ge=0.1, le=30)


class Http(Check[HttpParameters]):
    """Asks for a page on each way that is configured, and compares."""

    kind: ClassVar[str] = "http"
    findings: ClassVar[frozenset[str]] = frozenset(trouble.value for trouble in WebTrouble)
    every: ClassVar[float] = 15.0
    failures: ClassVar[int] = 2
    parameters_type: ClassVar[type[Parameters]] = HttpParameters

    def __init__(self, name: str, parameters: HttpParameters) -> None:
        super().__init__(name, parameters)
        self._caller = PageCaller()

    def targets(self) -> tuple[str, ...] | None:
        """The names of the pages."""
        return tuple(self.parameters.pages)

    async def probe(self, target: str, tools: Tools) -> Observation:
        """Ask on all ways at once."""
        page = self.parameters.pages[target]
        began = tools.clock.now()
        at = await place_from_here(page.at, tools.containers, tools.engine)
        direct = await url_from_here(page.direct, tools.containers, tools.engine)
        found = page.model_copy(update={"at": at, "direct": direct})
        fetched = dict(await asyncio.gather(*(self._ask(way, found) for way in _ways(page))))
        asked = {way: judge_page(answer, page.expected) for way, answer in fetched.items()}
        judged = judge_front(
            Ways(
                front=asked["front"],
                direct=asked.get("direct"),
                public=asked.get("public"),
                front_by_name=not page.at,
                front_down=bool(page.front) and tools.containers.known_down(page.front),
                app_down=bool(page.app) and tools.containers.known_down(page.app),
                front_up=_is_up(page.front, tools),
                app_up=_is_up(page.app, tools),
            )
        )
        named = {"front": page.front or "the front", "app": page.app or "the application"}
        return Observation(
            check=self.name,
            target=target,
            status=judged.status,
            finding=type(judged.finding)(judged.finding.kind, {**judged.finding.facts, **named}),
            at=began,
            because_of=tuple(
                name
                for name, explains in (
                    (page.front, judged.of_front),
                    (page.app, judged.of_app),
                    # Its domain is a target, too, where certificates are watched: that one's remedy is for it.
                    (urlsplit(page.url).hostname or "", judged.of_certificate),
                )
                if name and explains
            ),
            explains=(page.front,) if page.front and judged.explains_front else (),
            evidence=tuple(f"{_WORDS[way]}: {_tell(answer)}" for way, answer in asked.items()),
            measurements={f"{way}_seconds": round(answer.seconds, 6) for way, answer in fetched.items()},
        )

    async def _ask(self, way: str, page: PageParameters) -> tuple[str, Fetched]:
        url, at = (page.direct, "") if way == "direct" else (page.url, page.at if way == "front" else "")
        return way, await self._caller.get(url, at=at, trust=page.tls, within=self.parameters.timeout)


_WORDS = {
    "front": "through the front",
    "direct": "straight at the application",
    "public": "by its public name",
}


def _is_up(target: str, tools: Tools) -> bool:
    known = bool(target) and tools.containers.container_of(target) is not None
    return known and not tools.containers.known_down(target)


def _ways(page: PageParameters) -> tuple[str, ...]:
    return ("front", *(("direct",) if page.direct else ()), *(("public",) if page.outside else ()))


def _tell(page: Page) -> str:
    return "as expected" if page.result is PageResult.OK else page.detail or page.result.value
