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

export WATCHDOG_STATE_DIR=${WATCHDOG_STATE_DIR:-$run_dir/state}
# uv looks at the system's certificates too, for those behind a company's proxy; harmless elsewhere.
export UV_SYSTEM_CERTS=1
# Debian's packages ask no questions.
export DEBIAN_FRONTEND=noninteractive
PATH=$uv_venv/bin:$PATH

# The installed program itself and not `uv run`: its pid is then the daemon's own.
watchdog_program=${UV_PROJECT_ENVIRONMENT:-$root/.venv}/bin/watchdog
watchdog_pid_file=$run_dir/watchdog.pid
watchdog_log=$run_dir/watchdog.log
watchdog_config=demo/watchdog.yml

demo_project=bloomberg
demo_label=io.compose-watchdog.demo
demo_services=(postgres market-feeder nginx)

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

demo_compose() { docker compose --project-directory demo -f demo/docker-compose.yml "$@"; }

# The daemon's pid, if the pid file names a living process that really is our daemon.
watchdog_pid() {
    local pid
    [[ -s $watchdog_pid_file ]] || return 1
    pid=$(< "$watchdog_pid_file")
    [[ $pid =~ ^[0-9]+$ ]] && kill -0 "$pid" 2> /dev/null || return 1
    if [[ -r /proc/$pid/cmdline ]]; then
        tr '\0' ' ' < "/proc/$pid/cmdline"
    else
        ps -o command= -p "$pid"
    fi | grep -q "watchdog run --config $watchdog_config" || return 1
    [[ ! -e /proc/$pid/cwd || $(readlink "/proc/$pid/cwd") == "$root" ]] || return 1
    echo "$pid"
}
