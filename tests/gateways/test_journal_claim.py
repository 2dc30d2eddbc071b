import os
import socket
from pathlib import Path

import pytest

from watchdog.core.errors import JournalError
from watchdog.gateways.journal_claim import Claim


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def test_one_owner_at_a_time(path: Path) -> None:
    """The second is refused with the name of the first, until that one ends."""
    claim = Claim(path)
    with pytest.raises(JournalError, match=rf"\(pid {os.getpid()} on {socket.gethostname()}\) uses"):
        Claim(path)
    claim.close()

    Claim(path).close()


def test_the_next_owner_learns_what_the_last_one_left(path: Path) -> None:
    """In memory only since when, or what was damaged; told until somebody says that it is dealt with."""
    claim = Claim(path)
    claim.mark_memory("2026-11-23T09:41:02+00:00")
    claim.close()
    for _ in range(2):
        claim = Claim(path)
        assert (claim.lost_since, claim.damage) == ("2026-11-23T09:41:02+00:00", "")
        claim.close()
    claim = Claim(path)
    claim.mark_damage("it is damaged (row 5)")
    claim.close()
    claim = Claim(path)
    assert (claim.lost_since, claim.damage) == ("", "it is damaged (row 5)")
    claim.clear()
    claim.close()
    claim = Claim(path)
    assert (claim.lost_since, claim.damage) == ("", "")
    claim.close()


def test_the_mark_needs_no_space(path: Path) -> None:
    """It is written in place, so it can be written on a full disk."""
    claim = Claim(path)
    claim.mark_memory("2026-11-23T09:41:02+00:00")
    size = path.with_name("journal.db.lock").stat().st_size
    claim.mark_damage("x" * 1000)
    claim.clear()

    assert path.with_name("journal.db.lock").stat().st_size == size
    claim.close()


@pytest.mark.parametrize("content", ["", "pid 7 on older\n", "\0" * 50, "; in memory only since"])
def test_what_another_version_left_is_no_mark(path: Path, content: str) -> None:
    """An older lock file, or an empty one, says nothing of what was lost."""
    path.with_name("journal.db.lock").write_text(content)

    claim = Claim(path)

    assert (claim.lost_since, claim.damage) == ("", "")
    claim.close()
