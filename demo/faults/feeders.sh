# Faults of a feeder, whose container stays healthy. Sourced by demo/break.
# shellcheck shell=bash disable=SC2154

need_feeder() {
    [[ $service == *-feeder ]] || fail 2 "$kind is for market-feeder and news-feeder"
}

silent() {
    need_feeder
    need_running
    inside 'touch /dev/shm/demo/silent'
    told "$container hangs from now on, and says that it is healthy; a restart cures it"
}

exchange() { # KIND SECONDS TEXT
    need_feeder
    local until=0
    [[ $2 == 0 ]] || until=$(($(date +%s) + $2))
    write_flag exchange "$1 $until"
    told "$3"
}

influx_down() {
    [[ $service == influxdb ]] || fail 2 "influx-down is for influxdb"
    always_crash
}

mend_feeder() {
    if has_flag exchange; then
        write_flag exchange ''
        done_+=("the exchange answers again (a refused key needs a restart, too)")
    fi
    [[ $(state) == running ]] || return 0
    if inside 'test -e /dev/shm/demo/silent && rm -f /dev/shm/demo/silent'; then
        done_+=("delivers again")
    fi
}
