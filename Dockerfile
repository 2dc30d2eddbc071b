# compose-watchdog: the daemon, its command line, Docker Compose and certbot; no docker CLI, no compiler.
#
#   docker build -t compose-watchdog:local .        (scripts/watchdog-image does the same, with labels)
#
# BASE        what the image is made of.
# BUILD_BASE  what it is built on; another one only where a company's proxy wants its own CA for downloads:
#             what that holds does not get into the image.
ARG BASE=debian:trixie-slim
ARG BUILD_BASE=${BASE}

FROM ${BUILD_BASE} AS build
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update -q \
    && apt-get install -y -q --no-install-recommends ca-certificates python3 python3-venv \
    && update-ca-certificates \
    && rm -rf /var/lib/apt/lists/*
# uv looks at the system's certificates too; bytecode is compiled, or every start would cost four times as much.
ENV UV_SYSTEM_CERTS=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1 \
    UV_NO_CACHE=1 \
    UV_PROJECT_ENVIRONMENT=/opt/watchdog
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install -q --no-cache-dir uv==0.13.9
WORKDIR /src
COPY pyproject.toml uv.lock README.md ./
RUN /opt/uv/bin/uv sync -q --frozen --no-dev --no-install-project && rm -f /opt/watchdog/.lock

# Only what comes after this line is built again when the daemon's own code changes.
FROM build AS project
COPY watchdog ./watchdog
COPY config ./config
# What the project itself adds to the environment, put aside: a small layer of its own.
RUN /opt/uv/bin/uv sync -q --frozen --no-dev --no-editable \
    && mkdir /own && cd /opt/watchdog \
    && cp -a --parents bin/watchdog lib/python3*/site-packages/watchdog \
        lib/python3*/site-packages/compose_watchdog-*.dist-info /own

FROM ${BASE}
ENV DEBIAN_FRONTEND=noninteractive
# Documentation and translations of packages are left out: the image is for a machine. Nothing here ever
# needs to become another user, so no program may.
RUN printf 'path-exclude=/usr/share/%s/*\n' doc man locale info lintian > /etc/dpkg/dpkg.cfg.d/small \
    && apt-get update -q \
    && apt-get install -y -q --no-install-recommends ca-certificates certbot docker-compose python3 tini tzdata \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/debconf /var/cache/ldconfig /var/log/* \
        /usr/share/doc/* /usr/share/man/* /usr/share/locale/* /usr/share/info/* \
    && chmod 0755 /run/lock \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
COPY --from=build /opt/watchdog /opt/watchdog
COPY --from=project /own /opt/watchdog
COPY config /etc/watchdog
# Compose looks for its own settings at HOME, which a user without a name would not have.
ENV PATH=/opt/watchdog/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    WATCHDOG_STATE_DIR=/var/lib/watchdog/state
# Whoever runs it can make a folder in a fresh volume, like in /tmp, and only they can open that one: the
# daemon runs as the owner of the project's folder, whom this image cannot know.
RUN mkdir -m 1777 /var/lib/watchdog
VOLUME /var/lib/watchdog
# An ordinary user by default; the override sets the owner of the project's folder and the socket's group.
USER 1000:1000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["watchdog", "healthcheck"]
ENTRYPOINT ["/usr/bin/tini", "--", "watchdog"]
CMD ["run"]
# Last, so that a new version alone builds nothing again.
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="compose-watchdog" \
      org.opencontainers.image.description="A self-healing daemon for one Docker Compose stack" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/debian:trixie-slim"
