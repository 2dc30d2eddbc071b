import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.gateways.journal_samples import a_hold, a_notification, an_incident
from watchdog.core.errors import JournalError
from watchdog.core.incident import Act, Ending, Phase
from watchdog.core.notification import Severity, Telling
from watchdog.core.run import Result
from watchdog.core.story import Delivery, Trigger
from watchdog.gateways.journal_rows import dump
from watchdog.gateways.journal_schema import APPLICATION_ID, MIGRATIONS, VERSION, migrate, require_journal


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


def columns(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    return set(
        connection.execute("SELECT m.name, x.name, x.type FROM sqlite_schema m, pragma_table_xinfo(m.name) x")
    )


@pytest.mark.parametrize("version", range(VERSION + 1))
def test_every_older_journal_becomes_a_present_one(version: int, database: sqlite3.Connection) -> None:
    """From any version that ever was, the tables end up the same as fresh ones."""
    if version:
        migrate(database, MIGRATIONS[:version])

    migrate(database)
    require_journal(database)

    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrate(fresh)
        assert columns(fresh) == columns(database)


def test_a_migration_is_done_whole_or_not_at_all(database: sqlite3.Connection) -> None:
    """A step that fails in its middle leaves the old version, to be tried again."""
    migrate(database)

    with pytest.raises(sqlite3.OperationalError):
        migrate(database, (*MIGRATIONS, ("CREATE TABLE extra (a TEXT) STRICT", "CREATE nonsense")))
    database.execute("ROLLBACK")

    require_journal(database)
    assert "extra" not in {table for table, *_ in columns(database)}


def test_the_journal_of_a_newer_watchdog_is_refused(database: sqlite3.Connection) -> None:
    """An old watchdog never writes into what it does not understand."""
    migrate(database)
    database.execute("PRAGMA user_version = 99")

    with pytest.raises(JournalError, match=r"written by a newer watchdog \(schema 99"):
        require_journal(database)


@pytest.mark.parametrize("pragma", ["user_version = 1", f"application_id = {APPLICATION_ID}"])
def test_another_database_is_not_taken_for_a_journal(pragma: str, database: sqlite3.Connection) -> None:
    """What another program wrote is left alone."""
    database.execute("CREATE TABLE theirs (a)")
    database.execute(f"PRAGMA {pragma}")

    with pytest.raises(JournalError, match="no journal of watchdog"):
        require_journal(database)


def test_every_word_of_the_core_may_be_stored(database: sqlite3.Connection) -> None:
    """A word added to the core without a migration would fail at night: it fails here first."""
    migrate(database)
    record, hold, news = dump(an_incident()), dump(a_hold()), dump(a_notification())
    database.execute("INSERT INTO incidents (id, number, record) VALUES ('1', 1, ?)", [record])
    insert_run = "INSERT OR REPLACE INTO runs (incident, playbook, target, triggered_by, begun) VALUES ('1', '', '', ?, '{\"wall\": \"\"}')"
    database.execute("INSERT INTO holds VALUES ('api', ?)", [hold])
    database.execute("INSERT INTO outbox (record) VALUES (?)", [news])
    for trigger in Trigger:
        database.execute(insert_run, [trigger])
    for path, words in {"phase": Phase, "severity": Severity, "ending": Ending}.items():
        for word in words:
            database.execute("UPDATE incidents SET record = json_set(record, '$.' || ?, ?)", [path, word])
    for act in Act:
        database.execute("UPDATE holds SET record = json_set(record, '$.act', ?)", [act])
    for telling in Telling:
        database.execute("UPDATE outbox SET record = json_set(record, '$.telling', ?)", [telling])
    for result in Result:
        database.execute(
            "INSERT INTO steps (run, action, rung, attempt, text, begun, ended, outcome)"
            " VALUES ('1', '', 0, 1, '', '{\"wall\": \"\"}', '{}', json_object('result', ?))",
            [result],
        )
    database.execute("INSERT INTO notifiers VALUES ('log', 0)")
    for state in Delivery:
        database.execute(
            "INSERT OR REPLACE INTO deliveries (notifier, outbox_id, state, attempts, tried)"
            " VALUES ('log', 1, ?, 1, '{\"wall\": \"\"}')",
            [state],
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE incidents SET record = json_set(record, '$.phase', 'confused')",
        "UPDATE incidents SET record = 'no json'",
        "UPDATE incidents SET number = 'seven'",
        "INSERT INTO steps (run, action, rung, attempt, text, begun) VALUES ('2', '', 0, 1, '', '{}')",
        "INSERT INTO incidents (id, number, record) SELECT '2', 2, json_set(record, '$.id', '2') FROM incidents",
    ],
)
def test_nonsense_is_refused_by_the_tables_themselves(statement: str, database: sqlite3.Connection) -> None:
    """An unknown word, a wrong type, a step without a run, a second open incident: none can be stored."""
    migrate(database)
    database.execute("PRAGMA foreign_keys = ON")
    database.execute("INSERT INTO incidents (id, number, record) VALUES ('1', 1, ?)", [dump(an_incident())])

    with pytest.raises(sqlite3.Error, match=r"constraint|malformed JSON|cannot store"):
        database.execute(statement)
