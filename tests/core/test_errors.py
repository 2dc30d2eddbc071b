"""Errors as people and parts of the daemon meet them."""

from __future__ import annotations

from watchdog.core.errors import (
    Changed,
    ConfigError,
    DeliveryError,
    GatewayError,
    JournalError,
    NotThere,
    Refused,
)


def test_a_config_error_holds_every_problem() -> None:
    """All of them at once, a line each."""
    error = ConfigError(("a.yml:1: one", "a.yml:2: two"))
    assert str(error) == "a.yml:1: one\na.yml:2: two"
    assert error.problems == ("a.yml:1: one", "a.yml:2: two")


def test_a_delivery_error_says_whether_trying_again_is_useless() -> None:
    """Trying again is worth it unless somebody knows better."""
    assert not DeliveryError("no answer").permanent
    assert DeliveryError("the token is wrong", permanent=True).permanent


def test_what_is_not_there_was_refused() -> None:
    """Whoever waits for a refusal also gets to know that a thing does not exist."""
    assert issubclass(NotThere, Refused)
    assert issubclass(Refused, GatewayError)
    assert issubclass(JournalError, GatewayError)


def test_what_changed_names_what_differs() -> None:
    """A person has to say what they want, so they get to know of what."""
    assert Changed("the image is another one", ("image",)).names == ("image",)
    assert issubclass(Changed, Refused)
