# Faults of the web front. Sourced by demo/break.
# shellcheck shell=bash disable=SC2016,SC2154

# Killed from inside, with no restart policy that would bring it back before anybody notices.
down_for_good() {
    need_running
    docker update --restart no "$container" > /dev/null
    inside 'kill -KILL "$(cat /dev/shm/demo/main.pid)"' || true
    told "killed inside $container, and the engine leaves it down"
}

address_of() { # CONTAINER
    docker inspect --format '{{with index .NetworkSettings.Networks "bloomberg-net"}}{{.IPAddress}}{{end}}' "$1"
}

# The engine gives out the lowest address that is free: the old one, unless somebody has it meanwhile.
stale_upstream() {
    need_running
    local old new image squatters=()
    old=$(address_of "$container")
    image=$(docker inspect --format '{{.Image}}' "$container")
    compose up --no-start --no-deps --no-build --force-recreate "$service" > /dev/null 2>&1
    while [[ ${#squatters[@]} -lt 20 ]]; do
        # Its image says whose it is, as Compose builds it: it is to be taken for nobody.
        squatters+=("$(docker run --detach --rm --network bloomberg-net --label "$label" \
            --label com.docker.compose.oneoff=True --entrypoint sleep "$image" 60)")
        [[ $(address_of "${squatters[-1]}") != "$old" ]] || break
    done
    compose up --detach --no-deps --no-build --no-recreate "$service" > /dev/null 2>&1
    docker rm --force "${squatters[@]}" > /dev/null
    find_container
    new=$(address_of "$container")
    [[ -n $new && $new != "$old" ]] || fail 1 "$container got its old address $old again"
    told "$container was recreated and is at $new; Nginx still asks $old, until it is reloaded"
}

# In a folder that Nginx has mounted, so that it survives a new container, too.
bypass() {
    need_running
    echo 'no_such_directive on; # demo/break bypass' > "$demo/nginx/conf.d/broken.conf"
    if inside 'nginx -t' 2> /dev/null; then
        rm -f "$demo/nginx/conf.d/broken.conf"
        fail 1 "$container does not read demo/nginx/conf.d; make up makes it anew"
    fi
    inside 'kill -KILL "$(cat /dev/shm/demo/main.pid)"' || true
    told "killed inside $container, and it refuses its configuration (demo/nginx/conf.d/broken.conf) at every start \
until: demo/break mend nginx"
}

mend_front() {
    if [[ -e $demo/nginx/conf.d/broken.conf && $service == nginx ]]; then
        rm -f "$demo/nginx/conf.d/broken.conf"
        done_+=("its configuration is good again")
    fi
    if [[ $(docker inspect --format '{{.HostConfig.RestartPolicy.Name}}' "$container") == no ]]; then
        docker update --restart unless-stopped "$container" > /dev/null
        done_+=("brought back by the engine from its next start on")
    fi
}
