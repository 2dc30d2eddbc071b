"""Sizes as people write them: 256MB, 10GB, 1.5GiB."""

from __future__ import annotations

import re

_UNITS = {
    "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
    "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "TiB": 2.0**40,
}  # fmt: skip
_LARGEST = 1e15
_WHOLE = re.compile(r"(\d+(?:\.\d+)?)(KB|MB|GB|TB|KiB|MiB|GiB|TiB)")


def parse_size(value: object) -> int:
    """Bytes. Raises ValueError with a sentence that says what to write instead."""
    if value == 0 and not isinstance(value, bool):
        return 0
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("must be a size; write 256MB or 10GB")  # noqa: TRY004 - pydantic collects ValueErrors
    if isinstance(value, int | float):
        raise ValueError(f"{value} has no unit; write {value}MB")  # noqa: TRY004 - the same
    found = _WHOLE.fullmatch(value.strip().replace(" ", "")[:40])
    if found is None:
        raise ValueError(f'"{value[:40]}" is no size; write 256MB or 10GB')
    size = float(found[1]) * _UNITS[found[2]]
    if size > _LARGEST:
        raise ValueError("is larger than any disk; write 256MB or 10GB")
    return int(size)


def show_size(size: float) -> str:
    """The shortest way to say it: 1500000 -> 1.5 MB."""
    for unit in ("TB", "GB", "MB", "KB"):
        if size >= _UNITS[unit]:
            return f"{size / _UNITS[unit]:.1f}".removesuffix(".0") + f" {unit}"
    return f"{max(0, round(size))} B"
