"""What one GET means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from watchdog.core.http_judgement import Expected, Fetched, PageResult, Reach, judge_page


def answered(body: bytes = b"", status: int = 200, *, cut: bool = False) -> Fetched:
    return Fetched(reach=Reach.ANSWERED, status=status, body=body, cut=cut)


@pytest.mark.parametrize("reach", [reach for reach in Reach if reach is not Reach.ANSWERED])
def test_how_far_it_got_is_the_result(reach: Reach) -> None:
    """Each way of not being answered has a name of its own, and keeps its reason."""
    page = judge_page(Fetched(reach=reach, detail="why"), Expected())
    assert (page.result.value, page.detail, page.ok) == (reach.value, "why", False)


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, PageResult.OK),
        (204, PageResult.WRONG_STATUS),
        (404, PageResult.WRONG_STATUS),
        (429, PageResult.RATE_LIMITED),
        (500, PageResult.SERVER_ERROR),
        (502, PageResult.NO_UPSTREAM),
        (503, PageResult.NO_UPSTREAM),
        (504, PageResult.NO_UPSTREAM),
        (999, PageResult.SERVER_ERROR),
    ],
)
def test_a_status_has_its_result(status: int, result: PageResult) -> None:
    """Being asked too often is told apart from being sick, and a gateway from what is behind it."""
    assert judge_page(answered(status=status), Expected()).result is result


def test_an_expected_status_is_well_whatever_it_is() -> None:
    """A page that refuses whoever is not logged in may be well."""
    assert judge_page(answered(status=401), Expected(statuses=frozenset({401}))).ok


def test_the_text_is_looked_for() -> None:
    """In what was read of the body; that there was more of it is said."""
    expected = Expected(text="Welcome")
    assert judge_page(answered(b"<h1>Welcome</h1>"), expected).ok
    missing = judge_page(answered(b"<h1>Bienvenue</h1>", cut=True), expected)
    assert (missing.result, missing.detail) == (
        PageResult.WRONG_TEXT,
        "the expected text is not in its first 64 KiB",
    )
    assert judge_page(answered(b"\xff\xfeWelcome"), expected).ok


@pytest.mark.parametrize(
    ("body", "path", "wanted", "result"),
    [
        (b'{"database": "ok"}', "database", "ok", PageResult.OK),
        (b'{"a": [{"b": true}]}', "a.0.b", True, PageResult.OK),
        (b'{"a": 1}', "a", True, PageResult.WRONG_VALUE),
        (b'{"a": null}', "a", None, PageResult.OK),
        (b"{}", "a", None, PageResult.WRONG_VALUE),
        (b'{"a": [1]}', "a.1", 1, PageResult.WRONG_VALUE),
        (b'{"a": "ok"}', "a.b", "ok", PageResult.WRONG_VALUE),
        (b'"ok"', "a", "ok", PageResult.WRONG_VALUE),
        (b"<html>", "a", "ok", PageResult.NO_JSON),
        (b"", "a", "ok", PageResult.NO_JSON),
        (b"[" * 60000, "a", "ok", PageResult.NO_JSON),
        (b"\xff\xfe\x00", "a", "ok", PageResult.NO_JSON),
        (b'{"a": NaN}', "a", 1.0, PageResult.WRONG_VALUE),
    ],
)
def test_values_are_looked_up_in_json(body: bytes, path: str, wanted: object, result: PageResult) -> None:
    """By their path; whatever else comes is told by name and breaks nothing."""
    page = judge_page(answered(body), Expected(values={path: wanted}))  # type: ignore[dict-item]
    assert page.result is result


def test_what_was_cut_is_no_json() -> None:
    """Half a document is not judged."""
    assert judge_page(answered(b'{"a": 1}', cut=True), Expected(values={"a": 1})).result is PageResult.NO_JSON


def test_what_cannot_be_read_is_no_reason_if_nobody_wants_to_read_it() -> None:
    """A status is a status, whatever its body is packed in; a text that is expected has to be read."""
    packed = Fetched(reach=Reach.ANSWERED, status=200, unread="it is compressed in an unknown way")
    assert judge_page(packed, Expected()).ok
    assert judge_page(replace(packed, status=502), Expected()).result is PageResult.NO_UPSTREAM
    for expected, result in (
        (Expected(text="x"), PageResult.WRONG_TEXT),
        (Expected(values={"a": 1}), PageResult.NO_JSON),
    ):
        page = judge_page(packed, expected)
        assert (page.result, page.detail) == (result, "it is compressed in an unknown way")


def test_no_detail_holds_the_body() -> None:
    """What a page says may be secret: it is never repeated."""
    page = judge_page(answered(b'{"database": "s3cret"}'), Expected(values={"database": "ok"}))
    assert "s3cret" not in page.detail
