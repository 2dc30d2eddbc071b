"""No secret that watchdog can know is anywhere to be found, and none that looks like one, whatever says it.

Promised, and looked for here in every byte that watchdog writes or sends:

- What watchdog knows: its own settings (the Telegram token, the URLs of heartbeat and webhook with all that is in
  them, headers), values in its environment, in the project's `.env` and in secret files whose *name* says that
  they are secret (PASSWORD, SECRET, TOKEN, KEY ...), and passwords in URLs there, whatever the name. These are
  hidden wherever they turn up, also in part where a text was cut.
- What it cannot know, a secret that only a container has: hidden where it looks like one (`password=...`, URLs with
  credentials, `Authorization:`, `Bearer`, well-known forms of tokens).

Not promised: a secret that only a container knows and that it prints without any sign of being one. What a
person wrote in a container's labels or environment is never written down or told at all.
"""

import base64
import hashlib
import json
import shlex
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.scenarios.receiver import Receiver
from tests.scenarios.stage import PLAYBOOKS, Stage
from tests.scenarios.telegram import free_port, message_about, telegram
from tests.telegram_api import TelegramApi

WRAPPED = Path(__file__).with_name("wrapped.py")
PIECE = 8


def canary(name: str) -> str:
    """24 letters and digits that stand nowhere else."""
    digest = base64.b64encode(hashlib.sha256(f"canary of {name}".encode()).digest()).decode()
    return digest.replace("+", "x").replace("/", "y")[:24]


# What watchdog knows, by where from.
TOKEN = f"987654321:AA{canary('telegram')}{canary('token')[:9]}"
KNOWN = {
    "telegram": TOKEN.partition(":")[2],
    **{
        name: canary(name)
        for name in (
            "heartbeat", "webhook path", "webhook query", "webhook refused", "header", "environment",
            "dotenv", "dotenv url", "odd", "file",
        )
    },
}  # fmt: skip
# What only containers know, each as it is said there.
SAID = {
    "assigned": "login failed: password={}",
    "quoted": 'config: {{"api_key": "{}", "mode": 1}}',
    "yaml": "secret_key: {}",
    "url": "cannot reach postgres://shop:{}@db:5432/shop",
    "url without a name": "redis://:{}@cache/0",
    "header said": "> Authorization: Basic {}",
    "bearer": "sent Bearer {}1 to the API",
    "bot": "POST https://api.telegram.org/bot123456789:AA{}01234567890/getMe",
    "flag": "exec: mysqldump --password {} shop",
    "github": "cloning with ghp_{}0123456789ab",
    "jwt": "session eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx{}.c2lnbmF0dXJlMTIz",
    "slack": "posting to https://hooks.slack.com/services/T0000/B0000/{}",
    "stripe": "charging by sk_live_{}",
}
CONTAINERS_OWN = {name: canary(name) for name in (*SAID, "label", "silent", "engine")}
ODD = f'{KNOWN["odd"][:12]}"\\&<ü> %{KNOWN["odd"][12:]}'
ALL = KNOWN | CONTAINERS_OWN


def scenario(stage: Stage) -> None:
    """Given canaries wherever secrets are kept, when everything fails, then none of them flew out."""
    with telegram(stage, TOKEN) as api, Receiver() as receiver, argv_watched() as seen_argv:
        prepare(stage, receiver)
        refused_url(stage)
        stage.up()
        before = int(stage.mark())
        stage.start_daemon()
        # Of a target that two checks look at, the status tells the worse: the other one is always unknown.
        stage.wait("all are looked at", lambda: len(seen_well(stage)) == 3, 20)
        everything_falls(stage, api)
        everything_is_misled(stage, api, receiver)
        screens = everything_is_asked(stage)
        everything_breaks(stage)
        places = {
            "the log": stage.daemon.log().encode(),
            "Telegram's messages": repr([(m.text, m.before) for m in api.posted()]).encode(),
            "what Telegram was sent": repr([each.fields for each in api.received]).encode(),
            "bodies to webhook and heartbeat": repr([ping.body for ping in receiver.pings()]).encode(),
            "what ran on this machine": "\n".join(list(seen_argv)).encode(),
            "what the engine was asked to run": acts_of(stage, before),
            **screens,
            **{
                str(path.relative_to(stage.work)): path.read_bytes()
                for path in stage.daemon.state.rglob("*")
                if path.is_file()
            },
        }
    search(stage, places)


