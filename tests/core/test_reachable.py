"""Where a page may be asked for."""

from __future__ import annotations

import pytest

from watchdog.core.reachable import object_to_address, object_to_url


@pytest.mark.parametrize(
    "url",
    [
        "https://dash.example.com/api/health",
        "http://grafana:3000/",
        "http://10.0.0.7/",
        "http://127.0.0.1:8080/",
        "http://[::1]:3000/",
    ],
)
def test_pages_may_be_asked(url: str) -> None:
    """Names, private addresses and this machine: that is where a stack is."""
    assert object_to_url(url) == ""


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "begins neither"),
        ("dash.example.com", "begins neither"),
        ("file:///etc/passwd", "begins neither"),
        ("http://", "names no host"),
        ("http://:80/", "names no host"),
        ("http://x:0/", "names no host"),
        ("http://x:99999/", "is no URL"),
        ("http://[x/", "is no URL"),
        ("http://a b/", "is no URL"),
        ("http://x/" + "y" * 3000, "is no URL"),
        ("http://user@x/", "user's name"),
        ("http://user:secret@x/", "user's name"),
        ("http://169.254.169.254/", "link-local"),
        ("http://[fe80::1%25eth0]/", "link-local"),
        ("http://[::ffff:169.254.169.254]/", "link-local"),
        ("http://[fd00:ec2::254]/", "metadata"),
        ("http://100.100.100.200/", "metadata"),
        ("http://224.0.0.1/", "no address of one host"),
        ("http://0.0.0.0/", "no address of one host"),
        ("http://[::]/", "no address of one host"),
        # An IPv4 address within an IPv6 one, as some networks translate it.
        ("http://[64:ff9b::169.254.169.254]/", "link-local"),
        ("http://[::169.254.169.254]/", "link-local"),
        # Letters that look like digits and dots become them where a name is looked up.
        ("http://\uff11\uff16\uff19.254.169.254/", "ASCII"),
        ("http://169。254。169。254/", "ASCII"),
        ("http://société.example/", "xn--"),
    ],
)
def test_what_is_no_page_is_refused_with_a_reason(url: str, why: str) -> None:
    """Neither files, nor addresses that hand out credentials, nor URLs that hold some."""
    objection = object_to_url(url)
    assert why in objection
    assert "secret" not in objection


def test_a_name_is_judged_by_where_it_leads() -> None:
    """A name itself is no objection; its address is looked at when it is known."""
    assert object_to_address("metadata.google.internal") == ""
    assert object_to_address("169.254.169.254") != ""
