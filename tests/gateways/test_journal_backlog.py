import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from watchdog.core.errors import JournalError
from watchdog.gateways.journal_backlog import Backlog

INSERT = "INSERT INTO t VALUES (?, ?)"


@pytest.fixture
def table() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
        yield connection


def replay(backlog: Backlog, table: sqlite3.Connection) -> list[tuple[int, str]]:
    table.execute("BEGIN")
    backlog.replay(table)
    table.execute("COMMIT")
    return table.execute("SELECT a, b FROM t").fetchall()


def test_what_waits_is_done_in_order(table: sqlite3.Connection) -> None:
    """Later writes build on earlier ones, so they come after them."""
    backlog = Backlog()
    backlog.add(((INSERT, (1, "a")), (INSERT, (2, "b"))))
    backlog.add((("UPDATE t SET b = 'c' WHERE a = ?", (2,)),))

    assert replay(backlog, table) == [(1, "a"), (2, "c")]
    backlog.clear()
    table.execute("DELETE FROM t")
    assert replay(backlog, table) == []


def test_what_contradicts_a_persons_hand_is_left_out_whole(table: sqlite3.Connection) -> None:
    """Somebody wrote the same row with a shell in between: that one decision is left out, the others are kept."""
    backlog = Backlog()
    backlog.add(((INSERT, (3, "x")), (INSERT, (1, "ours"))))
    backlog.add(((INSERT, (2, "b")),))
    table.execute(INSERT, (1, "theirs"))

    assert replay(backlog, table) == [(1, "theirs"), (2, "b")]


def test_what_does_not_fit_is_refused_and_the_rest_stays() -> None:
    """A limit of memory, not a silent loss: the caller hears of it, and does nothing."""
    backlog = Backlog(1000)
    backlog.add(((INSERT, (1, "a")),))
    size = backlog.size

    with pytest.raises(JournalError, match="free some space"):
        backlog.add(((INSERT, (2, "b" * 1000)),))

    assert backlog.size == size
