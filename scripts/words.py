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
# What of a catalogue's header says anything. Dates and versions of tools would change both files each time.
KEPT = ("Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")


class Translations(Catalog):
    """A catalogue whose header says nothing about when it was made."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """The header, line by line."""
        kept = [(name, value) for name, value in super().mime_headers if name in KEPT]
        return [*kept[:-1], (kept[-1][0], f"{kept[-1][1]}\n")]  # each line of it ends, the last one too


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
    new = Translations(locale=language, domain=DOMAIN, header_comment=HEADER, fuzzy=False)
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
    """The file that people edit."""
    out = io.BytesIO()
    write_po(out, catalog, width=0, no_location=True, ignore_obsolete=True)
    return out.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    """The file that the daemon reads."""
    out = io.BytesIO()
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
        for path, content in ((file, as_po(catalog)), (file.with_suffix(".mo"), as_mo(catalog))):
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
