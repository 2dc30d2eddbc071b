from watchdog.desk import UnknownName


def test_a_typing_mistake_is_answered_with_the_likely_name() -> None:
    """Who mistypes a name reads the right one."""
    error = UnknownName("target", "makret-feeder", ["nginx", "market-feeder"])
    assert str(error) == "there is no target 'makret-feeder'"
    assert error.fix == "did you mean market-feeder? known: market-feeder, nginx"


def test_a_name_like_no_other_is_answered_with_all_names() -> None:
    """Who asks for something else reads what there is."""
    assert UnknownName("playbook", "x", ["a"]).fix == "known: a"
    assert UnknownName("incident", "x", []).fix == "no incident is known at all"


def test_a_long_list_is_cut() -> None:
    """A stack of a hundred targets does not fill the screen."""
    fix = UnknownName("target", "?", (f"t{n:03}" for n in range(100))).fix
    assert fix.endswith("t019, ...")
