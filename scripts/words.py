"""Keeps the translations in step with the English catalogue: run `uv run python scripts/words.py` after a change.

It brings every watchdog.po under watchdog/wording/locale/ up to date and compiles it. New texts come in without a
translation, and what nobody says any more goes. `--check` writes nothing and fails when a file is stale, or a text
has no translation (tests/wording/test_languages.py does the same).
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from watchdog.wording.catalogue import Counted
from watchdog.wording.languages import DOMAIN, LOCALE, strings

HEADER = """\
# The words of watchdog. msgid is the English of watchdog/wording/; msgctxt is the field of the catalogue it is in.
# After a change: uv run python scripts/words.py
#"""
NOT_KEPT = (
    *(b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By'),
    *(b'"Project-Id-Version', b'"Report-Msgid-Bugs-To', b'"Last-Translator', b'"Language-Team'),
)


def read_english() -> Catalog:
    """All texts of the English catalogue, with the places that they stand in."""
    template = Catalog(domain=DOMAIN)
    for context, place, text in strings():
        name = (text.one, text.many) if isinstance(text, Counted) else text
        template.add(name, context=context, auto_comments=[place])
    return template


def update(file: Path, template: Catalog) -> Catalog:
    """The translations in a file, brought in step with the template."""
    language = file.parts[-3]
    with file.open("rb") as opened:
        old = read_po(opened, locale=language, domain=DOMAIN)
    new = Catalog(locale=language, domain=DOMAIN, header_comment=HEADER, fuzzy=False)
    for message in template:
        if message.id:
            known = old.get(message.id, message.context)
            new.add(
                message.id,
                known.string if known else None,
                context=message.context,
                auto_comments=message.auto_comments,
                user_comments=known.user_comments if known else (),
            )
    return new


def as_po(catalog: Catalog) -> bytes:
    """The file that people edit. Without dates and versions of tools: they would change it each time."""
    out = io.BytesIO()
    write_po(out, catalog, width=0, no_location=True, ignore_obsolete=True)
    lines = out.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(NOT_KEPT))


def as_mo(po: bytes, language: str) -> bytes:
    """The file that the daemon reads, made from the one that people edit."""
    out = io.BytesIO()
    catalog = read_po(io.BytesIO(po), locale=language, domain=DOMAIN)
    write_mo(out, catalog)
    return out.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    """The texts without words."""
    return [
        f"{message.context}: {message.id}"
        for message in catalog
        if message.id and not (all(message.string) if isinstance(message.string, tuple) else message.string)
    ]


def main() -> int:
    """Write, or with `--check` only compare; 1 when something is stale or missing."""
    only_check = "--check" in sys.argv[1:]
    wrong = False
    template = read_english()
    for file in sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        catalog = update(file, template)
        po = as_po(catalog)
        for path, content in ((file, po), (file.with_suffix(".mo"), as_mo(po, file.parts[-3]))):
            if path.exists() and path.read_bytes() == content:
                continue
            if only_check:
                print(f"{path} is stale")
                wrong = True
            else:
                path.write_bytes(content)
                print(f"{path} written")
        for text in untranslated(catalog):
            print(f"{file.parts[-3]}: no translation of {text}")
            wrong = True
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
