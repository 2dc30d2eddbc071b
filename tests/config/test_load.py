"""From files to a Config."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from watchdog.checks.container import ContainerParameters
from watchdog.config import Config, load_config
from watchdog.config.records import TargetConfig
from watchdog.core.container import ContainerRules
from watchdog.core.errors import ConfigError
from watchdog.core.guardrail import Limits
from watchdog.core.notification import Severity
from watchdog.core.playbook import Autonomy, Verification
from watchdog.core.target import Wishes
from watchdog.core.web_front import MENDABLE
from watchdog.registry import CHECKS, build_action

ROOT = Path(__file__).parents[2]
MINIMAL = "version: 1\nwatch: {project: shop}\n"
SHIPPED = [
    ROOT / "config/watchdog.yml",
    ROOT / "demo/watchdog.yml",
    *(ROOT / "config/examples").glob("*.yml"),
]
PLAYBOOK = """
playbook: {name}
kind: remedy
title: {{fr: Un essai}}
for: {{kind: container}}
steps:
  - restart_container:
"""


# What an environment may give for notifiers.
GIVEN: dict[str, dict[str, object]] = {
    "telegram": {"token": SecretStr("123456:" + "A" * 35), "chat": 7},
    "webhook": {"url": SecretStr("https://example.org/hook")},
}


def load(folder: Path, text: str, environment: dict[str, dict[str, object]] | None = None) -> Config:
    file = folder / "watchdog.yml"
    file.write_text(text)
    return load_config(file, given=environment)


def test_the_whole_example_leaves_nothing_out() -> None:
    """Who copies it has every kind of check and every remedy that watchdog ships with."""
    config = load_config(ROOT / "config/examples/whole.yml")
    assert {check.check.kind for check in config.checks} == set(CHECKS)
    remedies = {path.stem for path in (ROOT / "config/playbooks").glob("*.yml")}
    assert {check.playbook for check in config.checks} - {"none"} == remedies


def test_what_is_left_out_is_the_promise(tmp_path: Path) -> None:
    """Two lines make a whole configuration, whose every number is the default of the record that decides."""
    config = load(tmp_path, MINIMAL)
    (check,) = config.checks
    parameters = check.check.parameters
    assert isinstance(parameters, ContainerParameters)
    assert config.limits == Limits()
    assert (parameters.rest, parameters.loop_restarts) == (
        ContainerRules().rest,
        ContainerRules().loop_restarts,
    )
    assert (config.sweep, config.boot_grace, config.tell_hold_after, config.verify_every) == (15, 60, 5, 2)
    assert [notifier.name for notifier in config.notifiers] == ["log"]
    assert (check.name, check.playbook, check.severity, check.within) == (
        "containers",
        "container-crash",
        Severity.HIGH,
        5.0,
    )


def test_the_shipped_remedy_climbs_as_promised(tmp_path: Path) -> None:
    """Logs beside the restart; three restarts, two recreations: the five attempts that a target has; then a yes."""
    playbook = load(tmp_path, MINIMAL).playbooks["container-crash"]
    rungs = playbook.rungs
    assert [(rung.step.action, rung.step.attempts) for rung in rungs] == [
        ("restart_container", 3),
        ("recreate_service", 2),
        ("rebuild_service", 1),
    ]
    assert [step.action for step in rungs[0].companions] == ["collect_logs"]
    assert [rung.step.verify.within for rung in rungs] == [Verification().within, 120.0, 300.0]
    assert sum(rung.step.attempts for rung in rungs[:2]) == Limits().attempts
    assert [rung.step.autonomy.value for rung in rungs] == ["act", "act", "propose"]
    assert [rung.step.undoable for rung in rungs] == [False, False, True]
    assert [build_action(step).name for step in playbook.steps] == [step.action for step in playbook.steps]


@pytest.mark.parametrize(
    ("written", "autonomy"), [("", "propose"), (", autonomy: propose", "propose"), (", autonomy: act", "act")]
)
def test_points_are_deleted_unasked_only_where_somebody_wrote_so(
    tmp_path: Path, written: str, autonomy: str
) -> None:
    """A step that forgets to say it asks first; whoever wants otherwise has to write it down."""
    folder = tmp_path / "playbooks"
    folder.mkdir()
    shutil.copy(ROOT / "config/playbooks/container-crash.yml", folder)
    (folder / "last.yml").write_text(
        "playbook: last\nkind: remedy\ntitle: {en: The last, fr: Le dernier}\nfor: {kind: disk}\n"
        f"steps: [{{delete_old_points: {{}}{written}}}]\n",
        encoding="utf-8",
    )
    (step,) = load(tmp_path, MINIMAL).playbooks["last"].steps
    assert step.autonomy.value == autonomy


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_shipped_file_is_valid(file: Path) -> None:
    """What people copy from works."""
    assert load_config(file, given=GIVEN).sources[0] == file


def test_the_comments_of_the_shipped_file_tell_the_defaults(tmp_path: Path) -> None:
    """Every commented-out line of config/watchdog.yml, switched on, changes nothing."""
    text = (ROOT / "config/watchdog.yml").read_text()
    lines = []
    inside = False
    for line in text.splitlines():
        key = line.removeprefix("# ")
        inside = line.startswith("# ") and ((inside and key.startswith(" ")) or _is_top_level_key(key))
        lines.append(key if inside else line)
    switched_on = "\n".join(lines)
    assert switched_on.count("\n# ") < text.count("\n# ") - 20
    (tmp_path / "playbooks").symlink_to(ROOT / "config/playbooks")
    plain, full = load(tmp_path, text), load(tmp_path, switched_on, GIVEN)
    for name in (
        "autonomy",
        "sweep",
        "boot_grace",
        "tell_hold_after",
        "tell_warning_after",
        "verify_every",
        "engine",
        "limits",
        "messages",
        "targets",
    ):
        assert getattr(plain, name) == getattr(full, name), name
    assert [check.check.parameters for check in plain.checks] == [
        check.check.parameters for check in full.checks
    ]
    assert [(c.name, c.playbook, c.severity, c.within) for c in plain.checks] == [
        (c.name, c.playbook, c.severity, c.within) for c in full.checks
    ]


def _is_top_level_key(line: str) -> bool:
    key, colon, _ = line.partition(":")
    return bool(colon) and key in [
        "autonomy",
        "sweep",
        "boot_grace",
        "tell_hold_after",
        "tell_warning_after",
        "verify_every",
        "engine",
        "guardrails",
        "messages",
        "checks",
        "notifiers",
        "playbooks",
    ]


def test_the_demo_uses_the_playbooks_that_ship() -> None:
    """The same remedies, with the names of the demo; what there is to heal a container is the very same file."""
    config = load_config(ROOT / "demo/watchdog.yml")
    assert config.watch.label_filter == "com.docker.compose.project=bloomberg"
    assert config.target("market-feeder").wishes == Wishes(expect_running=True)
    files = {source.resolve() for source in config.sources}
    assert ROOT / "config/playbooks/container-crash.yml" in files


def test_a_label_can_be_watched_instead(tmp_path: Path) -> None:
    """A label filter stands where a project would."""
    assert load(tmp_path, "version: 1\nwatch: {label: autoheal=true}\n").watch.label_filter == "autoheal=true"


def test_a_target_is_treated_as_the_file_says(tmp_path: Path) -> None:
    """Config of a service holds for its replicas, unless a replica has its own."""
    (tmp_path / "playbooks").mkdir()
    for name in ("container-crash", "gently"):
        (tmp_path / "playbooks" / f"{name}.yml").write_text(PLAYBOOK.format(name=name))
    config = load(
        tmp_path,
        f"""{MINIMAL}
