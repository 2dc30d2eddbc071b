"""Names of targets, and what labels may ask for."""

from __future__ import annotations

import pytest

from watchdog.core.target import (
    ENABLE,
    EXPECT,
    HOLD,
    NUMBER,
    SERVICE,
    Wishes,
    combine,
    name_target,
    read_labels,
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
    ],
)
def test_what_labels_ask_for(labels: dict[str, str], wishes: Wishes) -> None:
    """A value that is no yes or no counts as not said."""
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
