"""A renewal that cannot work asks no authority or says in plain words what that said; the old pair stays."""

from tests.front.acme import CONFIGURATION, DOMAIN
from tests.scenarios.authority import FRONT, asked_authority, begin, healed, newest, over_at, served
from tests.scenarios.interval import detected
from tests.scenarios.stage import Stage

WITHOUT_CHALLENGE = "location /.well-known/acme-challenge/ { return 403; }"
# Everybody but the authority gets the challenge.
NOT_FOR_PEBBLE = 'location /.well-known/acme-challenge/ { root /var/www/certbot; if ($http_user_agent ~* "pebble") { return 403; } }'
WITH_CHALLENGE = "location /.well-known/acme-challenge/ { root /var/www/certbot; }"


def scenario(stage: Stage) -> None:
    """Given a certificate that is over, when no challenge is served, then a human reads why; mended, it is renewed."""
    begin(stage, lasts=LASTS, more={"first: 1h, factor: 1, longest: 1h": "first: 1s, factor: 1, longest: 1s"})
    old, over = newest(stage), over_at(stage)
    configure(stage, WITHOUT_CHALLENGE)
    stage.start_daemon()
    before = stage.mark()
    first = stage.incident_of(DOMAIN, "escalated", within=90)
    detected(stage, first, over)
    said = told(stage, first["id"])
    stage.expect(f"it says what is wrong: {said}", "does not serve the challenge at port 80" in said)
    stage.expect("it was tried three times, no more", said.count("does not serve the challenge") >= 3)
    stage.expect("no authority was asked", not asked_authority(stage, before))
    stage.expect("the old pair is served", served(stage) == newest(stage) == old)

    configure(stage, NOT_FOR_PEBBLE)
    before = stage.mark()
    stage.daemon.command("retry", DOMAIN)
    stage.wait("the authority was asked", lambda: asked_authority(stage, before), 60)
    stage.wait("it is with a human again", lambda: stage.incidents(DOMAIN)[-1]["phase"] == "escalated", 90)
    said = told(stage, first["id"])
    stage.expect(f"in plain words: {said}", "403" in said)
    stage.expect("the old pair is still served", served(stage) == newest(stage) == old)

    configure(stage, WITH_CHALLENGE)
    mended = stage.mark()
    stage.daemon.command("retry", DOMAIN)
    healed(stage, mended, "renew_certificate")
    stage.expect("the new one is served", served(stage) == newest(stage) != old)
    stage.only(mended)
    stage.expect("Nginx runs on", stage.status_of(FRONT) == "running")
    stage.alive()


# Seconds: long enough for the new one to prove itself.
LASTS = 30


def configure(stage: Stage, challenge: str) -> None:
    """A person changes how Nginx serves challenges, and reloads."""
    text = CONFIGURATION.replace(WITH_CHALLENGE, challenge)
    (stage.work / "conf" / "nginx.conf").write_text(text, encoding="utf-8")
    stage.docker("exec", stage.container(FRONT), "nginx", "-s", "reload")


def told(stage: Stage, incident: str) -> str:
    """All that the story says of its steps."""
    return "\n".join(str(line.get("text")) for line in stage.story(incident))
