# Faults of any container. Sourced by demo/break.
# shellcheck shell=bash disable=SC2016,SC2154

kill_main() {
    need_running
    # The exec is cut off when its container ends under it: its exit code tells nothing.
    inside 'kill -KILL "$(cat /dev/shm/demo/main.pid)"' || true
    told "main process killed inside $container (code 137)"
}

exit_1() {
    need_running
    inside 'kill -USR1 "$(cat /dev/shm/demo/entrypoint.pid)"' || true
    told "$container ends with code 1, once"
}

always_crash() {
    write_flag always-crash on
    if [[ $(state) == running ]]; then
        inside 'kill -USR1 "$(cat /dev/shm/demo/entrypoint.pid)"' || true
    fi
    told "$container crashes at every start until it is recreated, or mended by: demo/break mend $service"
}

unhealthy() {
    need_running
    inside 'touch /dev/shm/demo/unhealthy'
    told "the healthcheck of $container fails from now on (unhealthy in about 4 s) until a restart"
}

wedge() {
    need_running
    signal_all STOP
    told "$container is frozen: unhealthy in about 6 s, and deaf to SIGTERM"
}

bad_command() {
    local file=$overrides/$service.bad-command.yml
    mkdir -p "$overrides"
    # Without init: with it, Docker's own init would start well and then fail to find the command.
    printf 'services:\n  %s:\n    init: false\n    entrypoint: ["/no/such/command"]\n    command: []\n' \
        "$service" > "$file"
    compose -f "$file" up --detach --no-deps --no-build "$service" > /dev/null 2>&1 || true
    find_container
    [[ $(state) == created ]] || fail 1 "$container is $(state), and should be created"
    told "$container recreated with a command that does not exist; undo by: demo/break mend $service"
}

mend_container() {
    if [[ $(docker inspect --format '{{json .Config.Entrypoint}}' "$container") == *no/such/command* ]]; then
        compose up --detach --no-deps --no-build --force-recreate "$service"
        find_container
        done_+=("recreated with its right command")
    fi
    rm -f "$overrides/$service.bad-command.yml"
    if has_flag always-crash; then
        write_flag always-crash ''
        done_+=("no longer crashes at its start")
    fi
    [[ $(state) == running ]] || return 0
    if inside 'test -e /dev/shm/demo/unhealthy && rm -f /dev/shm/demo/unhealthy'; then
        done_+=("healthcheck works again")
    fi
    if inside 'grep -q "^State:.T" "/proc/$(cat /dev/shm/demo/main.pid)/status"'; then
        signal_all CONT
        done_+=("thawed")
    fi
}
