"""What is wrong with a certificate."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from watchdog.core.certificate import (
    Certificate,
    CertificateRules,
    CertificateTrouble,
    Filed,
    Served,
    Trusted,
    is_for,
    judge_certificate,
)
from watchdog.core.observation import Status

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOST = "dash.example.com"


def certificate(
    left: timedelta = 80 * DAY, lifetime: timedelta = 90 * DAY, name: str = HOST, print_: str = "a"
) -> Certificate:
    ends = NOW + left
    return Certificate(
        fingerprint=print_, key_print="k", names=(name,), issuer="CN=ours", begins=ends - lifetime, ends=ends
    )


def served(shown: Certificate | None = None, **more: object) -> Served:
    return replace(Served(certificate=shown or certificate(), chain=2, trusted=Trusted.YES), **more)  # type: ignore[arg-type]


def filed(there: Certificate | None = None, **more: object) -> Filed:
    return replace(Filed(certificate=there or certificate(), chain=2, key_fits=True), **more)  # type: ignore[arg-type]


def judge(shown: Served, there: Filed | None = None) -> tuple[str, Status]:
    judged = judge_certificate(HOST, shown, there, NOW, CertificateRules())
    return judged.trouble.value, judged.status


def test_a_good_certificate_is_well() -> None:
    """Served and in its file, with its end and its issuer as facts."""
    judged = judge_certificate(HOST, served(), filed(), NOW, CertificateRules())
    assert (judged.trouble, judged.status, judged.also) == (CertificateTrouble.WELL, Status.OK, ())
    assert (judged.facts["days"], judged.facts["ends"]) == (80.0, "2027-02-11 12:00 UTC")


@pytest.mark.parametrize(
    ("lifetime", "left", "kind"),
    [
        # 90 days: due at 30, critical at 9.
        (90 * DAY, 31 * DAY, "cert_well"),
        (90 * DAY, 29 * DAY, "cert_ending"),
        (90 * DAY, 9.1 * DAY, "cert_ending"),
        (90 * DAY, 8.9 * DAY, "cert_ends_soon"),
        # 45 days: due at 15, critical at 4.5.
        (45 * DAY, 16 * DAY, "cert_well"),
        (45 * DAY, 14 * DAY, "cert_ending"),
        (45 * DAY, 4.4 * DAY, "cert_ends_soon"),
        # 20 days: a tenth would be two days; three are the floor.
        (20 * DAY, 2.9 * DAY, "cert_ends_soon"),
        (20 * DAY, 3.1 * DAY, "cert_ending"),
        # 6 days: three would be half of its life.
        (6 * DAY, 2.9 * DAY, "cert_well"),
        (6 * DAY, 1.9 * DAY, "cert_ends_soon"),
        (90 * DAY, timedelta(seconds=-1), "cert_expired"),
        (90 * DAY, timedelta(0), "cert_expired"),
    ],
)
def test_its_end_is_judged_by_its_lifetime(lifetime: timedelta, left: timedelta, kind: str) -> None:
    """A certificate of 45 days is not due for renewal from the day it was made."""
    assert judge(served(certificate(left, lifetime)))[0] == kind


def test_each_trouble_of_the_served_one_has_its_name() -> None:
    """Not yet valid, for another host, self-signed, without its chain, of nobody known: each is told apart."""
    public = replace(certificate(), names_issuer=True)
    assert judge(served(certificate(200 * DAY))) == ("cert_not_yet_valid", Status.CRITICAL)
    assert judge(served(certificate(name="other.example.com"))) == ("cert_wrong_host", Status.CRITICAL)
    assert judge(served(trusted=Trusted.SELF_SIGNED)) == ("cert_self_signed", Status.CRITICAL)
    assert judge(served(public, chain=1, trusted=Trusted.NO_ISSUER)) == (
        "cert_chain_incomplete",
        Status.CRITICAL,
    )
    assert judge(served(chain=1, trusted=Trusted.NO_ISSUER))[0] == "cert_unknown_issuer"
    assert judge(served(chain=1, trusted=Trusted.NO_ISSUER), filed(chain=2))[0] == "cert_chain_incomplete"
    assert judge(served(trusted=Trusted.ROOT_UNKNOWN))[0] == "cert_unknown_issuer"
    assert judge(served(trusted=Trusted.OTHERWISE))[0] == "cert_untrusted"


def test_a_reason_that_is_known_is_told_once() -> None:
    """An expired one is not trusted either: that is no second trouble."""
    judged = judge_certificate(
        HOST, served(certificate(-DAY), trusted=Trusted.OTHERWISE), None, NOW, CertificateRules()
    )
    assert (judged.trouble.value, judged.also) == ("cert_expired", ())


def test_a_new_one_that_is_not_served_is_told_as_that() -> None:
    """The file holds a better one: a reload is enough, also when the served one has expired."""
    new, old = certificate(print_="new"), certificate(5 * DAY, print_="old")
    assert judge(served(old), filed(new)) == ("cert_not_served", Status.CRITICAL)
    assert judge(served(certificate(-DAY, print_="old")), filed(new))[0] == "cert_not_served"


def test_a_worse_one_in_the_file_is_not_to_be_served() -> None:
    """An older one, or a broken one, is told, and nothing calls for a reload."""
    good, older = certificate(), certificate(70 * DAY, print_="older")
    assert judge(served(good), filed(older)) == ("cert_file_differs", Status.WARNING)
    expired = certificate(-DAY, print_="expired")
    assert judge(served(good), filed(expired)) == ("cert_expired", Status.CRITICAL)
    mismatch = filed(certificate(print_="new"), key_fits=False)
    assert judge(served(certificate(5 * DAY)), mismatch)[0] in ("cert_key_mismatch", "cert_ends_soon")
    assert judge(served(good), mismatch) == ("cert_key_mismatch", Status.CRITICAL)


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (CertificateTrouble.GARBAGE, Status.CRITICAL),
        (CertificateTrouble.TOO_LARGE, Status.CRITICAL),
        (CertificateTrouble.FILE_MISSING, Status.WARNING),
        (CertificateTrouble.FILE_UNREADABLE, Status.WARNING),
    ],
)
def test_a_file_that_holds_none_is_told(trouble: CertificateTrouble, status: Status) -> None:
    """What the next start of the server would fall over is critical; what we may not see is not."""
    there = Filed(trouble=trouble)
    assert judge(served(), there) == (trouble.value, status)


@pytest.mark.parametrize(
    "trouble",
    [
        CertificateTrouble.HANDSHAKE_ENDLESS,
        CertificateTrouble.NO_TLS,
        CertificateTrouble.NO_CONNECTION,
        CertificateTrouble.NO_NAME,
    ],
)
def test_a_server_that_shows_none_is_unknown(trouble: CertificateTrouble) -> None:
    """Nothing was seen, so nothing follows; unless the file alone is reason enough."""
    silent = Served(trouble=trouble, detail="why")
    assert judge(silent, filed()) == (trouble.value, Status.UNKNOWN)
    assert judge(silent, filed(certificate(-DAY))) == ("cert_expired", Status.CRITICAL)


def test_all_that_is_wrong_is_kept() -> None:
    """The gravest is the finding, the rest stands beside it."""
    judged = judge_certificate(
        HOST,
        served(certificate(20 * DAY, name="other"), trusted=Trusted.SELF_SIGNED),
        Filed(trouble=CertificateTrouble.FILE_MISSING),
        NOW,
        CertificateRules(),
    )
    assert judged.trouble is CertificateTrouble.WRONG_HOST
    assert judged.also == ("cert_self_signed (served)", "cert_file_missing (file)")


@pytest.mark.parametrize(
    ("name", "host", "fits"),
    [
        ("dash.example.com", "dash.example.com", True),
        ("DASH.example.com.", "dash.EXAMPLE.com", True),
        ("*.example.com", "dash.example.com", True),
        ("*.example.com", "a.dash.example.com", False),
        ("*.example.com", "example.com", False),
        ("*.com", "example.com", False),
        ("d*.example.com", "dash.example.com", False),
        ("*", "localhost", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("*.0.0.1", "127.0.0.1", False),
        ("::1", "0:0:0:0:0:0:0:1", True),
    ],
)
def test_names_fit_as_browsers_have_it(name: str, host: str, fits: bool) -> None:
    """A star stands for one part of a name, the first, and for nothing of an address."""
    assert is_for(certificate(name=name), host) is fits


def test_a_life_of_no_length_breaks_nothing() -> None:
    """A certificate that ends when it begins is one like any other."""
    empty = certificate(timedelta(0), timedelta(0))
    assert empty.share_left(NOW) == 0.0
    assert judge(served(empty))[0] == "cert_expired"


def test_a_clock_that_is_seconds_behind_is_no_trouble() -> None:
    """An authority of one's own writes the present moment into what it issues, and clocks differ."""
    early = certificate(90 * DAY + timedelta(seconds=30))
    assert judge(served(early, trusted=Trusted.EARLY)) == ("cert_well", Status.OK)
    late = certificate(90 * DAY + timedelta(seconds=90))
    assert judge(served(late, trusted=Trusted.EARLY))[0] == "cert_not_yet_valid"


@pytest.mark.parametrize(
    ("trusted", "word"), [(Trusted.EXPIRED, "expired"), (Trusted.EARLY, "not valid yet")]
)
def test_dates_of_the_chain_are_told_as_those_of_the_chain(trusted: Trusted, word: str) -> None:
    """Nobody looks for the end of a certificate that has months left."""
    shown = served(trusted=trusted, detail="certificate has expired")
    judged = judge_certificate(HOST, shown, None, NOW, CertificateRules())
    assert judged.trouble is CertificateTrouble.UNTRUSTED
    assert word in str(judged.facts["reason"])
    assert "above it" in str(judged.facts["reason"])


def test_one_of_two_that_are_served_is_served() -> None:
    """A server with a certificate for each kind of key: the one in the file is not the one that we are shown."""
    ours, other = certificate(print_="ec"), certificate(70 * DAY, print_="rsa")
    assert judge(served(other), filed(ours))[0] == "cert_not_served"
    both = served(other, besides=frozenset({"ec", "rsa"}))
    assert judge(both, filed(ours)) == ("cert_well", Status.OK)
    assert judge(both, filed(certificate(2 * DAY, print_="ec"))) == ("cert_ends_soon", Status.CRITICAL)
