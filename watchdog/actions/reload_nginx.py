"""Have Nginx read its configuration, its certificates and the names of its upstreams anew."""

from __future__ import annotations

from typing import ClassVar

from watchdog.core.errors import NotThere
from watchdog.core.run import Outcome, Result
from watchdog.gateways.nginx import reload_configuration, test_configuration
from watchdog.plugins import Action, Parameters, Tools


class ReloadNginxParameters(Parameters):
    """Nothing to set."""


class ReloadNginx(Action[ReloadNginxParameters]):
    """Tests first. A configuration that Nginx refuses is not loaded: it runs on with the one it has."""

    name: ClassVar[str] = "reload_nginx"
    repeatable: ClassVar[bool] = True
    gentle: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = ReloadNginxParameters

    async def describe(self, target: str, tools: Tools) -> str:
        """What `run` would do now."""
        if tools.containers.container_of(target) is None:
            return f"nothing: {target} has no container"
        return f"in {target}: nginx -t, and if that passes: nginx -s reload"

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it; nothing, if it does not run."""
        container_id = tools.containers.container_of(target)
        if container_id is None:
            return Outcome(result=Result.SKIPPED, reason="there is no container", hopeless=True)
        try:
            facts = await tools.engine.inspect(container_id)
            if facts.state != "running":
                return Outcome(
                    result=Result.SKIPPED, reason=f"it does not run ({facts.state}): no reload helps"
                )
            tested = await test_configuration(tools.engine, container_id)
            if tested.objection:
                return Outcome(
                    result=Result.FAILED,
                    reason=tools.redact(f"nginx refuses its configuration: {tested.objection}"),
                    hopeless=not tested.passing,
                )
            await reload_configuration(tools.engine, container_id)
        except NotThere:
            return Outcome(result=Result.FAILED, reason="the container is gone")
        return Outcome(result=Result.DONE, evidence=("nginx -t passed, and it was told to reload",))
