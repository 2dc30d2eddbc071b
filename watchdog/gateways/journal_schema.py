"""The tables of the journal, and how an older journal becomes a present one.

A record that is written whole (an incident, a ledger, a notification) is kept as one JSON document, and the
columns that are searched, constrained or read by people are generated from it: one truth, no drift, and a
new field with a default needs no migration. What is written in two moments (a step and its end) has columns.
Every moment is JSON too, with a plain column `..._wall` beside it for people with a sqlite3 shell.

A migration is never changed once it was released: a new one is added at the end.
"""

from __future__ import annotations

import sqlite3

from watchdog.core.errors import DamagedJournal, NewerJournal

# "wdog": in the file's header, so that another program's database is not taken for a journal.
APPLICATION_ID = 0x77646F67

_FIRST = (
    """
    CREATE TABLE incidents (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        number INTEGER NOT NULL,
        record TEXT NOT NULL CHECK (json_valid(record)),
        check_name TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.check')) STORED,
        target TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.target')) STORED,
        playbook TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.playbook')) STORED,
        severity TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.severity')) STORED
            CHECK (severity IN ('critical', 'high', 'warning')),
        phase TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.phase')) STORED
            CHECK (phase IN ('open', 'acting', 'verifying', 'escalated', 'suppressed', 'resolved')),
        ending TEXT GENERATED ALWAYS AS (json_extract(record, '$.ending')) STORED
            CHECK (ending IN ('healed', 'recovered', 'taken_over')),
        opened_wall TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.opened.wall')) VIRTUAL,
        resolved_wall TEXT GENERATED ALWAYS AS (json_extract(record, '$.resolved.wall')) VIRTUAL,
        CHECK (id = json_extract(record, '$.id'))
    ) STRICT
    """,
    "CREATE UNIQUE INDEX one_open_incident ON incidents (check_name, target) WHERE phase <> 'resolved'",
    "CREATE INDEX incidents_of_target ON incidents (target, seq)",
    """
    CREATE TABLE cases (
        check_name TEXT NOT NULL,
        target TEXT NOT NULL,
        PRIMARY KEY (check_name, target)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE ledgers (
        target TEXT PRIMARY KEY,
        record TEXT NOT NULL CHECK (json_valid(record)),
        attempts INTEGER NOT NULL GENERATED ALWAYS AS (json_array_length(record, '$.attempts')) VIRTUAL,
        given_up INTEGER NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.given_up')) VIRTUAL
            CHECK (given_up IN (0, 1)),
        CHECK (target = json_extract(record, '$.target'))
    ) STRICT
    """,
    """
    CREATE TABLE holds (
        target TEXT PRIMARY KEY,
        record TEXT NOT NULL CHECK (json_valid(record)),
        act TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.act')) VIRTUAL
            CHECK (act IN ('stopped', 'paused', 'removed', 'unclear', 'ordered')),
        since_wall TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.since.wall')) VIRTUAL,
        CHECK (target = json_extract(record, '$.target'))
    ) STRICT
    """,
    # Of what is no trouble yet people are told once.
    """
    CREATE TABLE warnings (
        check_name TEXT NOT NULL,
        target TEXT NOT NULL,
        record TEXT NOT NULL CHECK (json_valid(record)),
        since_wall TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.since.wall')) VIRTUAL,
        PRIMARY KEY (check_name, target)
    ) STRICT
    """,
    """
    CREATE TABLE entries (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL CHECK (json_valid(at)),
        at_wall TEXT NOT NULL GENERATED ALWAYS AS (json_extract(at, '$.wall')) VIRTUAL,
        kind TEXT NOT NULL CHECK (kind <> ''),
        target TEXT,
        incident TEXT REFERENCES incidents (id),
        text TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX entries_of_incident ON entries (incident) WHERE incident IS NOT NULL",
    """
    CREATE TABLE runs (
        incident TEXT PRIMARY KEY REFERENCES incidents (id),
        playbook TEXT NOT NULL,
        target TEXT NOT NULL,
        triggered_by TEXT NOT NULL CHECK (triggered_by IN ('incident', 'schedule', 'operator')),
        begun TEXT NOT NULL CHECK (json_valid(begun)),
        begun_wall TEXT NOT NULL GENERATED ALWAYS AS (json_extract(begun, '$.wall')) VIRTUAL,
        ended TEXT CHECK (ended IS NULL OR json_valid(ended)),
        ended_wall TEXT GENERATED ALWAYS AS (json_extract(ended, '$.wall')) VIRTUAL,
        result TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    """
    CREATE TABLE steps (
        id INTEGER PRIMARY KEY,
        run TEXT NOT NULL REFERENCES runs (incident),
        action TEXT NOT NULL,
        rung INTEGER NOT NULL CHECK (rung >= 0),
        attempt INTEGER NOT NULL CHECK (attempt >= 1),
        container_id TEXT,
        text TEXT NOT NULL,
        begun TEXT NOT NULL CHECK (json_valid(begun)),
        begun_wall TEXT NOT NULL GENERATED ALWAYS AS (json_extract(begun, '$.wall')) VIRTUAL,
        ended TEXT CHECK (ended IS NULL OR json_valid(ended)),
        ended_wall TEXT GENERATED ALWAYS AS (json_extract(ended, '$.wall')) VIRTUAL,
        outcome TEXT CHECK (outcome IS NULL OR json_valid(outcome)),
        result TEXT GENERATED ALWAYS AS (json_extract(outcome, '$.result')) VIRTUAL
            CHECK (result IN ('done', 'failed', 'skipped', 'aborted', 'interrupted')),
        settled INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)),
        -- Whether it counts against the budget of the stack: what only looks, and planned work, does not.
        counted INTEGER NOT NULL DEFAULT 1 CHECK (counted IN (0, 1)),
        CHECK ((ended IS NULL) = (outcome IS NULL))
    ) STRICT
    """,
    "CREATE INDEX steps_of_run ON steps (run)",
    "CREATE INDEX open_steps ON steps (id) WHERE ended IS NULL",
    """
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY,
        record TEXT NOT NULL CHECK (json_valid(record)),
        at_wall TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.at.wall')) VIRTUAL,
        telling TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.telling')) VIRTUAL
            CHECK (telling IN ('opened', 'acting', 'waiting', 'healed', 'recovered', 'escalated', 'reminded', 'suppressed', 'affected', 'followed', 'flapping', 'storm', 'storm_over', 'held', 'asked', 'released', 'proposed', 'journal_full', 'journal_well', 'journal_damaged', 'journal_gap', 'engine_lost', 'engine_found', 'config_broken', 'config_mended', 'switched_off', 'left_out', 'maintenance_begun', 'maintenance_ended', 'bypass_open', 'bypass_left', 'bypass_closed', 'warned', 'warning_over')),
        target TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.target')) VIRTUAL,
        incident TEXT GENERATED ALWAYS AS (json_extract(record, '$.incident')) STORED
            REFERENCES incidents (id)
    ) STRICT
    """,
    "CREATE INDEX outbox_of_incident ON outbox (incident) WHERE incident IS NOT NULL",
    """
    CREATE TABLE notifiers (
        name TEXT PRIMARY KEY,
        after INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE deliveries (
        notifier TEXT NOT NULL REFERENCES notifiers (name),
        outbox_id INTEGER NOT NULL REFERENCES outbox (id),
        state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'refused', 'silenced', 'merged')),
        attempts INTEGER NOT NULL CHECK (attempts >= 0),
        tried TEXT NOT NULL CHECK (json_valid(tried)),
        tried_wall TEXT NOT NULL GENERATED ALWAYS AS (json_extract(tried, '$.wall')) VIRTUAL,
        error TEXT NOT NULL DEFAULT '',
        -- What the notifier returned for the message that tells it: to edit it, or to reply to it.
        receipt TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (notifier, outbox_id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX deliveries_of_notification ON deliveries (outbox_id)",
    "CREATE INDEX deliveries_silenced ON deliveries (notifier, outbox_id) WHERE state = 'silenced'",
    # What was left out because too many waited; `attempts` 0: people were not told yet how many.
    "CREATE INDEX deliveries_merged ON deliveries (notifier, outbox_id) WHERE state = 'merged' AND attempts = 0",
    """
    CREATE TABLE targets (
        target TEXT PRIMARY KEY,
        record TEXT NOT NULL CHECK (json_valid(record)),
        CHECK (target = json_extract(record, '$.target'))
    ) STRICT
    """,
    # What the Compose files said when a container was first seen.
    """
    CREATE TABLE first_sights (
        container_id TEXT PRIMARY KEY,
        record TEXT NOT NULL CHECK (json_valid(record)),
        CHECK (container_id = json_extract(record, '$.container_id'))
    ) STRICT
    """,
    # What waited, or waits, for a human yes.
    """
    CREATE TABLE proposals (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        record TEXT NOT NULL CHECK (json_valid(record)),
        incident TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.incident')) STORED
            REFERENCES incidents (id),
        target TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.target')) VIRTUAL,
        state TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.state')) STORED
            CHECK (state IN ('open', 'approved', 'declined', 'expired', 'stale', 'used')),
        answered_by TEXT GENERATED ALWAYS AS (json_extract(record, '$.by')) VIRTUAL,
        made_wall TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.made.wall')) VIRTUAL,
        CHECK (id = json_extract(record, '$.id'))
    ) STRICT
    """,
    # Maintenance and silences. `settled`: it is over, and what follows from that was written.
    """
    CREATE TABLE windows (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        record TEXT NOT NULL CHECK (json_valid(record)),
        settled INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)),
        purpose TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.purpose')) STORED
            CHECK (purpose IN ('maintenance', 'silence')),
        -- Of a recurring window: each happens once.
        occurrence TEXT UNIQUE GENERATED ALWAYS AS (nullif(json_extract(record, '$.occurrence'), '')) STORED,
        asked_by TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.by')) VIRTUAL,
        begun_wall TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.begun.wall')) VIRTUAL,
        ended_wall TEXT GENERATED ALWAYS AS (json_extract(record, '$.ended.wall')) VIRTUAL,
        CHECK (id = json_extract(record, '$.id'))
    ) STRICT
    """,
    # What jobs said of themselves: one row a job, as it stands now.
    """
    CREATE TABLE check_ins (
        name TEXT PRIMARY KEY,
        record TEXT NOT NULL CHECK (json_valid(record)),
        succeeded_wall TEXT GENERATED ALWAYS AS (json_extract(record, '$.succeeded.wall')) VIRTUAL,
        CHECK (name = json_extract(record, '$.name'))
    ) STRICT
    """,
    # How much room there was on each disk, thinned: what a forecast rests on. `filesystem`: which one it was, and how large.
    """
    CREATE TABLE disk_samples (
        target TEXT NOT NULL,
        at TEXT NOT NULL CHECK (json_valid(at)),
        at_wall TEXT NOT NULL GENERATED ALWAYS AS (json_extract(at, '$.wall')) VIRTUAL,
        filesystem TEXT NOT NULL,
        size INTEGER NOT NULL CHECK (size >= 0),
        free INTEGER NOT NULL CHECK (free >= 0),
        inodes_free INTEGER NOT NULL CHECK (inodes_free >= 0),
        PRIMARY KEY (target, at)
    ) STRICT, WITHOUT ROWID
    """,
    # The configuration as it was last found good: one row.
    """
    CREATE TABLE kept_config (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        record TEXT NOT NULL CHECK (json_valid(record)),
        path TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.path')) VIRTUAL,
        at_wall TEXT NOT NULL GENERATED ALWAYS AS (json_extract(record, '$.at.wall')) VIRTUAL
    ) STRICT
    """,
    # In whose code a daemon froze; the fingerprint is that of its version and configuration.
    """
    CREATE TABLE freezes (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL CHECK (json_valid(at)),
        at_wall TEXT NOT NULL GENERATED ALWAYS AS (json_extract(at, '$.wall')) VIRTUAL,
        check_name TEXT NOT NULL,
        target TEXT NOT NULL,
        fingerprint TEXT NOT NULL
    ) STRICT
    """,
    # Checks that went wrong again and again, and are not asked by this version and configuration: one row a check.
    """
    CREATE TABLE misconduct (
        check_name TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        reason TEXT NOT NULL,
        at TEXT NOT NULL CHECK (json_valid(at)),
        at_wall TEXT NOT NULL GENERATED ALWAYS AS (json_extract(at, '$.wall')) VIRTUAL
    ) STRICT
    """,
    # How long daemons have lived with this journal, in seconds of a clock that nobody can set: one row.
    """
    CREATE TABLE life (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        lived REAL NOT NULL,
        at TEXT NOT NULL CHECK (json_valid(at))
    ) STRICT
    """,
    # The last rows that there were when it had lived so long: what is older is known without any wall clock.
    """
    CREATE TABLE days (
        id INTEGER PRIMARY KEY,
        lived REAL NOT NULL,
        incident INTEGER NOT NULL,
        entry INTEGER NOT NULL,
        news INTEGER NOT NULL,
        freeze INTEGER NOT NULL
    ) STRICT
    """,
    # Written to see whether the journal can be: one row.
    """
    CREATE TABLE beat (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        at TEXT NOT NULL CHECK (json_valid(at))
    ) STRICT
    """,
)

# Migration n makes version n + 1 of version n.
MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST,)
VERSION = len(MIGRATIONS)


def require_journal(connection: sqlite3.Connection) -> None:
    """Make sure, changing nothing, that a database is a journal that this watchdog understands.

    Raises:
        DamagedJournal: it is another program's database.
        NewerJournal: it was written by a newer watchdog.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    version = _version_of(connection)
    if application != APPLICATION_ID or version < 1:
        raise DamagedJournal("it is a database, but no journal of watchdog")
    if version > VERSION:
        raise NewerJournal(
            f"it was written by a newer watchdog (schema {version}, this one knows {VERSION}): run that version, "
            "or move the file away to begin with an empty memory"
        )


def columns(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Every column of every table, as (table, column)."""
    return set(
        connection.execute(
            "SELECT m.name, x.name FROM sqlite_schema m, pragma_table_xinfo(m.name) x WHERE m.type = 'table'"
        )
    )


def migrate(connection: sqlite3.Connection, migrations: tuple[tuple[str, ...], ...] = MIGRATIONS) -> None:
    """Bring the tables from their version to the present one, in one transaction. Needs autocommit."""
    version = _version_of(connection)
    if version == len(migrations):
        return
    connection.execute("BEGIN EXCLUSIVE")
    for migration in migrations[version:]:
        for statement in migration:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(migrations)}")
    connection.execute("COMMIT")


def _version_of(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
