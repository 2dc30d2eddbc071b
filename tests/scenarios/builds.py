"""Services that are built: their contexts in the scenario's folder, their programs, and the images they leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.scenarios.daemon import Json
from tests.scenarios.failed import Failed
from tests.scenarios.stage import Stage

DOCKERFILE = """FROM watchdog-test/busybox:local
COPY run /run.sh
CMD ["sh", "/run.sh"]
"""
# Falls when it is told to, and falls again however often it is started.
FRAIL = "until test -e /outside/sick; do sleep 0.1; done; echo frail; exit 3\n"
MENDED = "echo mended; while :; do sleep 0.1; done\n"
BROKEN = "echo broken; exit 4\n"


def write_context(stage: Stage, service: str, program: str = FRAIL) -> Path:
    """A build context whose image runs this program; and a folder that the container sees."""
    folder = stage.work / service
    (folder / "outside").mkdir(parents=True, exist_ok=True)
    (folder / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    (folder / ".dockerignore").write_text("outside\n", encoding="utf-8")
    (folder / "run").write_text(program, encoding="utf-8")
    return folder


def make_sick(stage: Stage, service: str) -> None:
    """Let the service's frail program fall."""
    (stage.work / service / "outside" / "sick").touch()


@contextmanager
def images_removed(stage: Stage) -> Iterator[None]:
    """Afterwards no image is left that the scenario built or kept."""
    try:
        yield
    finally:
        stage.close()
        for repository in (f"{stage.project}-*", f"watchdog-rollback/{stage.project}/*"):
            names = stage.docker("images", "--format", "{{.Repository}}:{{.Tag}}", repository).split()
            if names:
                with suppress(Failed):
                    stage.docker("rmi", "-f", *names)


def watchdog(stage: Stage, *words: str) -> tuple[int, Json]:
    """`watchdog WORDS --json` as a user would type it: its exit code and its answer."""
    done = subprocess.run(
        [sys.executable, "-m", "watchdog", *words, "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **stage.daemon.environment},
    )
    return done.returncode, dict(json.loads(done.stdout))


def proposal_of(
    stage: Stage, target: str, *, within: float = 30, other_than: str = "", action: str = ""
) -> Json:
    """Wait until something (or this action) waits for a yes for this target; the proposal."""
    found: list[Json] = []

    def there() -> bool:
        listed = (stage.daemon.ask("/proposals") or {"proposals": []})["proposals"]
        mine = (each for each in listed if each["target"] == target and each["id"] != other_than)
        found[:] = [each for each in mine if action in ("", each["action"])]
        return bool(found)

    stage.wait(f"something is proposed for {target}", there, within)
    return found[0]
