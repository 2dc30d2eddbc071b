"""What the commands share: options, and how an answer or an error is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from watchdog.cli.as_json import show_json
from watchdog.cli.exits import CommandError, Exit

Json = dict[str, Any]
Report = Callable[[Any, Json], None]

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
Socket = Annotated[
    Path | None,
    typer.Option(
        "--socket",
        help="The daemon's socket, or its state folder (default: from WATCHDOG_STATE_DIR).",
        show_default=False,
    ),
]
Target = Annotated[
    str, typer.Argument(help="A watched target, as `watchdog status` names it.", show_default=False)
]


def show_answer(answer: Json, pick: Callable[[Any], Report], *, as_json: bool) -> None:
    """Answer in JSON, or with one of the reports, which only then are imported."""
    if as_json:
        show_json(answer)
        return
    from watchdog.cli import reports, show  # noqa: PLC0415 - rich is for those who show something

    pick(reports)(show.make_console(), answer)


@contextmanager
def ended_well(*, as_json: bool) -> Iterator[None]:
    """Turn an error of ours into its words and its exit code."""
    try:
        yield
    except CommandError as error:
        from watchdog.cli import show  # noqa: PLC0415 - the same

        show.show_error(error.error, error.fix, as_json=as_json)
        raise typer.Exit(error.code) from None
    except BrokenPipeError:
        raise  # the reader has read enough: typer ends quietly
    except OSError as error:
        from watchdog.cli import language, show  # noqa: PLC0415 - the same

        words = language.own_words().screen["cannot_write"].format(error=error.strerror)
        show.show_error(words, "", as_json=False)
        raise typer.Exit(Exit.SICK) from None
