"""The engine itself is restarted, as by its update: nobody is blamed, what is wanted comes back, what a person stopped stays."""

from tests.scenarios.own_engine import an_engine
from tests.scenarios.stage import Stage


def scenario(stage: Stage) -> None:
    """Given an engine that is stopped and started, then it is nobody's order, and each is judged by what is wanted."""
    with an_engine(stage) as engine:
        stage.compose("up", "-d")
        stage.start_daemon()
        stage.watching("policy", "bare", "wanted", "stopped")
        stage.docker("stop", stage.container("stopped"))
        stage.standing("stopped", "held")

        engine.stop()
        stage.standing("bare", lambda row: row["status"] == "unknown", within=10)
        engine.start()

        incident = stage.incident_of("wanted", "resolved", within=60)
        stage.expect("what shall run was started", incident["ending"] == "healed")
        stage.expect("and runs", stage.status_of("wanted") == "running")
        stage.standing("policy", lambda row: row["status"] == "ok")
        stage.wait("it is asked whether the bare one shall run", lambda: stage.tellings("bare"), 20)
        stage.let_pass(6)  # a sweep
        stage.expect("asked, not blamed on a person", stage.tellings("bare") == ["asked"])
        stage.expect("and left alone", stage.status_of("bare") == "exited")
        stage.expect("the policy's own restart is not worth a word", stage.tellings("policy") == [])
        stage.expect("what a person stopped stays so", stage.status_of("stopped") == "exited")
        stage.wait("and was told once", lambda: stage.tellings("stopped") == ["held"], 20)
        stage.only_incidents(("wanted", "healed"))
        stage.alive()
