import io
import json

import pytest
from rich.console import Console

from watchdog.cli import show
from watchdog.wording import ENGLISH


def terminal() -> Console:
    return Console(
        file=io.StringIO(),
        force_terminal=True,
        width=60,
        color_system="standard",
        markup=False,
        highlight=False,
    )


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_text_from_outside_is_neither_markup_nor_escape() -> None:
    """A container may be called anything: it is shown as text."""
    console = terminal()
    show.say(console, "  ", ("[red]api[/red]\x1b[2J", "bold"), "  x")
    show.show_rows(console, ("[b]name",), [("[link=evil]\x1b]0;t\x07api",)])
    assert "[red]api[/red]" in written(console)
    assert "[link=evil]api" in written(console)
    assert "\x1b[2J" not in written(console)
    assert "\x1b]0" not in written(console)


def test_a_long_cell_is_folded_on_a_terminal_and_kept_whole_elsewhere(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A person reads all of it, and grep finds whole lines."""
    console = terminal()
    show.show_rows(console, ("a", "b"), [("x", "word " * 40)])
    assert written(console).count("word") == 40
    assert len(written(console).splitlines()) > 3
    show.show_rows(show.make_console(), ("a", "b"), [("x", "word " * 40)])
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_every_state_has_a_mark_without_colour() -> None:
    """Eyes that see no colours, and files, tell good from bad too."""
    assert show.mark("well")[0] == "+ "
    assert show.mark("escalated")[0] == "! "
    assert show.mark("never heard of")[0] == "? "


@pytest.mark.parametrize("as_json", [True, False])
def test_an_error_is_told_where_it_belongs(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> None:
    """For people on stderr, for programs on stdout."""
    show.show_error("no", "do this", as_json=as_json)
    out, err = capsys.readouterr()
    if as_json:
        assert json.loads(out) == {"error": "no", "fix": "do this"}
    else:
        assert err == "error: no\n  fix: do this\n"
        assert out == ""


def test_a_moment_is_told_in_spans() -> None:
    """How long ago is counted from the moment the daemon answered."""
    assert show.ago("2026-11-23T12:00:00+00:00", ENGLISH, "2026-11-23T12:01:05+00:00") == "1 min 5 s ago"
    assert show.ago("2026-11-23T12:00:00+00:00", ENGLISH).endswith(" ago")