def prepare(stage: Stage, receiver: Receiver) -> None:
    """Put a canary wherever a secret may be kept."""
    outside = stage.work / "outside"
    outside.mkdir(mode=0o755)
    (outside / "well").touch()
    playbooks = stage.work / "playbooks"
    playbooks.mkdir()
    text = (PLAYBOOKS / "container-crash.yml").read_text("utf-8")
    (playbooks / "container-crash.yml").write_text(text, "utf-8")
    leaky = text.replace("container-crash", "leaky").replace("kind: container}", "kind: leaky}")
    (playbooks / "leaky.yml").write_text(leaky, "utf-8")
    known, own = KNOWN, CONTAINERS_OWN
    # Many of it, so that wherever a text is cut, one is cut in half.
    many = "-".join([known["dotenv"]] * 40)
    for mark in ("label", "silent", "engine"):
        stage.fill(f"{{{mark}}}", own[mark])
    stage.fill("{many}", many)
    secret = stage.work / "shop.secret"
    secret.write_text(f"{known['file']}\n", "utf-8")
    (stage.work / ".env").write_text(
        f"SHOP_PASSWORD={known['dotenv']}\nDATABASE_LINK=postgres://shop:{known['dotenv url']}@db/shop\n"
        f"ODD_SECRET='{ODD}'\nPLAIN=nothing special\n",
        "utf-8",
    )
    stage.daemon.environment |= {
        "HEARTBEAT_URL": receiver.url(f"/ping/{known['heartbeat']}"),
        "WATCHDOG_WEBHOOK_URL": receiver.url(f"/hook/{known['webhook path']}?key={known['webhook query']}"),
        "HOOK_TOKEN": f"Bearer {known['header']}",
        "SERVICE_API_KEY": known["environment"],
        "SHOP_TOKEN_FILE": str(secret),
        "WATCHDOG_LISTEN": f"127.0.0.1:{free_port()}",
        # Only for the faults of wrapped.py, and not named like a secret.
        "CANARIES_FOR_FAULTS": f"{known['dotenv']} {known['environment']} {known['webhook query']}",
    }
    lines = [words.format(own[name]) for name, words in SAID.items()]
    lines += [f"{name}: {value}" for name, value in known.items() if name not in ("webhook refused", "odd")]
    lines += [f"odd: {ODD}", f"\x1b[1m{known['dotenv'][:9]}\x1b[0m{known['dotenv'][9:]}", TOKEN]
    # The last one is the line that is told, and longer than any line is kept; so is the healthcheck's output.
    long = "-".join([known["dotenv"]] * 200)
    (outside / "said").write_text("\n".join([*lines, long, f"the end: {lines[0]} {long}"]) + "\n", "utf-8")
    (outside / "output").write_text(f"{lines[0]} {lines[3]} {ODD} {long}\n", "utf-8")
    stage.daemon.program = [sys.executable, str(WRAPPED)]


def refused_url(stage: Stage) -> None:
    """A URL that may not be used is refused without being shown."""
    fine = stage.daemon.environment["WATCHDOG_WEBHOOK_URL"]
    stage.daemon.environment["WATCHDOG_WEBHOOK_URL"] = (
        f"https://shop:{KNOWN['webhook refused']}@hook.example/x"
    )
    stage.daemon.launch()
    stage.expect("a webhook with a password in its URL is refused", stage.daemon.ended(10) == 78)
    stage.daemon.environment["WATCHDOG_WEBHOOK_URL"] = fine


def seen_well(stage: Stage) -> set[str]:
    """The targets that the check of containers has found well."""
    probes = [json.loads(line) for line in stage.daemon.log().splitlines() if '"probe.ended"' in line]
    return {each["target"] for each in probes if (each["check"], each["status"]) == ("containers", "ok")}


def everything_falls(stage: Stage, api: TelegramApi) -> None:
    """Containers that say their secrets fall, are tried, and handed over."""
    (stage.work / "outside" / "well").unlink()
    stage.compose("create", "unstartable")
    stage.compose("start", "unstartable", check=False)
    for service in ("talkative", "sick", "unstartable"):
        message_about(stage, api, f"{service} needs a human", within=60)


