"""Why something is so, and what a human has to do about it, in English."""

from __future__ import annotations

from collections.abc import Mapping

# Why a target is handed to a human, or has to wait.
REASONS: Mapping[str, str] = {
    "attempts-spent": "all attempts that the rules allow are spent",
    "ladder-exhausted": "no step of the playbook is left to try",
    "no-step-for-this": "there is nothing that watchdog may still do about what was found",
    "not-allowed-to-act": "the configuration does not let watchdog act on it",
    "undo-failed": "what did not help could not be taken back",
    "interrupted": "watchdog itself was interrupted in the middle of a step that must not be repeated",
    "journal-in-memory": "the disk under the journal is full: only starts and restarts, twice at most",
    "just-begun": "watchdog may have forgotten something: for a minute only what takes nothing away",
    "held-by-a-person": "what the step would act on is held by a person",
    "backing-off": "the wait between two attempts is not over",
    "budget-spent": "the whole stack's budget of actions is spent for now",
    "target-busy": "another action is running on it",
    "too-many-at-once": "as many actions as are allowed at once are running",
    "flapping": "it is well and sick by turns, and is touched less often",
    "standing-aside": "somebody else is at work on it, or on what it needs",
    "looking-at-causes": "what it depends on is looked at first",
    "doomed": "starting it again cannot help",
    "only-replacing-helps": "only a new container in its place can run",
    # What was found out before anything was done (config/diagnoses/feeder.yml).
    "no_network": "nothing outside can be reached from here: it is our own connection, and nothing is touched",
    "influxdb_token_refused": "InfluxDB refuses its token: a human has to renew it in .env",
    "influxdb_down": "InfluxDB takes no points: that comes first",
    "banned": "the exchange has banned our address, and every try makes that longer",
    "key_refused": "the exchange refuses its API key: a human has to renew it there and in .env",
    "rate_limited": "the exchange limits how often it is asked, and a restart would ask at once",
    "exchange_unreachable": "the exchange cannot be reached, and others can",
    "hung": "it is alive, and makes no progress",
    "unknown": "nothing that was looked at tells why",
    "not-found-out": "it could not be looked into",
    # Why an emergency bypass was withdrawn.
    "bypass-expired": "its time is over",
    "bypass-not-needed": "it is not needed any more",
    "bypass-daemon": "watchdog ended or began anew",
    "storm": "many targets are sick at once, and restarting those that run mends nothing",
}

# Why starting again cannot help.
DOOMS: Mapping[str, str] = {
    "network-gone": "its network is gone",
    "network-owner-gone": "the container whose network it uses is gone, or is another one now",
    "bad-mount": "what is to be mounted into it is not there, or is of another kind",
    "port-taken": "its port is taken by something else",
    "command-not-found": "its command was not found",
    "command-not-executable": "its command cannot be executed",
    "user-unknown": "the user that it shall run as is not known in its image",
    "device-missing": "a device that it needs is missing",
    "env-file-missing": "its file of environment variables is missing",
    "environment-missing": "an environment variable that it needs is not set",
    "file-missing": "a file that it needs is missing",
    "configuration-error": "its own configuration has an error",
    "data-incompatible": "its data was written by a version that does not go with this one",
    "image-broken": "its image does not fit this machine, or is broken",
    "out-of-memory-again": "it ran out of memory, and did so before",
    "only-replacing-helps": "only a new container in its place can run",
}

# What a human has to do.
ADVICES: Mapping[str, str] = {
    "mend-command": "mend its command or entrypoint, in its Compose file or its image",
    "mend-mount": "mend its mount: make the file or folder on this machine, or correct the path",
    "mend-environment": "set the variable, or mend its env_file",
    "mend-configuration": "mend its own configuration file",
    "mend-data": "bring back the version that wrote the data, or migrate or restore the data",
    "mend-image": "take another image, for this machine's processor, or build it anew",
    "mend-device": "bring the device back, or take it out of the Compose file",
    "free-port": "free the port, or give it another one",
    "more-memory": "give it more memory (its limit, or the machine), or make it need less",
    "replace": "have its container replaced by a new one: docker compose up -d",
}

# What a human can do about what is no trouble yet.
_ROOM = "remove what is not needed (docker system df -v, du -xhd1 PATH), or have the disk made larger"
_FILES = "find where the many small files are (du --inodes -xd1 PATH), and remove those that are not needed"
_FEEDER = "see what its feeder says (docker logs --tail 100 FEEDER)"
_WAY = "see that the service runs, and that watchdog is in its network (networks: in docker-compose.override.yml)"
HINTS: Mapping[str, str] = {
    "could_not_look": "see whether what is asked for it runs and lets watchdog in: its address, network and token",
    "no_points": "compare the bucket, the measurement and the tags in the configuration with what the feeder writes",
    "from_the_future": "see which clock is wrong: the feeder's machine or this one (timedatectl)",
    "clock_was_set": "see that this machine's clock is kept in step (timedatectl)",
    "web_no_name": _WAY,
    "web_no_sight": _WAY,
    "web_rate_limited": "ask less often (every), or let watchdog's address through the limit",
    "cert_no_name": _WAY,
    "cert_no_connection": _WAY,
    "cert_no_tls": "see that the address in the configuration is the one of its TLS port",
    "cert_handshake_endless": "see what listens at its TLS port, and whether it hangs",
    "disk_low": _ROOM,
    "disk_forecast": _ROOM,
    "inodes_low": _FILES,
    "inodes_forecast": _FILES,
    "writes_doubtful": "name a bucket for a test point (canary) in the configuration, or see whether new points arrive",
    "memory_high": "see who takes it (docker stats --no-stream)",
    "load_high": "see who is at work (docker stats --no-stream)",
    "late": _FEEDER,
    "behind": _FEEDER,
    "misconfigured": "mend the configuration, the token or the mount; to see the rest: watchdog status",
    "cert_ending": "see that it is renewed (certbot renew --dry-run); nothing is broken yet",
    "cert_file_differs": "see which of the two is meant, and reload the server if it is the one in the file",
    "cert_file_missing": "mount the folder of the certificate for watchdog, or correct its path in the configuration",
    "cert_file_unreadable": "let watchdog read the certificate, or take its path out of the configuration",
    "web_direct_fails": "correct the direct address in the configuration; people are served meanwhile",
    "web_outside": "look at what is before this machine: its DNS name, a firewall, the provider",
}

# What many sick targets have in common (`{name}`).
SHARED: Mapping[str, str] = {
    "dependency": "they all need {name}",
    "engine": "they ended with the Docker engine",
    "disk": "they all use the disk {name}",
    "image": "they all have the image {name}",
    "network": "they are all in the network {name}",
}
