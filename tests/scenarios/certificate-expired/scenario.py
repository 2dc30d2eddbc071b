"""A certificate that has expired is renewed by certbot, put in place, and seen in a handshake that verifies."""

from tests.scenarios.authority import FRONT, begin, fingerprint, healed, newest, over_at, served, watch
from tests.scenarios.stage import Stage

LASTS = 30


def scenario(stage: Stage) -> None:
    """Given a certificate of half a minute, when it is over, then a new one is served, and Nginx never went down."""
    begin(stage, lasts=LASTS)
    issued = stage.mark()
    watch(stage)
    old, over = newest(stage), over_at(stage)

    incident = healed(stage, over, "renew_certificate")
    stage.expect(f"it had expired: {incident['finding']}", incident["finding"]["kind"] == "cert_expired")
    stage.expect("healed by watchdog", incident["ending"] == "healed")
    new = newest(stage)
    stage.expect("certbot has another one", new != old)
    stage.expect("it is the one that is served", served(stage) == new)
    folder = stage.work / "ssl"
    stage.expect("it is in place", fingerprint(folder / "fullchain.pem") == new)
    stage.expect("the key is nobody else's", (folder / "privkey.pem").stat().st_mode & 0o777 == 0o600)
    stage.expect("the old pair is kept", fingerprint(folder / "fullchain.pem.before") == old)
    stage.only(issued)
    left = stage.docker(
        "ps", "-aq", "--filter", f"label=watchdog.one-shot=com.docker.compose.project={stage.project}"
    )
    stage.expect("no one-shot is left", not left.strip())
    stage.expect("Nginx runs on", stage.status_of(FRONT) == "running")
    stage.alive()
