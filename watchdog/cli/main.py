"""The commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from watchdog import __version__
from watchdog.cli.as_json import show_json
from watchdog.cli.asking import AsJson, Socket, Target, ended_well, show_answer
from watchdog.cli.exits import Exit
from watchdog.cli.link import Link, find_socket
from watchdog.cli.windows import maintenance_app, silence_app

_EXITS = (
    "Exit codes: 0 fine or healed, 1 sick, failed or refused, 2 usage, 3 no daemon answers, "
    "4 unknown target, playbook, incident or proposal, 75 start the daemon anew, 78 configuration."
)
_DEFAULT_CONFIG = "default: WATCHDOG_CONFIG, else config/watchdog.yml"

app = typer.Typer(
    help="A self-healing daemon for one Docker Compose stack.",
    epilog=_EXITS,
    no_args_is_help=True,
    # A traceback with the values of variables may show a secret.
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
config_app = typer.Typer(help="The configuration files.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(config_app, name="config")
app.add_typer(maintenance_app, name="maintenance")
app.add_typer(silence_app, name="silence")

ProposalId = Annotated[
    str, typer.Argument(metavar="ID", help="As `watchdog proposals` names it.", show_default=False)
]


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Show the version.", is_eager=True)
    ] = False,
) -> None:
    """A self-healing daemon for one Docker Compose stack."""
    if version:
        typer.echo(f"watchdog {__version__}")
        raise typer.Exit


@app.command()
def run(
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help=f"The configuration ({_DEFAULT_CONFIG}).", show_default=False),
    ] = None,
) -> None:
    """Run the daemon, until SIGTERM or Ctrl-C."""
    # The daemon's weight is not for the clients.
    from watchdog.cli.daemon import run_daemon  # noqa: PLC0415

    with ended_well(as_json=False):
        raise typer.Exit(run_daemon(config))


@app.command()
def status(*, as_json: AsJson = False, socket: Socket = None) -> None:
    """Is everything well? What is not, since when, what was done, what is next, what can I do?"""
    with ended_well(as_json=as_json):
        answer = Link(find_socket(socket)).get("status")
        show_answer(answer, lambda reports: reports.report_status, as_json=as_json)
        raise typer.Exit(Exit.FINE if answer["well"] else Exit.SICK)


@app.command()
def probe(
    target: Annotated[
        str | None, typer.Argument(help="A watched target (default: all).", show_default=False)
    ] = None,
    *,
    as_json: AsJson = False,
    socket: Socket = None,
) -> None:
    """Look now, and say what is seen."""
    with ended_well(as_json=as_json):
        body = {} if target is None else {"target": target}
        answer = Link(find_socket(socket)).post("probe", body=body)
        show_answer(answer, lambda reports: reports.report_observations, as_json=as_json)
        raise typer.Exit(Exit.FINE if answer["well"] else Exit.SICK)


@app.command()
def incidents(
    incident: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Tell the story of this one.", show_default=False)
    ] = None,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many to list.")] = 20,
    target: Annotated[
        str | None, typer.Option("--target", help="Only of this target.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    socket: Socket = None,
) -> None:
    """List the newest incidents, or tell the story of one."""
    with ended_well(as_json=as_json):
        link = Link(find_socket(socket))
        if incident is None:
            show_answer(
                link.get("incidents", limit=limit, target=target),
                lambda reports: reports.report_incidents,
                as_json=as_json,
            )
        else:
            show_answer(
                link.get("incidents", incident), lambda reports: reports.report_story, as_json=as_json
            )


@app.command()
def plan(
    playbook: Annotated[str, typer.Argument(help="A loaded playbook.", show_default=False)],
    target: Target,
    *,
    as_json: AsJson = False,
    socket: Socket = None,
) -> None:
    """Show what a playbook would do to a target. Changes nothing."""
    with ended_well(as_json=as_json):
        body = {"playbook": playbook, "target": target}
        show_answer(
            Link(find_socket(socket)).post("plan", body=body),
            lambda reports: reports.report_plan,
            as_json=as_json,
        )


@app.command()
def heal(
    target: Target,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    wait: Annotated[float, typer.Option("--wait", min=0, help="Follow it for so many seconds.")] = 600,
    as_json: AsJson = False,
    socket: Socket = None,
) -> None:
    """Heal a target now, forgetting the attempts made so far, and follow it until it has ended."""
    with ended_well(as_json=as_json):
        link = Link(find_socket(socket))
        if dry_run:
            body = {"order": "heal", "target": target, "dry_run": True}
            answer = link.post("orders", body=body)
            show_answer(answer, lambda reports: reports.report_plan, as_json=as_json)
            return
        _heal(link, target, wait, as_json=as_json)


@app.command()
def hold(target: Target, *, as_json: AsJson = False, socket: Socket = None) -> None:
    """Keep watchdog's hands off a target, until it is released."""
    _order("hold", target, as_json=as_json, socket=socket)


