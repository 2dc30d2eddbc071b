# Shared by the scripts: where things are, how progress is told, how uv and the daemon are called.
# Sourced, not run; it changes to the root of the repository.
# shellcheck shell=bash disable=SC2034
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

run_dir=$root/.run
cache_dir=$root/.cache
uv_venv=$cache_dir/uv
mkdir -p "$run_dir" "$cache_dir"

# uv looks at the system's certificates too, for those behind a company's proxy; harmless elsewhere.
export UV_SYSTEM_CERTS=1
# Debian's packages ask no questions.
export DEBIAN_FRONTEND=noninteractive
PATH=$uv_venv/bin:$PATH

watchdog_image=compose-watchdog:local
# What docker-compose.override.yml asks of a project's .env; the demo's own .env is in the repository, so
# that its answers for this machine stand beside it.
sidecar_env=$run_dir/sidecar.env

demo_project=bloomberg
demo_label=io.compose-watchdog.demo
# There once `make up` could fetch upstream's images of these; the demo has stand-ins for them otherwise.
demo_upstream=$run_dir/demo-upstream
influxdb_upstream=influxdb:2.7
grafana_upstream=grafana/grafana:11.4.0

fail() { # TEXT
    echo "$(basename "$0"): $1" >&2
    exit 1
}

# Runs a command that may take long: says so, counts the seconds, keeps its output in a log and shows
# the end of that log when the command fails.
step() { # TEXT COMMAND...
    local text=$1 started=$SECONDS code=0 log ticker
    shift
    mkdir -p "$run_dir/logs"
    log=$run_dir/logs/$(tr -cs 'a-zA-Z0-9\n' - <<< "$text").log
    tell_seconds "$text" "$started" &
    ticker=$!
    "$@" > "$log" 2>&1 < /dev/null || code=$?
    kill "$ticker" 2> /dev/null || true
    wait "$ticker" 2> /dev/null || true
    [[ ! -t 1 ]] || printf '\r\033[K'
    if [[ $code -ne 0 ]]; then
        echo "  $text: FAILED with code $code after $((SECONDS - started)) s; the end of $log:" >&2
        tail -n 25 "$log" >&2
        return "$code"
    fi
    echo "  $text: done ($((SECONDS - started)) s)"
}

# In a terminal the seconds run; elsewhere a line at the start and one every 15 s. Ends with its script.
tell_seconds() { # TEXT STARTED
    [[ -t 1 ]] || echo "  $1 ..."
    while kill -0 "$$" 2> /dev/null; do
        sleep 1 > /dev/null 2>&1
        if [[ -t 1 ]]; then
            printf '\r  %s ... %d s ' "$1" $((SECONDS - $2))
        elif (((SECONDS - $2) % 15 == 0)); then
            echo "  $1 ... $((SECONDS - $2)) s"
        fi
    done
}

on_debian_as_root() { [[ $EUID -eq 0 ]] && command -v apt-get > /dev/null; }

engine_answers() { with_deadline 20 docker info > /dev/null 2>&1; }

compose_answers() { docker compose version > /dev/null 2>&1; }

# A deadline where the machine has the means for one (macOS has no `timeout`).
with_deadline() { # SECONDS COMMAND...
    if command -v timeout > /dev/null; then timeout "$@"; else "${@:2}"; fi
}

# The demo with the sidecar, as a user would add it, and with what only the demo needs.
demo_compose() {
    local files=(-f demo/docker-compose.yml -f docker-compose.override.yml -f demo/sidecar.yml)
    [[ ! -e $demo_upstream ]] || files+=(-f demo/upstream.yml)
    write_sidecar_env
    docker compose --project-directory demo --env-file demo/.env --env-file "$sidecar_env" "${files[@]}" "$@"
}

# The whole repository is the project's folder: the override and the playbooks are in it.
write_sidecar_env() {
    local socket=/var/run/docker.sock
    printf 'WATCHDOG_PROJECT_DIR=%s\nWATCHDOG_UID=%s\nWATCHDOG_GID=%s\nDOCKER_GID=%s\n' \
        "$root" "$(owner_of u demo)" "$(owner_of g demo)" "$(owner_of g "$socket" || echo 0)" > "$sidecar_env"
}

# GNU's stat, then that of macOS.
owner_of() { # u|g PATH
    stat -Lc "%$1" "$2" 2> /dev/null || stat -Lf "%$1" "$2"
}

# The demo's watchdog, if it runs.
demo_watchdog() {
    docker ps --quiet --filter "label=$demo_label=true" --filter "label=com.docker.compose.project=$demo_project" \
        --filter label=com.docker.compose.service=watchdog 2> /dev/null | head -n 1
}
