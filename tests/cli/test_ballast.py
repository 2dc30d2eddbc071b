import subprocess
import sys

LISTED = "print(*sorted(name for name in ('rich', 'click', 'charset_normalizer', 'chardet') if sys.modules.get(name)))"


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False, timeout=20
    )


def test_a_daemon_does_not_carry_what_it_never_uses() -> None:
    """What the libraries of the daemon import just in case is not in its memory."""
    ran = python(
        "import sys; from watchdog.cli import ballast; ballast.drop()\n"
        f"import watchdog.cli.daemon, watchdog.cli.main, docker, watchdog.gateways.telegram; {LISTED}"
    )
    assert (ran.stdout.strip(), ran.stderr) == ("", "")


def test_a_daemon_that_cannot_start_says_so_all_the_same() -> None:
    """What shows problems on the terminal can still be had."""
    ran = python(
        "from watchdog.cli import ballast; ballast.drop(); ballast.drop(); ballast.take_back(); ballast.take_back()\n"
        "from watchdog.cli.show import show_error; show_error('wrong', 'do this', as_json=False)"
    )
    assert "wrong" in ran.stderr
    assert "Traceback" not in ran.stderr
