"""How doomed causes read: what the engine, Compose and well-known programs say when starting again cannot help.

Belongs here: a line per message, each with where it comes from and an example that a test matches. A message
that may also come from a trouble that passes (a dependency that is down, a full disk, a name that is not
resolved yet) does not: nginx's "host not found in upstream" is the absence of another target.

Patterns of logs are bound to the beginning of a line wherever the program lets us, so that what a stranger can
have logged (a path, a user name) is not taken for the program's own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Advice(StrEnum):
    """What a human has to do, for wording."""

    MEND_COMMAND = "mend-command"
    MEND_MOUNT = "mend-mount"
    MEND_ENVIRONMENT = "mend-environment"
    MEND_CONFIGURATION = "mend-configuration"
    MEND_DATA = "mend-data"
    MEND_IMAGE = "mend-image"
    MEND_DEVICE = "mend-device"
    FREE_PORT = "free-port"
    MORE_MEMORY = "more-memory"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doom:
    """One message that means that starting again cannot help.

    Attributes:
        kind: of the diagnosis.
        said_by: who says it, and how that is known.
        pattern: searched for in the text, line by line (`^` and `$` are those of a line).
        example: as it was seen.
        replacing_helps: a new container of the same service would run.
    """

    kind: str
    advice: Advice
    said_by: str
    pattern: re.Pattern[str]
    example: str
    replacing_helps: bool = False


def _doom(
    kind: str, advice: Advice, said_by: str, pattern: str, example: str, *, replacing_helps: bool = False
) -> Doom:
    return Doom(
        kind=kind,
        advice=advice,
        said_by=said_by,
        pattern=re.compile(pattern, re.MULTILINE | re.IGNORECASE),
        example=example,
        replacing_helps=replacing_helps,
    )


_MEASURED = "engine 26.1.5, measured"
_FAILED = (
    "failed to create task for container: OCI runtime create failed: unable to start container process: "
)

# In the order in which they are tried: a bad mount also says "no such file or directory", with exit code 127.
ENGINE_SAYS = (
    _doom(
        "network-gone",
        Advice.REPLACE,
        f"{_MEASURED}: the start of a container whose network was removed",
        r"\bnetwork \S+ not found\b",
        "network shop_default not found",
        replacing_helps=True,
    ),
    _doom(
        "bad-mount",
        Advice.MEND_MOUNT,
        f"{_MEASURED}: the start of a container whose bind source was removed",
        r"invalid mount config for type|bind source path does not exist",
        'invalid mount config for type "bind": bind source path does not exist: /srv/shop/conf',
    ),
    _doom(
        "bad-mount",
        Advice.MEND_MOUNT,
        f"{_MEASURED}: a file mounted on a folder",
        r"error mounting \"|are you trying to mount a directory onto a file",
        f'{_FAILED}error during container init: error mounting "/srv/nginx.conf" to rootfs at "/etc": not a directory',
    ),
    _doom(
        "port-taken",
        Advice.FREE_PORT,
        f"{_MEASURED}: two containers publish one port",
        r"port is already allocated",
        "driver failed programming external connectivity on endpoint shop-nginx-1 (79ce52c2): "
        "Bind for 0.0.0.0:80 failed: port is already allocated",
    ),
    _doom(
        "port-taken",
        Advice.FREE_PORT,
        "engine's userland proxy: another program of the host has the port",
        r"(bind|failed to bind host port).*: address already in use",
        "Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use",
    ),
    _doom(
        "command-not-executable",
        Advice.MEND_COMMAND,
        f"{_MEASURED}: exit code 126",
        r"exec: \".*\": permission denied|exec format error",
        f'{_FAILED}exec: "/entrypoint.sh": permission denied: unknown',
    ),
    _doom(
        "command-not-found",
        Advice.MEND_COMMAND,
        f"{_MEASURED}: exit code 127",
        r"exec: \".*\": .*(no such file or directory|executable file not found)",
        f'{_FAILED}exec: "/nope": stat /nope: no such file or directory: unknown',
    ),
    _doom(
        "user-unknown",
        Advice.MEND_COMMAND,
        f"{_MEASURED}: `user:` names nobody of the image",
        r"unable to find (user|group) \S+: no matching entries",
        "unable to find user nosuch: no matching entries in passwd file",
    ),
    _doom(
        "device-missing",
        Advice.MEND_DEVICE,
        f"{_MEASURED}: `devices:` names one that the host has not",
        r"error gathering device information|could not select device driver",
        'error gathering device information while adding custom device "/dev/ttyUSB0": no such file or directory',
    ),
    _doom(
        "env-file-missing",
        Advice.MEND_ENVIRONMENT,
        "Compose 2, when it creates a container (docker/compose issues 865 and 1830 for version 1)",
        r"\benv file .+ not found|couldn't find env file",
        "env file /srv/shop/.env not found: stat /srv/shop/.env: no such file or directory",
    ),
)

# Only as the container's own error, after the others: an action may say the same of a container that is gone
# itself, or of the engine's socket.
CONTAINER_SAYS = (
    _doom(
        "network-owner-gone",
        Advice.REPLACE,
        f"{_MEASURED}: the start of a container that lives in the network of one that was replaced",
        r"^No such container: [0-9a-f]{12,64}$",
        "No such container: 5f8db0da9d2c8b9b2370ef523c469b0ec20a9bfbd52d9a7a2d35dafaa9010bc9",
        replacing_helps=True,
    ),
    _doom(
        "file-missing",
        Advice.MEND_MOUNT,
        "the engine, of anything else that it needs for a start",
        r"no such file or directory",
        "failed to create task for container: open /run/secrets/token: no such file or directory",
    ),
)

_NGINX_TIME = r"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d )?(nginx: )?\[emerg\] (\d+#\d+: )?"
_POSTGRES_TIME = r"^(\d{4}-\d\d-\d\d [0-9:.]+ \S+ \[\d+\] )?"

LOG_SAYS = (
    _doom(
        "configuration-error",
        Advice.MEND_CONFIGURATION,
        "nginx: an error of a configuration file ends with its place",
        rf"^{_NGINX_TIME}(?!.*host not found).* in \S+:\d+$",
        'nginx: [emerg] unknown directive "servr" in /etc/nginx/nginx.conf:3',
    ),
    _doom(
        "configuration-error",
        Advice.MEND_CONFIGURATION,
        "nginx: a certificate that is not there, or cannot be read",
        rf"^{_NGINX_TIME}cannot load certificate",
        '2026/02/12 10:00:00 [emerg] 1#1: cannot load certificate "/etc/nginx/ssl/fullchain.pem": BIO_new_file() failed',
    ),
    _doom(
        "configuration-error",
        Advice.MEND_CONFIGURATION,
        "PostgreSQL, SQLSTATE F0000",
        _POSTGRES_TIME
        + r"(LOG|FATAL):  (configuration file \".*\" contains errors|could not load \S*pg_hba\.conf"
        r"|unrecognized configuration parameter|invalid value for parameter)",
        '2026-02-12 10:00:00.000 UTC [1] FATAL:  configuration file "/etc/postgresql/postgresql.conf" contains errors',
    ),
    _doom(
        "data-incompatible",
        Advice.MEND_DATA,
        "PostgreSQL, started on the data of another major version",
        _POSTGRES_TIME + r"FATAL:  database files are incompatible with server",
        "2026-02-12 10:00:00.000 UTC [1] FATAL:  database files are incompatible with server",
    ),
    _doom(
        "environment-missing",
        Advice.MEND_ENVIRONMENT,
        "the entry points of the images of PostgreSQL, MySQL and MariaDB",
        r"Database is uninitialized and (superuser )?password (option )?is not specified",
        "Error: Database is uninitialized and superuser password is not specified.",
    ),
    _doom(
        "configuration-error",
        Advice.MEND_CONFIGURATION,
        "Prometheus (prometheus issue 4129, internet-pi issue 449)",
        r"(level=error|caller=).*\"?Error loading config\b",
        "ts=2022-10-14T19:50:24.590Z caller=main.go:333 level=error "
        'msg="Error loading config (--config.file=/etc/prometheus/prometheus.yml)" err="yaml: line 53"',
    ),
    _doom(
        "configuration-error",
        Advice.MEND_CONFIGURATION,
        "Grafana (grafana issue 9522, bitnami/charts issue 28917)",
        r"(lvl=crit|level=error).* msg=\"failed to parse \\?\"?\S+\.ini",
        'logger=settings t=2024-08-17T16:15:15Z level=error msg="failed to parse \\"/etc/grafana/grafana.ini\\": BOM"',
    ),
    _doom(
        "configuration-error",
        Advice.MEND_CONFIGURATION,
        "Grafana's entry point (Pi-Hole-Monitoring issue 8)",
        r"^GF_PATHS_CONFIG='.*' is not readable",
        "GF_PATHS_CONFIG='/etc/grafana/grafana.ini' is not readable.",
    ),
    _doom(
        "environment-missing",
        Advice.MEND_ENVIRONMENT,
        "Python 3.11, measured: `os.environ` was asked for what is not there; any other KeyError is a bug",
        r"^  File \"[^\"]*\bos(\.py)?>?\", line \d+, in __getitem__\n(    .*\n)*KeyError: '[A-Za-z_]\w*'$",
        "  File \"<frozen os>\", line 679, in __getitem__\nKeyError: 'INFLUXDB_TOKEN'",
    ),
    _doom(
        "environment-missing",
        Advice.MEND_ENVIRONMENT,
        "pydantic-settings, measured",
        r"^pydantic_core\S*ValidationError: \d+ validation errors? for \w*Settings\n(?s:.*?)Field required",
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\ntoken\n  Field required [type=missing]",
    ),
    _doom(
        "image-broken",
        Advice.MEND_IMAGE,
        "Python and Node: the program asks for a module that its image has not",
        r"^(ModuleNotFoundError: No module named '|Error: Cannot find module ')",
        "ModuleNotFoundError: No module named 'feeder'",
    ),
    _doom(
        "command-not-executable",
        Advice.MEND_COMMAND,
        "the shell, tini: built for another processor, or no program at all",
        r"^(exec |\[FATAL tini \(\d+\)\] exec ).*(exec format error|permission denied)$",
        "exec /entrypoint.sh: exec format error",
    ),
)
