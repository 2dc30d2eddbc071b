from __future__ import annotations

from pathlib import Path

import pytest

from watchdog.gateways.itself import own_container_id

OURS = "ab" * 32
OTHER = "cd" * 32


def proc(folder: Path, mountinfo: str = "", cgroup: str = "") -> Path:
    (folder / "mountinfo").write_text(mountinfo)
    (folder / "cgroup").write_text(cgroup)
    return folder


def mount(container: str, file: str, point: str) -> str:
    return f"688 664 254:1 /var/lib/docker/containers/{container}/{file} {point} rw - ext4 /dev/vda1 rw\n"


def test_the_mounts_tell_our_id(tmp_path: Path) -> None:
    """The engine mounts a file of ours at /etc/hostname; files of others mounted elsewhere do not count."""
    text = mount(OTHER, "hostname", "/seen/hostname") + mount(OURS, "hostname", "/etc/hostname")
    assert own_container_id(proc(tmp_path, text)) == OURS


@pytest.mark.parametrize("line", [f"1:cpu:/docker/{OURS}", f"0::/system.slice/docker-{OURS}.scope"])
def test_the_cgroup_tells_our_id(tmp_path: Path, line: str) -> None:
    """Where the mounts say nothing, the control group's name may."""
    assert own_container_id(proc(tmp_path, cgroup=line + "\n")) == OURS


@pytest.mark.parametrize(("name", "expected"), [("abcdef012345", "abcdef012345"), ("db", ""), ("beef", "")])
def test_the_host_name_is_the_last_resort(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: str
) -> None:
    """A name that looks like the beginning of an id is one; any other machine is no container."""
    monkeypatch.setattr("socket.gethostname", lambda: name)
    assert own_container_id(tmp_path / "nowhere") == expected
