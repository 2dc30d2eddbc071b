import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.gateways.journal_samples import a_case, a_hold, a_proposal, an_incident, at
from watchdog.core.kept import KeptConfig
from watchdog.gateways.journal_parts import open_parts

SPOILT = {
    "ledgers": "attempts",
    "holds": "told",
    "incidents": "attempts",
    "kept_config": "files",
    "proposals": "pins",
}


def test_all_parts_are_over_one_file(tmp_path: Path) -> None:
    """What one part writes, the others read."""
    with closing((parts := open_parts(tmp_path / "journal.db")).file):
        parts.memory.save(a_case(an_incident()), (), "opened", at(1))

        assert parts.story("1").incident == an_incident()
        assert [entry.text for entry in parts.past.recent_entries(1)] == ["opened"]


@pytest.mark.parametrize("table", SPOILT)
def test_what_a_start_cannot_read_does_not_end_every_start(tmp_path: Path, table: str) -> None:
    """A record that is no record any more costs itself, not the daemon."""
    path = tmp_path / "journal.db"
    with closing((parts := open_parts(path)).file):
        parts.memory.save(a_case(an_incident(), hold=a_hold()), (), "opened", at(1))
        parts.memory.keep_config(KeptConfig(path="/w.yml", files={}, at=at(1)))
        parts.proposals.save(a_proposal())
    with closing(sqlite3.connect(path)) as shell, shell:
        place = SPOILT[table]
        shell.execute(f"UPDATE {table} SET record = json_set(record, '$.{place}', json('[1]'))")

    with closing((parts := open_parts(path)).file):
        assert "cannot be understood" in parts.file.opening.damage
        assert table not in parts.file.opening.carried
    with closing((parts := open_parts(path)).file):
        assert not parts.file.opening.forgetful
