"""Names of targets, and what labels may ask for."""

from __future__ import annotations

import pytest

from watchdog.core.target import (
    DEPENDS_ON,
    ENABLE,
    EXPECT,
    HOLD,
    MOST_NAMES,
    NUMBER,
    PLAYBOOK,
    PRIORITY,
    SERVICE,
    Wishes,
    combine,
    name_target,
    read_labels,
    read_names,
    service_of,
)


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ({SERVICE: "web"}, "web"),
        ({SERVICE: "web", NUMBER: "1"}, "web"),
        ({SERVICE: "web", NUMBER: "2"}, "web#2"),
        ({}, "shop-web-1"),
        ({SERVICE: ""}, "shop-web-1"),
    ],
)
def test_a_target_goes_by_its_service(labels: dict[str, str], name: str) -> None:
    """The service and, from the second on, the replica; without Compose the container's own name."""
    assert name_target(labels, "/shop-web-1") == name


@pytest.mark.parametrize(
    ("labels", "wishes"),
    [
        ({}, Wishes()),
        ({ENABLE: "false"}, Wishes(enabled=False)),
        ({ENABLE: " No "}, Wishes(enabled=False)),
        ({ENABLE: "true"}, Wishes()),
        ({ENABLE: "perhaps"}, Wishes()),
        ({HOLD: "true"}, Wishes(hold=True)),
        ({HOLD: "1"}, Wishes(hold=True)),
        ({HOLD: "perhaps"}, Wishes()),
        ({EXPECT: "running"}, Wishes(expect_running=True)),
        ({EXPECT: "stopped"}, Wishes()),
        ({DEPENDS_ON: " db, cache,db ,"}, Wishes(depends_on=("db", "cache"))),
        ({DEPENDS_ON: "api#2"}, Wishes(depends_on=("api#2",))),
        ({DEPENDS_ON: "../etc, -rf, a b, \x1b[31m"}, Wishes()),
        ({DEPENDS_ON: ""}, Wishes()),
        ({PRIORITY: " 10 "}, Wishes(priority=10)),
        ({PRIORITY: "-3"}, Wishes(priority=-3)),
        ({PRIORITY: "0"}, Wishes(priority=0)),
        ({PRIORITY: "1001"}, Wishes()),
        ({PRIORITY: "99999999999"}, Wishes()),
        ({PRIORITY: "high"}, Wishes()),
        ({PRIORITY: "\u0663"}, Wishes()),
        ({PLAYBOOK: "container-crash"}, Wishes(playbook="container-crash")),
        ({PLAYBOOK: "rm -rf /"}, Wishes()),
    ],
)
def test_what_labels_ask_for(labels: dict[str, str], wishes: Wishes) -> None:
    """A value that makes no sense counts as not said."""
    assert read_labels(labels) == wishes


@pytest.mark.parametrize("config", [Wishes(), Wishes(enabled=False), Wishes(hold=True)])
@pytest.mark.parametrize("labels", [Wishes(), Wishes(enabled=False), Wishes(hold=True)])
def test_a_label_can_only_narrow(config: Wishes, labels: Wishes) -> None:
    """What config keeps hands off stays untouched whatever a label says, and a label may add to that."""
    both = combine(config, labels)
    assert both.enabled == (config.enabled and labels.enabled)
    assert both.hold == (config.hold or labels.hold)


def test_either_may_answer_whether_it_should_run() -> None:
    """`expect: running` is an answer to a question, wherever it is given."""
    assert combine(Wishes(expect_running=True), Wishes()).expect_running
    assert combine(Wishes(), Wishes(expect_running=True)).expect_running


def test_config_beats_labels() -> None:
    """Where both say something the label does not count, even against an empty list or a zero."""
    label = Wishes(depends_on=("db",), priority=10, playbook="theirs")
    assert combine(Wishes(), label) == label
    config = Wishes(depends_on=(), priority=0, playbook="ours")
    assert combine(config, label) == config


def test_a_list_in_a_label_is_bounded() -> None:
    """Whoever may make a container may write any label."""
    assert len(read_names(",".join(f"t{number}" for number in range(5000)))) == MOST_NAMES


def test_the_service_of_a_replica() -> None:
    """All replicas of a service share its name."""
    assert [service_of(target) for target in ("api", "api#2")] == ["api", "api"]
