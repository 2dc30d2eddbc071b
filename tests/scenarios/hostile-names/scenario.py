"""Whatever names, labels, logs and healthchecks say, people are shown it as text, bounded, and nothing obeys it.

The engine itself allows little in a container's name; the label that Compose keeps a service's name in may
hold anything, so that a container whose maker wrote that label by hand is a target of any name.
"""

import json
import re
import shutil
import subprocess
import unicodedata
from pathlib import Path

from tests.scenarios.receiver import Receiver
from tests.scenarios.stage import Stage
from tests.scenarios.telegram import all_valid, free_port, message_about, print_message, shown, telegram
from tests.telegram_api import LONGEST, TelegramApi

PROMTOOL = Path(__file__).parents[3] / ".cache" / "prometheus" / "usr" / "bin" / "promtool"
MARKUP = '<b>bold</b> &amp; & <a href="tg://resolve?domain=evil">x</a> <script> _*[`]( \'" </b>'
CALLS = "@everyone @channel tg://user?id=1 https://evil.example/?q=1 mail.evil.example /stop #tag $USD"
TERMINAL = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]8;;https://evil.example\x1b\\link \x9b31m \x07\x08\x7f"
TURNED = "\u202egnp.exe\u202c \u2066\u200f\u200b\ufeff \x85 \u2028\u2029 \r\nsecond line"
HOSTILE = f"{MARKUP} {CALLS} {TERMINAL} {TURNED}"
# An argument of a program holds no NUL and a name no line of its own; everything else of it.
NAME = f"shop {MARKUP} {CALLS} {TERMINAL} {TURNED}"
LONG = 100_000
# A terminal, or a reader of lines, would do something on these: C0 but newline, DEL, C1, turned and invisible
# characters, separators of lines.
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def scenario(stage: Stage) -> None:
    """Given text that is written to be obeyed, when it has to be told, then it is told, and not obeyed."""
    prepare(stage)
    with telegram(stage) as api, Receiver() as receiver:
        stage.daemon.environment["WATCHDOG_WEBHOOK_URL"] = receiver.url("/hook")
        stage.daemon.environment["WATCHDOG_LISTEN"] = f"127.0.0.1:{free_port()}"
        stage.up()
        run_by_hand(stage)
        stage.start_daemon()
        stage.watching("evil.example.com", "noisy", "sick")
        stage.wait("the one with the hostile name", lambda: len(targets(stage)) == 4, 10)

        (stage.work / "outside" / "well").unlink()
        stage.crash("evil.example.com")
        stage.compose("create", "unstartable")
        stage.compose("start", "unstartable", check=False)
        message_about(stage, api, "evil.example.com".replace(".", ".\u2060") + " is well again", within=60)
        stage.wait(f"all others are handed over: {shown(api)}", lambda: handed_over(api) == 4, 90)
        stage.let_pass(1)

        messages_are_harmless(stage, api)
        webhook_is_harmless(stage, receiver)
        screens_are_harmless(stage)
        log_is_harmless(stage)
        metrics_are_harmless(stage)
        stage.alive()
        stage.expect("it stops cleanly", stage.daemon.end() == 0)


def prepare(stage: Stage) -> None:
    """What the containers say: beyond text, NUL, bytes that are no UTF-8, and lines of 100 kB."""
    stage.fill("{hostile}", json.dumps(HOSTILE.replace("$", "$$")))
    outside = stage.work / "outside"
    outside.mkdir(mode=0o755)
    (outside / "well").touch()
    bytes_ = HOSTILE.encode() + b" \x00 \xff\xfe\xc3\x28 \xed\xa0\x80"
    (outside / "log").write_bytes(bytes_ + b"\n" + b"<b>" + b"A" * LONG + b"</b>\n" + bytes_ + b"\r\n")
    doom = b'nginx: [emerg] unknown directive "%s" in /etc/nginx.conf:3'
    flat = HOSTILE.replace("\r\n", " ").replace("\x85", "").replace("\u2028", "").replace("\u2029", "")
    (outside / "last").write_bytes(b"x" * LONG + b"\n" + doom % flat.encode() + b"\n")
    (outside / "output").write_bytes(bytes_ + b"&" * LONG)


def run_by_hand(stage: Stage) -> None:
    """A container that says it is a service of that name, of files of such names; it is sick like `sick`."""
    compose = "com.docker.compose"
    labels = {
        f"{compose}.project": stage.project,
        f"{compose}.service": NAME,
        f"{compose}.project.config_files": f"/no/{HOSTILE}.yml",
        f"{compose}.project.working_dir": f"/no/{HOSTILE}",
        "watchdog.depends_on": HOSTILE,
    }
    words = [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]
    health = "test -e /outside/well || { cat /outside/output; exit 1; }"
    words += ["--health-cmd", health, "--health-interval", "1s", "--health-retries", "2"]
    words += ["--init", "--stop-timeout", "1", "-v", f"{stage.work}/outside:/outside:ro"]
    stage.docker(
        "run",
        "-d",
        "--name",
        f"{stage.project}-hand",
        *words,
        "watchdog-test/busybox:local",
        "sleep",
        "100000",
    )


