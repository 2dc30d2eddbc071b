"""`python -m watchdog`, and the program `watchdog`."""

from __future__ import annotations

import sys

from watchdog import __version__


def main() -> None:
    """Answer the version and the health at once, and leave all the rest to the command line."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        sys.stdout.write(f"watchdog {__version__}\n")
        return
    if sys.argv[1:] == ["healthcheck"]:
        # Asked every 10 s by whoever runs the container.
        from watchdog.cli.healthcheck import healthcheck  # noqa: PLC0415

        sys.exit(healthcheck())
    if sys.argv[1:2] == ["run"]:
        from watchdog.cli import ballast  # noqa: PLC0415 - before what it keeps out

        ballast.drop()
    # Not at the top: the version is answered before anything heavy is imported.
    from watchdog.cli.main import app  # noqa: PLC0415

    app(prog_name="watchdog")


if __name__ == "__main__":
    main()
