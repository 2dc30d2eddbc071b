import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from watchdog.core.errors import DamagedJournal
from watchdog.gateways import journal_opening
from watchdog.gateways.journal_opening import is_shared, open_database, open_in_memory, within
from watchdog.gateways.journal_schema import columns


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def test_a_transaction_touches_the_disk_when_it_ends_and_not_before(path: Path) -> None:
    """So that a full disk shows at one place only, where the whole of a decision can be kept elsewhere."""
    with closing(open_database(path)) as connection:
        settings = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("cache_spill", "temp_store", "auto_vacuum", "synchronous", "foreign_keys")
        }
        assert is_shared(connection)

    assert settings == {
        "cache_spill": 0,
        "temp_store": 2,
        "auto_vacuum": 2,
        "synchronous": 2,
        "foreign_keys": 1,
    }


def test_an_index_that_contradicts_its_table_is_found_when_looked_for(path: Path) -> None:
    """What a quick look passes over is found after the journal was seen to be damaged in use."""
    with closing(open_database(path)) as connection:
        connection.execute(
            """INSERT INTO entries (at, kind, text) VALUES ('{"wall": ""}', 'one', 'another')"""
        )
        connection.execute("CREATE INDEX extra ON entries (text)")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET sql = 'CREATE INDEX extra ON entries (kind)' WHERE name = 'extra'"
        )
    open_database(path).close()

    with pytest.raises(DamagedJournal, match="it is damaged"):
        open_database(path, thorough=True)


def test_a_large_journal_is_believed_before_it_is_read_through(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Healing does not wait for the examination of hundreds of megabytes."""
    open_database(path).close()
    monkeypatch.setattr(journal_opening, "EXAMINED_WITHIN", -1.0)
    monkeypatch.setattr(journal_opening, "_STRIDE", 1)

    open_database(path).close()


def test_what_takes_too_long_is_interrupted() -> None:
    """A statement inside a bounded time ends, and the next one is free again."""
    with closing(open_in_memory()) as connection:
        with pytest.raises(sqlite3.OperationalError, match="interrupted"), within(connection, 0.01):
            connection.execute(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
            ).fetchone()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_journal_without_a_file_has_all_its_tables(path: Path) -> None:
    """On a disk that takes nothing everything works the same, for as long as the daemon lives."""
    with closing(open_in_memory()) as memory, closing(open_database(path)) as file:
        assert columns(memory) == columns(file)


def test_a_making_that_fails_leaves_no_half_of_a_journal(tmp_path: Path) -> None:
    """What was begun is removed: the space is somebody else's."""
    with pytest.raises(OSError, match="No such file"):
        open_database(tmp_path / "missing" / "journal.db")

    assert list(tmp_path.iterdir()) == []
