"""Where files of other programs are."""

from __future__ import annotations

import pytest

from watchdog.core.places import check_file, check_place


@pytest.mark.parametrize("place", ["/etc/letsencrypt", "/srv/a b/ssl", "bloomberg-certbot-data"])
def test_paths_of_the_host_and_volumes_are_places(place: str) -> None:
    """An absolute path, or the name of a volume."""
    assert check_place(place) == place


@pytest.mark.parametrize("wrong", ["", "./ssl", "/srv/../etc", "/..", "a:b", "/a:b", "-v", "a/b"])
def test_everything_else_is_refused(wrong: str) -> None:
    """Relative ones, those that lead up, and what Docker would read otherwise."""
    with pytest.raises(ValueError, match="neither an absolute path"):
        check_place(wrong)


def test_a_file_goes_by_a_plain_name() -> None:
    """No folder in it."""
    assert (check_file("fullchain.pem"), check_file("")) == ("fullchain.pem", "")
    for wrong in ("../x", "a/b", "-rf", ".", "a b"):
        with pytest.raises(ValueError, match="no plain name"):
            check_file(wrong)
