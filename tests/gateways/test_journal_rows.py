import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gateways.journal_samples import an_incident, every_field
from watchdog.core.errors import JournalError
from watchdog.core.guardrail import Ledger
from watchdog.core.incident import Hold, Incident
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification
from watchdog.core.roster import Known
from watchdog.core.run import Outcome, Result
from watchdog.gateways.journal_rows import dump, load, load_optional

RECORDS = (Incident, Ledger, Hold, Notification, Outcome, Known)


@given(st.one_of(st.from_type(Moment), *(every_field(kind) for kind in RECORDS)))
def test_every_record_comes_back_as_it_was(record: Any) -> None:
    """Whatever a record holds, the journal gives it back unchanged, types of its facts included."""
    back = load(type(record), dump(record))

    assert record == back
    assert _types(record) == _types(back)


def _types(record: Any) -> list[type]:
    """The types of the facts: 1, 1.0 and True are equal to Python, and different words to people."""
    finding = getattr(record, "finding", None)
    facts = {**getattr(record, "facts", {}), **(finding.facts if finding else {})}
    return [type(value) for value in facts.values()]


def test_a_moment_is_kept_in_its_own_form() -> None:
    """What Moment calls its stored form is what the journal stores."""
    moment = an_incident().opened

    assert moment == Moment.from_json(json.loads(dump(moment)))
    assert moment == load(Moment, json.dumps(moment.to_json()))


def test_a_record_of_an_older_or_newer_watchdog_is_understood() -> None:
    """Missing fields get their default and unknown ones are passed over."""
    stored = '{"target": "api", "container_id": "c1", "wishes": {"hold": true, "later": 1}, "later": [2]}'

    known = load(Known, stored)

    assert (known.target, known.container_id, known.present, known.wishes.hold) == ("api", "c1", True, True)
    assert known.origin is None


def test_a_row_that_makes_no_sense_is_named_without_its_content() -> None:
    """A damaged row becomes a clear error that repeats none of its values."""
    with pytest.raises(JournalError, match=r"a stored Known .*container_id: Field required") as caught:
        load(Known, '{"target": "hunter2"}')

    assert "hunter2" not in str(caught.value)


def test_bytes_that_were_never_text_do_not_lose_the_record() -> None:
    """A log line with broken bytes is kept with question marks in their place."""
    outcome = Outcome(result=Result.FAILED, reason="é \udc80", evidence=("ok", "\udcff!"))

    assert Outcome(result=Result.FAILED, reason="é ?", evidence=("ok", "?!")) == load(Outcome, dump(outcome))


def test_nothing_stored_is_nothing() -> None:
    """A column that was never filled reads as None."""
    assert load_optional(Outcome, None) is None