@app.command()
def release(target: Target, *, as_json: AsJson = False, socket: Socket = None) -> None:
    """Give a held target back; one that is down is brought back."""
    _order("release", target, as_json=as_json, socket=socket)


@app.command()
def retry(target: Target, *, as_json: AsJson = False, socket: Socket = None) -> None:
    """Forget the attempts against a target, and let watchdog begin anew; or have a check asked again.

    Give it the name of a check that is switched off, because it froze watchdog or goes wrong again and again.
    """
    _order("retry", target, as_json=as_json, socket=socket)


@app.command()
def proposals(
    *,
    every: Annotated[bool, typer.Option("--all", help="Also what is over.")] = False,
    as_json: AsJson = False,
    socket: Socket = None,
) -> None:
    """List what waits for a human yes."""
    with ended_well(as_json=as_json):
        answer = Link(find_socket(socket)).get("proposals", all=1 if every else None)
        show_answer(answer, lambda reports: reports.report_proposals, as_json=as_json)


@app.command()
def approve(
    proposal: ProposalId,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    as_json: AsJson = False,
    socket: Socket = None,
) -> None:
    """Say yes to a proposal: it is done once, if it still is exactly what was shown."""
    _answer("approve", proposal, as_json=as_json, socket=socket, dry_run=dry_run)


@app.command()
def decline(proposal: ProposalId, *, as_json: AsJson = False, socket: Socket = None) -> None:
    """Say no to a proposal."""
    _answer("decline", proposal, as_json=as_json, socket=socket)


@app.command()
def reload(*, as_json: AsJson = False, socket: Socket = None) -> None:
    """Have the daemon load its configuration again. What is wrong with it is shown, and the old one stays."""
    with ended_well(as_json=as_json):
        answer = Link(find_socket(socket)).post("reload", body={})
        show_answer(answer, lambda reports: reports.report_reload, as_json=as_json)
        raise typer.Exit(Exit.FINE if answer["ok"] else Exit.CONFIG)


@app.command()
def healthcheck(*, socket: Socket = None) -> None:
    """Say in one line how watchdog itself is: exit 0 for ok and degraded, 1 for failing or no answer."""
    from watchdog.cli.healthcheck import healthcheck  # noqa: PLC0415 - alone it is answered without all of this

    with ended_well(as_json=False):
        raise typer.Exit(healthcheck(socket))


@config_app.command("check")
def config_check(
    file: Annotated[
        Path | None,
        typer.Argument(help=f"The configuration ({_DEFAULT_CONFIG}).", show_default=False),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say everything that is wrong with the configuration, or what would be watched."""
    from watchdog.cli.configuration import check_config  # noqa: PLC0415 - pydantic

    with ended_well(as_json=as_json):
        raise typer.Exit(check_config(file, as_json=as_json))


def _order(order: str, target: str, *, as_json: bool, socket: Path | None) -> None:
    with ended_well(as_json=as_json):
        answer = Link(find_socket(socket)).post("orders", body={"order": order, "target": target})
        show_answer(answer, lambda reports: reports.report_order, as_json=as_json)


def _answer(answer: str, proposal: str, *, as_json: bool, socket: Path | None, dry_run: bool = False) -> None:
    with ended_well(as_json=as_json):
        body = {"answer": answer, "dry_run": dry_run}
        answered = Link(find_socket(socket)).post("proposals", proposal, body=body)
        show_answer(answered, lambda reports: reports.report_answer, as_json=as_json)


def _heal(link: Link, target: str, wait: float, *, as_json: bool) -> None:
    from watchdog.cli import progress, reports, show  # noqa: PLC0415 - rich is for those who show something
    from watchdog.cli.language import own_words  # noqa: PLC0415 - the same

    console = show.make_console()
    healed = progress.heal(link, target, wait, None if as_json else console)
    fine = healed.in_time and healed.status["well"]
    if as_json:
        show_json({**healed.answer, "status": healed.status, "in_time": healed.in_time, "healed": fine})
    else:
        reports.report_target(console, healed.status)
        if not healed.in_time:
            show.say(console, own_words().screen["goes_on"])
    raise typer.Exit(Exit.FINE if fine else Exit.SICK)
