# Faults of the small disk that influxdb and watchdog share (a tmpfs), and of InfluxDB upon it. Sourced by demo/break.
# shellcheck shell=bash disable=SC2016,SC2154

# What an earlier fault left there would make the next one another fault.
need_room() {
    need_running
    inside 'cd /var/lib/small-disk && test ! -e another-program && test ! -e growing' ||
        fail 1 "the small disk still holds what an earlier fault put there; first: demo/break mend influxdb"
}

# It is looked after every 30 s: right after a start, or a fault before, there is none to give back yet.
await_ballast() {
    local seconds
    for ((seconds = 0; seconds < 40; seconds++)); do
        ! inside 'test -s /var/lib/small-disk/watchdog.ballast' || return 0
        [[ $seconds -ne 2 ]] || echo "$service: waiting for watchdog's ballast, half a minute at most" >&2
        sleep 1
    done
    echo "$service: watchdog has set no ballast aside, and will find none to give back" >&2
}

# The ballast of watchdog lies there, too, and is in use.
disk_full() {
    need_room
    await_ballast
    inside 'cd /var/lib/small-disk && set -- $(df -Pk . | tail -n 1) \
        && head -c $((($2 * 95 / 100 - $3) * 1024)) /dev/zero >> another-program'
    told "another program has filled /var/lib/small-disk to 95 %"
}

# Ends by itself before the disk is low, as nothing but a forecast is to be seen. It ends, too, when its file is gone.
disk_forecast() {
    need_room
    docker exec --detach -u 0 "$container" sh -c 'cd /var/lib/small-disk && exec 3>> growing || exit
        while [ -e growing ] && set -- $(df -Pk . | tail -n 1) && [ "${5%\%}" -lt 70 ]; do
            head -c 393216 /dev/zero >&3
            sleep 1
        done'
    told "something grows on /var/lib/small-disk by a third of a MiB a second: told in a minute or so. It stops at 70 %, \
and is undone by: demo/break mend influxdb"
}

# The log ahead of the stand-in lies there, and it writes every few seconds: until that was refused, what it gave back
# meanwhile is taken again. As InfluxDB does, it logs nothing of that, and keeps a record of it.
influx_broken_after_full() {
    local since tries=60
    [[ $(docker inspect --format '{{index .Config.Labels "io.compose-watchdog.stand-in"}}' "$container") == true ]] ||
        fail 1 "upstream's InfluxDB keeps nothing on the small disk: DEMO_STAND_INS=1 make up takes the stand-in"
    need_room
    await_ballast
    since=$(date +%s)
    until refused_since "$since" | grep 'no space left on device' > /dev/null; do
        ((tries-- > 0)) || fail 1 "nobody wrote to InfluxDB for 30 s: do the feeders run?"
        inside 'cat /dev/zero >> /var/lib/small-disk/another-program 2> /dev/null || true'
        sleep 0.5
    done
    told "the small disk is full, and InfluxDB takes no more points, also with room again, until it is restarted"
}

refused_since() { # SECONDS_SINCE_1970
    local flux
    flux="from(bucket: \"_monitoring\") |> range(start: $1) |> filter(fn: (r) => r._measurement == \"write_errors\")"
    inside "curl -sS -m 5 -H \"Authorization: Token \$DOCKER_INFLUXDB_INIT_ADMIN_TOKEN\" \
        -H 'Content-Type: application/vnd.flux' --data-binary '$flux' 'http://127.0.0.1:8086/api/v2/query?org=bloomberg'"
}

mend_disk() {
    [[ $(state) == running ]] || return 0
    if inside 'cd /var/lib/small-disk && { test -e another-program || test -e growing; } && rm -f another-program growing'
    then
        done_+=("its small disk has room again")
    fi
}
