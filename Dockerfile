# compose-watchdog: the daemon, its command line and Docker Compose; no docker CLI, no compiler.
#
#   docker build -t compose-watchdog:local .
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
    UV_PROJECT_ENVIRONMENT=/opt/watchdog
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install -q --no-cache-dir uv==0.13.9
WORKDIR /src
COPY pyproject.toml uv.lock README.md ./
RUN /opt/uv/bin/uv sync -q --frozen --no-dev --no-cache --no-install-project
COPY watchdog ./watchdog
COPY config ./config
RUN /opt/uv/bin/uv sync -q --frozen --no-dev --no-cache --no-editable \
    && rm -rf /opt/watchdog/lib/python3*/site-packages/pip

FROM ${BASE}
ENV DEBIAN_FRONTEND=noninteractive
# Documentation and translations of packages are left out: the image is for a machine.
RUN printf 'path-exclude=/usr/share/%s/*\n' doc man locale info lintian > /etc/dpkg/dpkg.cfg.d/small \
    && apt-get update -q \
    && apt-get install -y -q --no-install-recommends ca-certificates docker-compose python3 tini tzdata \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/debconf /var/log/* \
        /usr/share/doc/* /usr/share/man/* /usr/share/locale/* /usr/share/info/*
COPY --from=build /opt/watchdog /opt/watchdog
COPY config /etc/watchdog
ENV PATH=/opt/watchdog/bin:/usr/local/bin:/usr/bin:/bin \
    WATCHDOG_STATE_DIR=/var/lib/watchdog \
    PYTHONDONTWRITEBYTECODE=1
# An ordinary user by default; the override sets the owner of the project's folder and the socket's group.
RUN mkdir -m 0700 /var/lib/watchdog && chown 1000:1000 /var/lib/watchdog
USER 1000:1000
VOLUME /var/lib/watchdog
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["watchdog", "healthcheck"]
ENTRYPOINT ["/usr/bin/tini", "--", "watchdog"]
CMD ["run"]
