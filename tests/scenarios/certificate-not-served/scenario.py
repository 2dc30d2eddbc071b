"""A new certificate lies in its file and nobody told Nginx: it is told, and no authority is asked."""

from tests.scenarios.authority import (
    asked_authority,
    begin,
    certbot,
    healed,
    newest,
    put_in_place,
    served,
    watch,
)
from tests.scenarios.stage import Stage


def scenario(stage: Stage) -> None:
    """Given a certificate that a person renewed, when Nginx still serves the old one, then a reload serves the new."""
    begin(stage)
    watch(stage)
    old = served(stage)
    certbot(stage, "renew", "--force-renewal", "--no-random-sleep-on-renew", "--non-interactive")
    before = stage.mark()
    put_in_place(stage)

    incident = healed(stage, before, "install_certificate", within=60)
    stage.expect(f"found: {incident['finding']}", incident["finding"]["kind"] == "cert_not_served")
    stage.expect("the new one is served", served(stage) == newest(stage) != old)
    stage.expect("no authority was asked", not asked_authority(stage, before))
    stage.only(before)
    stage.alive()