autonomy: propose
targets:
  api: {{playbook: gently, severity: critical, hold: true}}
  api#3: {{enable: false}}
""",
    )
    check = config.checks[0]
    policy = config.policy(check, "api#2")
    assert (policy.playbook.name, policy.severity, policy.standing_hold) == (
        "gently",
        Severity.CRITICAL,
        True,
    )
    assert (policy.autonomy, policy.limits) == (Autonomy.PROPOSE, Limits())
    assert config.target("api#3") == TargetConfig(wishes=Wishes(enabled=False))
    assert config.policy(check, "db").playbook.name == "container-crash"
    assert config.playbooks["gently"].title == {"en": "Un essai", "fr": "Un essai"}


def test_own_playbooks_beside_the_file_are_found(tmp_path: Path) -> None:
    """A folder `playbooks` beside the file is used without being named, and the shipped ones then are not."""
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "mine.yml").write_text(PLAYBOOK.format(name="mine"))
    with pytest.raises(ConfigError, match='healed by "container-crash", which is not in'):
        load(tmp_path, MINIMAL)


def test_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """One look is enough to correct everything, also when the main file is no YAML."""
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "a.yml").write_text("kind: remdy\n")
    (tmp_path / "playbooks" / "b.yml").write_text("\tx")
    (tmp_path / "playbooks" / "b.yaml").write_text("")
    (tmp_path / "playbooks" / ".hidden.yml").write_text("\t")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "version: 1\n\twatch: 1\n")
    files = {
        problem.partition(": ")[0].partition(".y")[0].rpartition("/")[2] for problem in caught.value.problems
    }
    assert files == {"watchdog", "a", "b"}


def test_a_secret_in_the_wrong_place_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was pasted into the wrong line is told to people and kept: its value is not."""
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2hunter2")
    (tmp_path / "watchdog.yml").write_text(
        "version: 1\nwatch: {project: shop}\nsweep: hunter2hunter2\nhunter2hunter2: 1\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "watchdog.yml")
    assert "hunter2" not in str(caught.value)
    assert [problem.count("[hidden]") for problem in caught.value.problems] == [1, 1]


def test_a_remedy_for_another_kind_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A playbook says what it is for, and is not used for anything else."""
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "disk.yml").write_text(
        PLAYBOOK.format(name="disk").replace("container}", "disk}")
    )
    monkeypatch.setitem(
        load_config.__globals__["CHECKS"], "disk", load_config.__globals__["CHECKS"]["container"]
    )
    with pytest.raises(ConfigError, match=r'"disk" is for checks of kind disk. Fix: name one for container'):
        load(tmp_path, f"{MINIMAL}checks:\n  all: {{kind: container, playbook: disk}}\n")


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["5s", "-1s", "1h30m", "container", "container-crash", "act", "running", "log", "remedy"]
    ),
)
KEYS = st.sampled_from(
    [
        "version",
        "watch",
        "project",
        "label",
        "autonomy",
        "sweep",
        "engine",
        "guardrails",
        "checks",
        "targets",
        "notifiers",
        "playbooks",
        "kind",
        "within",
        "containers",
        "playbook",
        "rest",
        "api",
        "hold",
        "expect",
        "log",
        "steps",
        "restart_container",
        "verify",
        "attempts",
        "title",
        "en",
        "for",
        "token",
        "<<",
    ]
)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=20,
)


def _write(tree: object) -> str:
    """A tree as flow YAML, written here so that it may be wrong in ways a library would not write."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{_write(key)}: {_write(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(_write, tree)) + "]"
    return str(tree)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200) | TREES.map(_write) | st.dictionaries(KEYS, TREES, max_size=8).map(_write))
