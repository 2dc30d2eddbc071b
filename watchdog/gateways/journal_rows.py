"""Records as the text that a row of the journal holds, and back."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from watchdog.core.errors import DamagedJournal

R = TypeVar("R")


# Making one costs milliseconds, so each is made once, when it is first needed.
_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def prepare(*kinds: type[Any]) -> None:
    """Do now what would otherwise cost milliseconds in the middle of the first incident."""
    for kind in kinds:
        _adapter(kind)


def dump(record: object) -> str:
    """The record as JSON."""
    adapter = _adapter(type(record))
    try:
        return adapter.dump_json(record).decode()
    except PydanticSerializationError:
        # Bytes of a log line that were never text; a question mark is no reason to lose the rest.
        return clean(json.dumps(adapter.dump_python(record, mode="json"), ensure_ascii=False))


def load(kind: type[R], stored: str) -> R:
    """The record back: fields that it no longer has are passed over, those it did not have get their default.

    Raises:
        DamagedJournal: the row cannot be understood.
    """
    try:
        record: R = _adapter(kind).validate_json(stored)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, p['loc']))}: {p['msg']}"
            for p in error.errors(include_input=False, include_url=False, include_context=False)
        )
        raise DamagedJournal(f"a stored {kind.__name__} cannot be understood ({problems})") from error
    return record


def load_optional(kind: type[R], stored: str | None) -> R | None:
    """The record back, None where nothing was stored."""
    return None if stored is None else load(kind, stored)


def clean(text: str) -> str:
    """The text with what is no Unicode replaced, so that SQLite takes it."""
    return text.encode("utf-8", "replace").decode()
