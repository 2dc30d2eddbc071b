"""The translations: whole, in step with the English, with the same facts and commands in them."""

from __future__ import annotations

import gettext
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from watchdog.wording import ENGLISH
from watchdog.wording.catalogue import Counted
from watchdog.wording.languages import DOMAIN, LOCALE, known_languages, strings, translate, words_of

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
# Written the same in both: names, units, and what is typed.
SAME = {
    "playbook",
    "id",
    " (incident {incident})",
    "plan {hash}",
    "{number}. {action}",
    "{n} s",
    "{n} min {m} s",
    "{n} h {m} min",
}
NO_BREAK, NARROW = "\u00a0", "\u202f"
# English words that a French sentence has no use for; what is typed and quoted is left out first.
ENGLISH_WORDS = r"\b(the|is|was|and|not|its|it|to|of|by|with|what|nothing|has|been|will|yes)\b"
COMMAND = re.compile(r"watchdog (?:[a-z]+ \{[a-z]+\}(?: --[a-z-]+)?|config check|status|reload)")
TYPED = re.compile(
    r"watchdog (?:run|status|incidents|config check|reload|hold|release|retry|approve|decline)\b[^.;)]*"
    r"|docker info|`[^`]*`|\{[a-z]+\}"
)


def pairs(file: Path) -> list[tuple[str, str]]:
    """Every English text beside its translation; of a counted one the forms for many."""
    with file.open("rb") as opened:
        messages = [message for message in read_po(opened, domain=DOMAIN) if message.id]
    return [(many(message.id), many(message.string)) for message in messages]


def many(text: str | tuple[str, ...] | list[str] | None) -> str:
    """A text, of a counted one the form for many."""
    return text if isinstance(text, str) else text[-1] if text else ""


FRENCH = pairs(LOCALE / "fr" / "LC_MESSAGES" / f"{DOMAIN}.po")


def facts(template: str) -> list[str]:
    """The placeholders of a template."""
    return sorted(name for _, name, _, _ in string.Formatter().parse(template) if name)


def test_catalogues_are_fresh() -> None:
    """No text lacks a translation, none is left over, and what the daemon reads is what people have edited."""
    command = [sys.executable, "scripts/words.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=25, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}run: uv run python scripts/words.py"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.parts[-3]))
def test_every_text_has_one_translation_that_somebody_stands_for(file: Path) -> None:
    """Nothing is guessed (fuzzy), nothing is kept of what nobody says any more, and nothing is missing."""
    with file.open("rb") as opened:
        catalog = read_po(opened, domain=DOMAIN)
    assert not catalog.obsolete
    assert [message.id for message in catalog if message.id and message.fuzzy] == []
    wanted = {(context, text.one if isinstance(text, Counted) else text) for context, _, text in strings()}
    known = {(m.context, m.id if isinstance(m.id, str) else m.id[0]) for m in catalog if m.id}
    assert known == wanted


def test_french_has_the_same_facts_and_commands() -> None:
    """A translation tells no fact less or more, and a command in it can be typed as it stands."""
    for english, french in FRENCH:
        assert facts(french) == facts(english), french
        assert [command for command in COMMAND.findall(english) if command not in french] == []


def test_no_english_is_left_in_french() -> None:
    """Who reads French at three in the morning reads French only."""
    for english, french in FRENCH:
        says_nothing = not re.search("[a-z]", TYPED.sub("", english))
        assert french != english or english in SAME or says_nothing
        assert not re.search(ENGLISH_WORDS, TYPED.sub("", french)), french


def test_french_is_set_as_the_french_do() -> None:
    """A space that does not break stands before : ; ! ? and the apostrophe is a real one."""
    for english, french in FRENCH:
        prose = TYPED.sub("x", french)
        assert not re.search(rf"(?<!{NO_BREAK}):", prose), french
        assert not re.search(rf"(?<!{NARROW})[;!?]", prose), french
        assert not set("'\"") & set(prose), french
        assert english == "." or french.endswith((".", "?")) == english.endswith((".", "?")), french
        assert (french[:1] == " ") == (english[:1] == " ") or english.startswith(":"), french


def test_french_is_what_the_standard_library_reads() -> None:
    """The words come from the compiled catalogue, without anything that only developers have."""
    words = words_of("fr")
    assert words is words_of("fr")
    assert words.findings["healthy"] == "tourne et est en bonne santé"
    assert words.phases["open"] == "ouvert"
    assert words.standings["held"].commands == ENGLISH.standings["held"].commands
    assert type(words.tellings["opened"].lines) is tuple
    code = (
        "import sys; from watchdog.wording import words_of; words_of('fr').findings; "
        "print([name for name in sys.modules if name.partition('.')[0] == 'babel'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=25, check=True
    )
    assert done.stdout.strip() == "[]"


def test_english_costs_no_look_at_any_file() -> None:
    """English is the catalogue itself, and so is a language that nobody has translated."""
    assert words_of("en") is ENGLISH
    assert words_of("tlh") is ENGLISH
    assert words_of("../../etc") is ENGLISH
    assert known_languages() == ("fr",)


def test_each_language_counts_in_its_own_way() -> None:
    """Nothing is plural in English and singular in French."""
    english, french = ENGLISH.counts["problems"], words_of("fr").counts["problems"]
    assert [english(n) for n in (0, 1, 2)] == ["0 problems", "1 problem", "2 problems"]
    assert [french(n) for n in (0, 1, 2)] == [
        f"{n}{NO_BREAK}problème{s}" for n, s in ((0, ""), (1, ""), (2, "s"))
    ]


def test_a_text_without_translation_is_told_in_english() -> None:
    """A hole in a catalogue costs a sentence in the other language, never a message."""
    words = translate(gettext.NullTranslations())
    assert words.findings == ENGLISH.findings
    assert words.counts["problems"](2) == "2 problems"