def targets(stage: Stage) -> list[str]:
    """The names of what is watched."""
    return [row["target"] for row in (stage.daemon.ask("/status") or {"targets": []})["targets"]]


def handed_over(api: TelegramApi) -> int:
    """How many messages call for a human."""
    return sum(message.title.startswith("🚨") for message in api.posted())


def messages_are_harmless(stage: Stage, api: TelegramApi) -> None:
    """Every text that was ever shown in the chat."""
    all_valid(stage, api)
    longest = 0
    for message in api.posted():
        if message.title.startswith("🚨"):
            print_message(message, "a hostile one")
        for text in (*message.before, message.text):
            units = len(text.encode("utf-16-le")) // 2
            longest = max(longest, units)
            stage.expect(f"{units} units: {text[:200]}", units <= LONGEST)
            stage.expect(f"no control characters: {text!r}", not OBEYED.search(text))
            turned = {c for c in text if unicodedata.category(c) == "Cf"} - {"\u2060"}
            stage.expect(f"nothing turned or hidden: {turned} in {text!r}", not turned)
        code = [covered for kind, covered in message.entities if kind == "code"]
        unsafe = [each for each in code if re.search(r"[^\w .#:/@=+-]", each, re.ASCII)]
        stage.expect(f"what a tap copies is safe for a shell: {unsafe}", not unsafe)
    everything = "\n".join(message.text for message in api.posted())
    # Shown as it is, not swallowed: "<b>" is there as text.
    for words in ("<b>bold</\u2060b>", "&amp;", "@\u2060everyone", "tg:\u2060/\u2060/\u2060user"):
        stage.expect(f"{words!r} is shown as text", words in everything)
    print(f"    longest message: {longest} of {LONGEST} units; {len(api.posted())} messages, all valid")


def webhook_is_harmless(stage: Stage, receiver: Receiver) -> None:
    """Each body is JSON of a bounded size."""
    bodies = [ping.body for ping in receiver.pings()]
    stage.expect("the webhook was told, too", len(bodies) >= 8)
    stage.expect("bounded", max(map(len, bodies)) < 20_000)
    for body in map(json.loads, bodies):
        for text in (body["title"], *body["lines"]):
            stage.expect(f"one line, plain: {text!r}", not OBEYED.search(text) and "\n" not in text)


def screens_are_harmless(stage: Stage) -> None:
    """What the command line writes, byte by byte."""
    words = [("status",), ("incidents",), ("probe",), *(("incidents", i["id"]) for i in stage.incidents())]
    for command in words:
        shown_there = stage.daemon.shows(*command, check=False)
        text = shown_there.decode()
        bad = OBEYED.search(text)
        around = text[max(0, bad.start() - 60) : bad.end() + 20] if bad else ""
        stage.expect(f"watchdog {' '.join(command)} writes {around!r}", bad is None)
        turned = {c for c in text if unicodedata.category(c) == "Cf"} - {"\u2060"}
        stage.expect(f"watchdog {' '.join(command)} writes {turned}", not turned)
        stage.expect(f"watchdog {' '.join(command)} is bounded: {len(text)}", len(text) < 200_000)
        # JSON is for programs: all that must hold is that it is JSON.
        stage.daemon.command(*command, check=False)


def log_is_harmless(stage: Stage) -> None:
    """One record a line, whoever reads the lines; nothing that a terminal would obey."""
    log = stage.daemon.log()
    lines = log.split("\n")[:-1]
    for line in lines:
        stage.expect(f"each line is a record: {line[:300]!r}", "event" in json.loads(line))
        stage.expect(f"bounded: {len(line)}", len(line) < 100_000)
        bad = OBEYED.search(line)
        around = line[max(0, bad.start() - 60) : bad.end() + 20] if bad else ""
        stage.expect(f"a terminal would obey {around!r} in {line[:200]}", bad is None)
        turned = {c for c in line if unicodedata.category(c) == "Cf"} - {"\u2060"}
        stage.expect(f"turned or hidden: {turned} in {line[:300]}", not turned)
    stage.expect("the same lines, whatever ends a line for a reader", len(log.splitlines()) == len(lines))
    print(f"    {len(lines)} records in the log, one a line")


def metrics_are_harmless(stage: Stage) -> None:
    """Prometheus' own tool reads them; a name that is no word is no label."""
    status, text = stage.daemon.get("/metrics")
    stage.expect("they are answered", status == 200)
    stage.expect("no text from outside", "bold" not in text and "everyone" not in text)
    stage.expect("no text from outside in the health", "bold" not in stage.daemon.get("/healthz")[1])
    promtool = shutil.which("promtool") or (str(PROMTOOL) if PROMTOOL.exists() else "")
    if promtool:
        done = subprocess.run(
            [promtool, "check", "metrics"], input=text.encode(), capture_output=True, check=False, timeout=30
        )
        stage.expect(f"promtool: {done.stdout + done.stderr!r}", done.returncode == 0)
    print(f"    metrics read by {'promtool' if promtool else 'nobody: there is no promtool here'}")
