"""The command line of Docker Compose: which form of it there is here, and how it is called.

Belongs here: its environment, its version, the words that every call begins with. Does not: what is asked
of it (`compose`), what its answers mean (`compose_project`).
"""

from __future__ import annotations

import os
from collections.abc import Callable

from watchdog.core.errors import Unreachable
from watchdog.core.redaction import cut_beginning
from watchdog.core.roster import ComposeOrigin
from watchdog.gateways.program import Ended, run_program

LOOK_WITHIN = 20.0
FORMS = (("docker", "compose"), ("docker-compose",))
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
WORDS = 300

Say = Callable[[str], None]


class ComposeCommand:
    """`docker compose`, or a `docker-compose` of version 2 or later, or the one that the user names.

    In an environment of its own: what ours says would beat the project's `.env`.
    """

    def __init__(self, socket: str, program: str = "") -> None:
        """Calls nothing yet. `program`: a path to the Compose to use; the host's own, mounted read-only."""
        self._program = program
        self._environment = {
            "PATH": os.environ.get("PATH", PATH),
            "HOME": os.environ.get("HOME", "/"),
            "DOCKER_HOST": f"unix://{socket}",
        }
        self._form: tuple[str, ...] = ()
        self._version = ""

    async def version(self) -> str:
        """Its version, as the labels of a container that it makes say it."""
        await self._find()
        return self._version

    async def run(
        self,
        origin: ComposeOrigin,
        *words: tuple[str, ...],
        within: float = LOOK_WITHIN,
        say: Say | None = None,
    ) -> Ended:
        """Call it on a project, with the files, env files and folder that the project's containers came from."""
        files = [part for path in origin.config_files for part in ("-f", path)]
        environment = [part for path in origin.environment_files for part in ("--env-file", path)]
        command = (
            *await self._find(),
            "--ansi",
            "never",
            "--project-directory",
            origin.working_dir,
            "-p",
            origin.project,
            *files,
            *environment,
            *(word for group in words for word in group),
        )
        return await run_program(command, self._environment, cwd=origin.working_dir, within=within, say=say)

    async def _find(self) -> tuple[str, ...]:
        """The form of the command that exists here."""
        if self._form:
            return self._form
        for form in ((self._program,),) if self._program else FORMS:
            try:
                ended = await run_program(
                    (*form, "version", "--short"), self._environment, within=LOOK_WITHIN
                )
            except Unreachable:
                continue
            version = ended.output.decode(errors="replace").strip().removeprefix("v")
            if ended.code == 0 and version and not version.startswith("1."):
                # Debian says 2.26.1-4, and writes 2.26.1 into the labels.
                self._form, self._version = form, version.partition("-")[0]
                return form
        if self._program:
            raise Unreachable(
                f"WATCHDOG_COMPOSE names {self._program}, which is no Docker Compose that works here: mount the "
                "host's own there, or unset it"
            )
        raise Unreachable(
            "no Docker Compose here: neither `docker compose` nor `docker-compose` (version 2) works. "
            "Install the Compose plugin"
        )


def last_words(ended: Ended) -> str:
    """Why it failed, by the end of what it said."""
    lines = [line.strip() for line in ended.complaint.decode(errors="replace").splitlines() if line.strip()]
    return cut_beginning(" ".join(lines[-3:]), WORDS) or f"exit code {ended.code}"