def everything_is_misled(stage: Stage, api: TelegramApi, receiver: Receiver) -> None:
    """Those who are told answer with secrets; a configuration holds some in the wrong places."""
    api.fail_next(400, f"Bad Request: {TOKEN} {KNOWN['dotenv']} password={CONTAINERS_OWN['assigned']}")
    receiver.status = 500
    known = [value for name, value in KNOWN.items() if name not in ("webhook refused", "odd")]
    receiver.answer = json.dumps({"message": " ".join(known)}).encode()
    before = stage.mark()
    stage.crash("neighbour")
    stage.engine.await_event("neighbour", "start", after=before)
    stage.wait("the webhook failed", lambda: '"webhook"' in failures(stage), 20)
    stage.wait("Telegram refused", lambda: '"telegram"' in failures(stage), 20)
    stage.wait("the heartbeat failed", lambda: '"heartbeat.failed"' in stage.daemon.log(), 25)
    stage.expect("the notifier failed", '"broken"' in failures(stage))
    receiver.status, receiver.answer = 200, b"OK"

    file = stage.work / "watchdog.yml"
    good = file.read_text("utf-8")
    bad = good.replace("sweep: 5s", f"sweep: {KNOWN['dotenv']}").replace(
        "form: json", f"form: json, url: https://hook.example/{KNOWN['webhook path']}"
    )
    file.write_text(f"{bad}{KNOWN['environment']}: {KNOWN['dotenv url']}\n", "utf-8")
    stage.daemon.shows("reload", check=False)
    # Nobody mends it: a daemon that starts now runs by the last good one, and tells what is wrong.
    stage.expect("it stops cleanly", stage.daemon.end() == 0)
    stage.start_daemon()
    message_about(stage, api, "The configuration is broken", within=20)


def everything_is_asked(stage: Stage) -> dict[str, bytes]:
    """What everybody is shown who may ask: by place."""
    words: list[tuple[str, ...]] = [
        ("status",),
        ("incidents",),
        ("probe",),
        ("proposals",),
        ("reload",),
        ("healthcheck",),
    ]
    words += [("incidents", each["id"]) for each in stage.incidents()]
    words += [("plan", "container-crash", name) for name in ("talkative", "sick", "unstartable", "neighbour")]
    words += [("config", "check", str(stage.work / "watchdog.yml"))]
    shown_there: dict[str, bytes] = {}
    for command in words:
        shown_there[f"watchdog {' '.join(command)}"] = stage.daemon.shows(*command, check=False)
        if command != ("healthcheck",):
            more = stage.daemon.shows(*command, "--json", check=False)
            shown_there[f"watchdog {' '.join(command)} --json"] = more
    for path in ("/metrics", "/healthz"):
        shown_there[path] = stage.daemon.get(path)[1].encode()
    return shown_there


def everything_breaks(stage: Stage) -> None:
    """Threads, tasks, callbacks and a destructor fail; then the main thread, and the daemon with it."""
    stage.daemon.signal(signal.SIGUSR1)
    words = [f"{where}: https://" for where in ("thread", "task", "destructor", "callback", "check")]
    stage.wait("all of them are told", lambda: all(each in stage.daemon.log() for each in words), 10)
    stage.daemon.signal(signal.SIGUSR2)
    code = stage.daemon.ended(10)
    stage.expect(f"what nothing catches ends it: {code}", code != 0)
    stage.expect("and is told", "main: https://" in stage.daemon.log())


def search(stage: Stage, places: dict[str, bytes]) -> None:
    """Look for every piece of every canary in every place."""
    total = sum(map(len, places.values()))
    found = []
    for place, content in places.items():
        for name, value in ALL.items():
            pieces = {value[at : at + PIECE] for at in range(len(value) - PIECE + 1)}
            where = next((at for at in (content.find(piece.encode()) for piece in pieces) if at >= 0), None)
            if where is not None:
                found.append(f"  {name!r} in {place}: ...{content[max(0, where - 120) : where + 60]!r}")
    hidden = {place: content.count(b"[hidden]") for place, content in places.items()}
    print(
        f"    {len(ALL)} canaries, {len(places)} places, {total} bytes; [hidden] {sum(hidden.values())} times"
    )
    stage.expect("secrets did turn up, and were hidden", hidden["the log"] and hidden["state/journal.db"])
    stage.expect("\n".join(["none flew out:", *found]), not found)


def failures(stage: Stage) -> str:
    """The lines about deliveries that failed."""
    return "\n".join(line for line in stage.daemon.log().splitlines() if '"notification.failed"' in line)


def acts_of(stage: Stage, since: int) -> bytes:
    """What the engine was asked to execute in the project's containers, as its events show it to anybody."""
    label = f"label=com.docker.compose.project={stage.project}"
    words = ["events", "--since", str(since), "--until", str(int(time.time()) + 1), "--filter", label]
    return stage.docker(*words, "--format", "{{.Action}}").encode()


@contextmanager
def argv_watched() -> Iterator[set[str]]:
    """The command lines that this machine sees meanwhile: everybody on it may read them."""
    seen: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.03):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    words = path.read_bytes().rstrip(b"\0").split(b"\0")
                except OSError:
                    continue
                seen.add(shlex.join(word.decode(errors="replace") for word in words))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join(5)
