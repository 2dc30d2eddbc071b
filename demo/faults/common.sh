# What all faults need: the container, its flags, and what is said. Sourced by demo/break.
# shellcheck shell=bash disable=SC2154

fail() { # CODE TEXT
    echo "demo/break: $2" >&2
    exit "$1"
}

# The sidecar is of another file: no need to call it an orphan. With upstream's images if `make up` had them.
compose() {
    local files=(-f "$demo/docker-compose.yml")
    [[ ! -e $demo/../.run/demo-upstream ]] || files+=(-f "$demo/upstream.yml")
    COMPOSE_IGNORE_ORPHANS=1 docker compose --project-directory "$demo" "${files[@]}" "$@"
}

# Runs a shell line inside the container as root; an exec leaves no `kill` event behind.
inside() { docker exec -u 0 "$container" sh -c "$1"; }

state() { docker inspect --format '{{.State.Status}}' "$container"; }

need_running() {
    local now
    now=$(state)
    [[ $now == running ]] || fail 1 "$container is $now: only a running container can be broken this way"
}

# Sends a signal to the entrypoint, the main process and the main process's children.
signal_all() { # SIGNAL
    inside "main=\$(cat /dev/shm/demo/main.pid); set -- \$main \$(cat /dev/shm/demo/entrypoint.pid)
        for p in \$(grep -ls \"^PPid:[[:space:]]*\$main\$\" /proc/[0-9]*/status); do
            p=\${p#/proc/}; set -- \"\$@\" \${p%/status}
        done
        for p; do kill -$1 \$p 2>/dev/null || true; done"
}

# Writes a lasting flag; `docker cp` reaches stopped containers too. Empty means "off". As an archive, which brings
# its folder along: upstream's images have none.
write_flag() { # NAME TEXT
    local folder
    folder=$(mktemp -d)
    mkdir "$folder/demo"
    printf '%s' "$2" > "$folder/demo/$1"
    chmod -R u=rwX,go=rX "$folder/demo"
    tar -C "$folder" -c --owner=0 --group=0 demo | docker cp -q - "$container:/var/lib"
    rm -rf "$folder"
}

has_flag() { # NAME
    docker cp "$container:/var/lib/demo/$1" - 2> /dev/null | tar -xO 2> /dev/null | grep -q .
}

told() { # WHAT
    echo "$service: $1. Watch: demo/watchdog status; demo/watchdog incidents; docker ps -a"
}

find_container() {
    local id
    id=$(docker ps --all --quiet --filter label=com.docker.compose.project=bloomberg \
        --filter "label=com.docker.compose.service=$service" --filter "label=$label")
    [[ -n $id ]] || fail 1 "there is no container of $service: start the demo with make up"
    [[ $id != *$'\n'* ]] || fail 1 "there is more than one container of $service"
    container=$(docker inspect --format '{{slice .Name 1}}' "$id")
}
