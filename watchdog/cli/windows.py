"""`watchdog maintenance` and `watchdog silence`: what is not touched for a while, and of what nothing is told."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from watchdog.cli.asking import AsJson, Socket, ended_well, show_answer
from watchdog.cli.link import Link, find_socket
from watchdog.core.duration import parse_duration

Json = dict[str, Any]


def read_span(written: str) -> float:
    """Seconds of a duration on the command line."""
    try:
        seconds = parse_duration(written)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if not seconds:
        raise typer.BadParameter("must be longer than nothing")
    return seconds


class BeginsByDefault(TyperGroup):
    """A group of commands where what is no command is what `begin` is for: `watchdog silence api --for 1h`."""

    begins_by_default = True

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments, with `begin` put in where it was left out."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["begin", *args]
        return super().parse_args(ctx, args)


Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TARGET]...",
        help="Targets as `watchdog status` names them, or services for all of their replicas.",
        show_default=False,
    ),
]
For = Annotated[
    float | None,
    typer.Option(
        "--for",
        parser=read_span,
        metavar="DURATION",
        help="For how long, such as 30m or 2h; until it is ended when left out.",
        show_default=False,
    ),
]
Why = Annotated[str, typer.Option("--why", help="The reason, for the others.", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what it would be for.")]
Every = Annotated[bool, typer.Option("--all", help="Also what is over.")]

maintenance_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Keep watchdog's hands off for a while: it watches and tells, and does nothing.",
)
silence_app = typer.Typer(
    cls=BeginsByDefault,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Be told nothing for a while: watchdog goes on healing. `watchdog silence TARGET... --for 1h` begins one.",
)


@maintenance_app.command("begin")
def maintenance_begin(
    targets: Targets = None,
    *,
    lasts: For = None,
    why: Why = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
    socket: Socket = None,
) -> None:
    """Touch nothing of these targets, or of the whole stack, from now on."""
    body = {"targets": targets or None, "seconds": lasts, "why": why, "dry_run": dry_run}
    _post("maintenance", body=body, as_json=as_json, socket=socket)


@maintenance_app.command("end")
def maintenance_end(
    window: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]", help="Which one; may be left out when there is only one.", show_default=False
        ),
    ] = None,
    *,
    as_json: AsJson = False,
    socket: Socket = None,
) -> None:
    """Look after it again: all that was in it is looked at now."""
    _post("maintenance", "end", body={"id": window}, as_json=as_json, socket=socket)


@maintenance_app.command("list")
def maintenance_list(*, every: Every = False, as_json: AsJson = False, socket: Socket = None) -> None:
    """What is not touched, until when and by whose word; and what recurs."""
    _list("maintenance", every=every, as_json=as_json, socket=socket)


@silence_app.command("begin")
def silence_begin(
    targets: Targets = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="All of it, watchdog's own troubles too.")
    ] = False,
    lasts: For = None,
    why: Why = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
    socket: Socket = None,
) -> None:
    """Tell nothing of these targets from now on. `begin` may be left out."""
    if bool(targets) == everything:
        raise typer.BadParameter("name the targets, or say --all", param_hint="TARGET")
    body = {"targets": targets or None, "seconds": lasts, "why": why, "dry_run": dry_run}
    _post("silences", body=body, as_json=as_json, socket=socket)


@silence_app.command("end")
def silence_end(
    window: Annotated[str, typer.Argument(metavar="ID", help="Which one.", show_default=False)],
    *,
    as_json: AsJson = False,
    socket: Socket = None,
) -> None:
    """Be told again: first, how it stands with what is still open."""
    _post("silences", "end", body={"id": window}, as_json=as_json, socket=socket)


@silence_app.command("list")
def silence_list(*, every: Every = False, as_json: AsJson = False, socket: Socket = None) -> None:
    """Of what nothing is told, until when and by whose word."""
    _list("silences", every=every, as_json=as_json, socket=socket)


def _post(*path: str, body: Json, as_json: bool, socket: Any) -> None:
    with ended_well(as_json=as_json):
        answer = Link(find_socket(socket)).post(*path, body=body)
        show_answer(answer, lambda reports: reports.report_window_answer, as_json=as_json)


def _list(path: str, *, every: bool, as_json: bool, socket: Any) -> None:
    with ended_well(as_json=as_json):
        answer = Link(find_socket(socket)).get(path, all=1 if every else None)
        pick = "report_maintenance" if path == "maintenance" else "report_silences"
        show_answer(answer, lambda reports: getattr(reports, pick), as_json=as_json)
