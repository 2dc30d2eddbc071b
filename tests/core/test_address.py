from __future__ import annotations

import pytest

from watchdog.core.address import Address, parse_address


@pytest.mark.parametrize(
    ("text", "shown", "loopback"),
    [
        ("127.0.0.1:9120", "127.0.0.1:9120", True),
        (" 0.0.0.0:1 ", "0.0.0.0:1", False),
        ("[::1]:9120", "[::1]:9120", True),
        ("[::]:65535", "[::]:65535", False),
        ("192.168.1.5:9120", "192.168.1.5:9120", False),
    ],
)
def test_an_address_is_read_and_written(text: str, shown: str, loopback: bool) -> None:
    """An IP address with its port is understood, and whether only this machine can reach it."""
    address = parse_address(text)

    assert isinstance(address, Address)
    assert (str(address), address.loopback) == (shown, loopback)
    assert parse_address(address) is address


@pytest.mark.parametrize("off", ["off", "OFF", False])
def test_off_is_nowhere(off: object) -> None:
    """`off` means that nothing listens, also where YAML made a truth of the word."""
    assert parse_address(off) is None


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "9120", ":9120", "localhost:9120", "1.2.3.4", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536"),
        *("::1:9120", "[1.2.3.4]:80", "1.2.3.4:\uff18", "1.2.3.4:00000080", "1.2.3.4:" + "9" * 5000),
        *(True, 9120, None, ["127.0.0.1:9120"]),
    ],
)
def test_what_is_no_address_says_what_to_write(wrong: object) -> None:
    """Anything else is refused with an example of what is right."""
    with pytest.raises(ValueError, match=r"write (127\.0\.0\.1:9120, or off|\[::1\]:9120)"):
        parse_address(wrong)
