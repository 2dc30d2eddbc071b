"""What tests of Compose are put together from: a program in its place, images by name."""

from __future__ import annotations

import json
from pathlib import Path

from watchdog.gateways.images import Named

SERVICES = {
    "web": {"image": "web:1"},
    "built": {"build": {"context": "/nowhere"}},
    "idle": {"image": "web:1", "scale": 0},
    "off": {"image": "web:1", "deploy": {"replicas": 0}},
    "many": {"image": "web:1", "deploy": {"replicas": 2}},
    "one": {"image": "web:1", "scale": None},
    "leaning": {"image": "web:1", "depends_on": {"db": {}}, "container_name": "tower"},
}
STAND_IN = """#!/bin/sh
echo "$0 $*" >> {folder}/asked
env > {folder}/environment
case "$*" in
  *version*) cat {folder}/version; exit $(cat {folder}/version.code) ;;
  *"config --hash"*) cat {folder}/hash; exit $(cat {folder}/hash.code) ;;
  *config*) cat {folder}/config; cat {folder}/config.error >&2; exit $(cat {folder}/config.code) ;;
  *dry-run*) cat {folder}/dry-run >&2; exit $(cat {folder}/dry-run.code) ;;
  *" build "*) echo "#1 building"; echo "no such file" >&2; exit $(cat {folder}/build.code) ;;
  *" up "*) echo "pulling out" >&2; echo "cannot do it" >&2; exit $(cat {folder}/up.code) ;;
  *" ps "*) cat {folder}/ps; exit $(cat {folder}/ps.code) ;;
esac
"""


class StandIn:
    """A program in the place of `docker` that answers as told and notes what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        self.install("docker")
        self.say("version", "2.26.1")
        self.say("config", json.dumps({"services": SERVICES}))
        self.say("ps", "")
        self.say("hash", "web abc")
        self.say("up", "")
        self.say("build", "")
        self.say("dry-run", "")
        (folder / "config.error").write_text("")

    def install(self, name: str) -> None:
        program = self.folder / "bin" / name
        program.write_text(STAND_IN.format(folder=self.folder))
        program.chmod(0o755)

    def say(self, verb: str, output: str, code: int = 0) -> None:
        (self.folder / verb).write_text(output)
        (self.folder / f"{verb}.code").write_text(str(code))

    @property
    def asked(self) -> list[str]:
        lines = (self.folder / "asked").read_text().splitlines()
        return [line.removeprefix(f"{self.folder}/bin/") for line in lines if "version" not in line]

    def asked_for(self, verb: str) -> list[str]:
        """The calls with this verb."""
        return [line for line in self.asked if f" {verb}" in line]


class FakeShelf:
    """The engine's images, by name."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {"web:1": "sha256:1", "demo-built:latest": "sha256:1"}

    async def image_id(self, reference: str) -> str | None:
        return self.names.get(reference if ":" in reference else f"{reference}:latest")

    async def tag(self, image_id: str, repository: str, tag: str = "") -> None:
        name = f"{repository}:{tag}" if tag else repository
        self.names[name if ":" in name else f"{name}:latest"] = image_id

    async def tags(self, repository: str) -> tuple[Named, ...]:
        mine = [name for name in self.names if name.rpartition(":")[0] == repository]
        found = [
            Named(tag=name.rpartition(":")[2], image_id=self.names[name], created=n)
            for n, name in enumerate(mine)
        ]
        return tuple(sorted(found, key=lambda named: -named.created))

    async def untag(self, repository: str, tag: str) -> None:
        self.names.pop(f"{repository}:{tag}", None)


def replica(number: int, *, one_off: bool = False) -> str:
    labels = f"com.docker.compose.container-number={number},com.docker.compose.oneoff={one_off}"
    return json.dumps({"Labels": labels})