@example(text="a: !!timestamp 9999-99-99")
@example(text="!!int '': 1")
@example(text="version: !!float ''\nwatch: !!bool maybe\nsweep: !!int 0x\nengine: !!null 1")
@example(text="version: 0b\nwatch: 1:99999999999999999999:9\nsweep: 1e999999d")
@example(text="&a {<<: *a}")
@example(text="version: &a [*a]")
@example(text="? &k [*k]\n: 1")
@example(text="version: 1\nwatch: {project: shop}\nversion: &x 1\nchecks: {<<: [{a: {<<: 1}}, 3]}")
@example(text="\ufeff\ufeffversion: 1")
@example(text="%YAML 9.9\n---\na: 1")
@example(text="{steps: [{0,\U00018cd6}]}")
@example(text="!<tag:yaml.org,2002:set> {a}")
def test_no_text_raises_anything_but_problems(tmp_path: Path, text: str) -> None:
    """Whatever stands in the two files, people get problems with a place and a fix, never a traceback."""
    (tmp_path / "playbooks").mkdir(exist_ok=True)
    data = text.encode("utf-8", "surrogatepass")
    (tmp_path / "watchdog.yml").write_bytes(data)
    (tmp_path / "playbooks" / "container-crash.yml").write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "watchdog.yml")
    for problem in caught.value.problems:
        assert problem.startswith(str(tmp_path))
        assert ". Fix: " in problem
        assert problem.isprintable()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(section=KEYS, tree=TREES)
def test_one_wrong_section_raises_nothing_but_problems(tmp_path: Path, section: str, tree: object) -> None:
    """The same for a file that is right but for one section."""
    try:
        load(tmp_path, f"{MINIMAL}{section}: {_write(tree)}\n".encode("utf-8", "replace").decode())
    except ConfigError as error:
        assert all(problem.isprintable() for problem in error.problems)  # noqa: PT017 - it need not raise


def test_the_remedies_of_the_web_front_have_a_step_for_what_can_be_mended() -> None:
    """And none for what no restart mends: a name outside, a certificate, an answer that is wrong."""
    playbooks = load_config(ROOT / "config/watchdog.yml").playbooks
    for name in ("web-unreachable", "api-unreachable"):
        meant = {kind for rung in playbooks[name].rungs for kind in rung.step.when}
        assert meant == {trouble.value for trouble in MENDABLE}, name
        assert all(rung.step.when for rung in playbooks[name].rungs), name


def test_an_authority_is_asked_three_times_a_day_at_most() -> None:
    """Let's Encrypt allows five failures an hour; a human looks before that."""
    remedy = load_config(ROOT / "config/watchdog.yml").playbooks["certificate-expiry"]
    assert remedy.limits is not None
    assert [remedy.limits.wait_before(attempt) for attempt in range(1, 5)] == [3600.0] * 4
    assert remedy.limits.forget_after == 86400.0
    assert sum(r.step.attempts for r in remedy.rungs if r.step.action == "renew_certificate") == 3
